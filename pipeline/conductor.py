"""A thread that carries out requests one after another, so that nobody who asks has to wait."""

from __future__ import annotations

import queue
from collections.abc import Callable

from core.errors import JetsightError
from core.threads import guarded

Request = Callable[[], object]


class Conductor:
    """`refused` gets the error of a request that cannot be fulfilled, `failed` any other, which ends the thread."""

    def __init__(self, refused: Callable[[JetsightError], None], failed: Callable[[BaseException], None]) -> None:
        self._refused = refused
        self._requests: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        self._thread = guarded("conductor", self._work, failed)
        self.closing = False

    def start(self) -> None:
        """Begin with what was asked."""
        self._thread.start()

    def ask(self, request: Request) -> None:
        """Carry out a request when those before it are done."""
        self._requests.put(request)

    def close(self) -> None:
        """Begin with no further request."""
        self.closing = True
        self._requests.put(None)

    def join(self, within_s: float) -> None:
        """Wait that long for the request under way."""
        self._thread.join(within_s)

    def _work(self) -> None:
        while (request := self._requests.get()) and not self.closing:
            try:
                request()
            except JetsightError as error:
                self._refused(error)
