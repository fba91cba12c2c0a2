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
from detector.upgrade import Built

Build = Callable[[Path, "str | None", Callable[[Building], None], threading.Event], "Built | None"]


@dataclass(frozen=True)
class UpgradeEvents:
    """What is told: how far it is (None: at its end), that it is ready (the network and its engine), a failure."""

    progressed: Callable[[Building | None], None]
    ready: Callable[[Path, Built], None]
    failed: Callable[[BaseException], None]


class Upgrade:
    """One build at a time; by itself each network once: what failed would fail again.

    `begin` and `request` are for one thread, the rest for any. `build` answers with what it built, or with None where
    it was cancelled; it raises `NothingToBuild` where there is nothing to build.
    """

    def __init__(self, build: Build, head: str | None, events: UpgradeEvents) -> None:
        self._build = build
        self._head = head
        self._events = events
        self._model: Path | None = None
        self._tried: set[Path] = set()
        self._over = threading.Event()  # done, or given up
        self._closed = False
        self._nothing: Callable[[BaseException], None] = _ignore
        self._lock = threading.Lock()
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
        with self._lock:
            self._give_up()

    def close(self) -> None:
        """Give up what is under way, and begin nothing any more."""
        with self._lock:
            self._closed = True
            self._give_up()

    def join(self, within_s: float) -> None:
        """Wait that long for the end of the last one."""
        if self._thread:
            self._thread.join(within_s)

    def _busy(self) -> bool:
        return self._thread is not None and self._thread.is_alive() and not self._over.is_set()

    def _give_up(self) -> None:
        self._over.set()
        self._events.progressed(None)

    def _start(self, model: Path) -> None:
        with self._lock:
            self._give_up()
            if self._closed:
                return
            self._model = model
            over = self._over = threading.Event()
            self._thread = guarded("upgrade", lambda: self._work(model, over), self._events.failed)
            self._thread.start()

    def _work(self, model: Path, over: threading.Event) -> None:
        tell: Callable[[], None] | None = None
        try:
            built = self._build(model, self._head, lambda now: self._progressed(now, over), over)
        except NothingToBuild as error:
            tell = partial(self._tell_nothing, error)
        except JetsightError as error:
            tell = partial(self._events.failed, error)
        else:
            if built:
                tell = partial(self._events.ready, model, built)
        finally:
            self._progressed(None, over)
        if tell and self._completed(model, over):
            tell()

    def _tell_nothing(self, error: NothingToBuild) -> None:
        """To who asked meanwhile, too."""
        self._nothing(error)

    def _completed(self, model: Path, over: threading.Event) -> bool:
        """Whether it was not given up; from now on another one may be requested, also by who is told of this one."""
        with self._lock:
            if over.is_set():
                return False
            over.set()
            self._tried.add(model)
            return True

    def _progressed(self, building: Building | None, over: threading.Event) -> None:
        """Nothing is told of a build that was given up."""
        with self._lock:
            if not over.is_set():
                self._events.progressed(building)


def _ignore(_error: BaseException) -> None:
    """Nobody asked."""
