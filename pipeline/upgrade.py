"""A thread that builds the faster engine of a network while a slower one runs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from core.errors import JetsightError, NothingToBuild
from core.status import Building
from core.threads import guarded

Build = Callable[[Path, "str | None", Callable[[Building], None], threading.Event], str]


@dataclass(frozen=True)
class UpgradeEvents:
    """What is told: how far it is (None: at its end), that it is ready (the network and what was built), a failure."""

    progressed: Callable[[Building | None], None]
    ready: Callable[[Path, str], None]
    failed: Callable[[BaseException], None]


class Upgrade:
    """One build at a time; by itself each network once: what failed would fail again.

    `build` answers with what it built, in words, or with "" where it was cancelled; it raises `NothingToBuild` where
    there is nothing to build.
    """

    def __init__(self, build: Build, head: str | None, events: UpgradeEvents) -> None:
        self._build = build
        self._head = head
        self._events = events
        self._model: Path | None = None
        self._tried: set[Path] = set()
        self._cancelled = threading.Event()
        self._nothing: Callable[[BaseException], None] = _ignore
        self._telling = threading.Lock()
        self._thread: threading.Thread | None = None

    def begin(self, model: Path) -> None:
        """Build for this network, and no longer for another one; that there is nothing to build is not told."""
        if model == self._model:
            return
        self._nothing = _ignore
        if model in self._tried:
            self.cancel()
            self._model = model
        else:
            self._start(model)

    def request(self, model: Path) -> None:
        """The same for somebody who asks: also what failed or was cancelled, and with an answer in every case."""
        self._nothing = self._events.failed
        if model != self._model or not self._busy():
            self._start(model)

    def cancel(self) -> None:
        """Give up what is under way; it begins again when it is requested, or after another network."""
        with self._telling:
            self._cancelled.set()
            self._events.progressed(None)

    def join(self, within_s: float) -> None:
        """Wait that long for the end of the last one."""
        if self._thread:
            self._thread.join(within_s)

    def _busy(self) -> bool:
        return self._thread is not None and self._thread.is_alive() and not self._cancelled.is_set()

    def _start(self, model: Path) -> None:
        self.cancel()
        self._model = model
        cancelled = self._cancelled = threading.Event()
        self._thread = guarded("upgrade", lambda: self._work(model, cancelled), self._events.failed)
        self._thread.start()

    def _work(self, model: Path, cancelled: threading.Event) -> None:
        try:
            built = self._build(model, self._head, lambda now: self._progressed(now, cancelled), cancelled)
        except NothingToBuild as error:
            tell = partial(self._nothing, error)
        except JetsightError as error:
            tell = partial(self._events.failed, error)
        else:
            tell = partial(self._events.ready, model, built)
        finally:
            self._progressed(None, cancelled)
        if not cancelled.is_set():
            self._tried.add(model)
            tell()

    def _progressed(self, building: Building | None, cancelled: threading.Event) -> None:
        """Nothing is told of a build that was given up."""
        with self._telling:
            if not cancelled.is_set():
                self._events.progressed(building)


def _ignore(_error: BaseException) -> None:
    """Nobody asked."""
