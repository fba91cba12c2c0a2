"""A thread that opens something, waits for its turn, works with it, and lets it go.

This shape makes every change safe: the new one is opened while the old one still runs, and only when it has proved
itself is the old one retired.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable

from core.threads import guarded

STOP_S = 0.9


class Worker(ABC):
    """`open` starts the thread and returns when it is ready; `go` lets it work; `retire` ends it.

    `on_failure` gets the exception that ends the work after it was ready, on the worker's thread.
    """

    def __init__(self, name: str, on_failure: Callable[[BaseException], None]) -> None:
        self._on_failure = on_failure
        self._settled = threading.Event()  # ready, or failed before
        self._turn = threading.Event()
        self._error: BaseException | None = None
        self._thread = guarded(name, self.work, self._fail)
        self.ready = False
        self.retired = threading.Event()

    def open(self) -> None:
        """Start, and wait until ready; raises what kept it from becoming so."""
        self._thread.start()
        self._settled.wait()
        if self._error:
            raise self._error

    def go(self) -> None:
        """Begin to work."""
        self._turn.set()

    def dismiss(self) -> None:
        """Ask it to end, from whatever it waits for."""
        self.retired.set()
        self._turn.set()

    def retire(self, within_s: float = STOP_S) -> None:
        """Dismiss it and wait for its end, no longer than that; a thread that hangs in a driver is left behind."""
        self.dismiss()
        self._thread.join(within_s)

    @abstractmethod
    def work(self) -> None:
        """The thread's whole life: open, `await_turn`, work until `retired`."""

    def await_turn(self) -> bool:
        """Report readiness and wait for `go`; False where it is retired instead."""
        self.ready = True
        self._settled.set()
        self._turn.wait()
        return not self.retired.is_set()

    def _fail(self, error: BaseException) -> None:
        if not self.ready:
            self._error = error
            self._settled.set()
        elif not self.retired.is_set():
            self._on_failure(error)
