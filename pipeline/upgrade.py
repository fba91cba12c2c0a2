"""A thread that builds the faster engine of a network while a slower one runs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.errors import JetsightError
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
    """One build at a time, and each network once: what failed would fail again.

    `build` answers with what it built, in words, or with "" where there is nothing to build.
    """

    def __init__(self, build: Build, head: str | None, events: UpgradeEvents) -> None:
        self._build = build
        self._head = head
        self._events = events
        self._model: Path | None = None
        self._tried: set[Path] = set()
        self._cancelled = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self, model: Path) -> None:
        """Build for this network, and no longer for another one."""
        if model == self._model:
            return
        self.cancel()
        self._model = model
        if model in self._tried:
            return
        self._tried.add(model)
        cancelled = self._cancelled = threading.Event()
        self._thread = guarded("upgrade", lambda: self._work(model, cancelled), self._events.failed)
        self._thread.start()

    def cancel(self) -> None:
        """Give up what is under way; a build of the same network may begin again."""
        self._cancelled.set()

    def join(self, within_s: float) -> None:
        """Wait that long for the end of the last one."""
        if self._thread:
            self._thread.join(within_s)

    def _work(self, model: Path, cancelled: threading.Event) -> None:
        def listen(building: Building) -> None:
            if not cancelled.is_set():
                self._events.progressed(building)

        try:
            built = self._build(model, self._head, listen, cancelled)
        except JetsightError as error:
            if not cancelled.is_set():
                self._events.progressed(None)
                self._events.failed(error)
            return
        if cancelled.is_set():
            self._tried.discard(model)
            return
        self._events.progressed(None)
        if built:
            self._events.ready(model, built)
