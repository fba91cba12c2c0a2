"""The thread that reads a GStreamer pipeline, so that nobody else waits for it."""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np

from core.buffers import FrameBuffers
from core.errors import SourceUnreadable
from core.pixels import PixelFormat
from core.slot import FrameQueue
from core.types import Frame

STOP_S = 0.8
TO_BGR = "videoconvert ! video/x-raw,format=BGR"


class Reader(threading.Thread):
    """Opens, reads and closes a pipeline; its pictures come out of `frames`, which closes when they end.

    OpenCV before 4.7 waits for ever on a pipeline that hangs, and nothing can interrupt it: a reader that hangs is
    left behind by `stop`, and closes the pipeline if ever it goes on.
    """

    def __init__(self, cv2: Any, pipeline: str, buffers: FrameBuffers) -> None:
        super().__init__(name="gstreamer", daemon=True)
        self.frames: FrameQueue[Frame] = FrameQueue(1)
        self.fps: float | None = None
        self._cv2 = cv2
        self._pipeline = pipeline
        self._buffers = buffers
        self._width = self._height = 0

    def run(self) -> None:
        """Read until the pipeline ends or `stop` is called; then close it, so that a camera is given back."""
        capture = self._cv2.VideoCapture(self._pipeline, self._cv2.CAP_GSTREAMER)
        try:
            if capture.isOpened():
                self._deliver(capture)
        except SourceUnreadable as error:
            self.frames.fail(error)
        finally:
            capture.release()
            self.frames.close()

    def stop(self) -> None:
        """End it, within `STOP_S` where the pipeline goes along."""
        self.frames.close()
        self.join(STOP_S)

    def _deliver(self, capture: Any) -> None:
        self.fps = capture.get(self._cv2.CAP_PROP_FPS) or None
        self._width = int(capture.get(self._cv2.CAP_PROP_FRAME_WIDTH))
        self._height = int(capture.get(self._cv2.CAP_PROP_FRAME_HEIGHT))
        index = 0
        while capture.grab() and self.frames.put(self._frame(capture, index)):
            index += 1

    def _frame(self, capture: Any, index: int) -> Frame:
        """The grabbed picture, decoded straight into lent planes where it has the size of the one before."""
        captured_ns = time.perf_counter_ns()
        planes = self._buffers.take(PixelFormat.BGR, self._width, self._height)
        _, picture = capture.retrieve(planes[0])
        if picture is not planes[0]:
            if picture.ndim != 3 or picture.shape[2] != 3:
                raise SourceUnreadable("the pipeline's pictures are not BGR", f"End it with {TO_BGR}.")
            self._height, self._width = picture.shape[:2]
            planes = self._buffers.take(PixelFormat.BGR, self._width, self._height)
            np.copyto(planes[0], picture)
        return Frame(planes, self._width, self._height, index, captured_ns)
