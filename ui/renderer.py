"""The view thread: scales the newest result to display size, at most one ahead of the screen."""

from __future__ import annotations

import threading
from types import TracebackType

from core.buffers import FrameBuffers
from core.slot import LatestSlot
from core.threads import guarded
from core.types import Result
from ui.picture import Picture, render

POLL_S = 0.05


class Renderer:
    """Runs from `__enter__` to `__exit__`. The next result is looked at only when the last picture was taken.

    `area` is the space for the picture in device pixels, set by the window; a picture that no longer fits it is made
    again from the same result.
    """

    def __init__(self, results: LatestSlot[Result]) -> None:
        self.area = (0, 0)
        self._results = results
        self._pictures: LatestSlot[Picture] = LatestSlot()
        self._buffers = FrameBuffers()
        self._taken = threading.Semaphore(0)
        self._stopped = threading.Event()
        self._newest: Result | None = None
        self._rendered_area = (0, 0)
        self._thread = guarded("view", self._work, self._pictures.fail)

    def __enter__(self) -> Renderer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._taken.release()
        self._thread.join()

    def take(self) -> Picture | None:
        """The next picture, if one is ready; raises what ended the thread, or `Closed`."""
        picture = self._pictures.take(0)
        if picture:
            self._taken.release()
        return picture

    def _work(self) -> None:
        while not self._stopped.is_set():
            fresh = self._results.take(POLL_S)
            self._newest = fresh or self._newest
            area = self.area
            if self._newest and all(area) and (fresh or area != self._rendered_area):
                self._rendered_area = area
                self._pictures.put(render(self._newest, area, self._buffers))
                self._taken.acquire()
