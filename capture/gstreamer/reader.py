"""The thread that reads a GStreamer pipeline, so that nobody else waits for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from capture.gstreamer.delivery import colour_of, form_of
from core.buffers import FrameBuffers, block_of
from core.errors import SourceUnreadable
from core.pixels import U8, PixelFormat
from core.slot import FrameQueue
from core.types import Frame

STOP_S = 0.8


class Reader(threading.Thread):
    """Opens, reads and closes a pipeline; its pictures come out of `frames`, which closes when they end.

    OpenCV before 4.7 waits for ever on a pipeline that hangs, and nothing can interrupt it: a reader that hangs is
    left behind by `stop`, and closes the pipeline if ever it goes on.
    """

    def __init__(self, cv2: Any, pipeline: str, formats: Sequence[PixelFormat], buffers: FrameBuffers) -> None:
        super().__init__(name="gstreamer", daemon=True)
        self.frames: FrameQueue[Frame] = FrameQueue(1)
        self.fps: float | None = None
        self._cv2 = cv2
        self._pipeline = pipeline
        self._formats = formats
        self._buffers = buffers
        self._form = PixelFormat.BGR, 0, 0

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
        size = [int(capture.get(key)) for key in (self._cv2.CAP_PROP_FRAME_WIDTH, self._cv2.CAP_PROP_FRAME_HEIGHT)]
        self._form = PixelFormat.BGR, size[0], size[1]
        index = 0
        while capture.grab() and self.frames.put(self._frame(capture, index)):
            index += 1

    def _frame(self, capture: Any, index: int) -> Frame:
        """The grabbed picture, decoded straight into lent planes where it has the form of the one before."""
        captured_ns = time.perf_counter_ns()
        planes = self._buffers.take(*self._form)
        target = _as_opencv(planes)
        _, picture = capture.retrieve(target)
        if picture is not target:
            self._form = form_of(picture, self._formats)
            planes = self._buffers.take(*self._form)
            _fill(planes, picture)
        form, width, height = self._form
        return Frame(planes, width, height, index, captured_ns, None, form, colour_of(height))


def _as_opencv(planes: tuple[U8, ...]) -> U8 | None:
    """The planes as the one array that OpenCV has; None where they do not lie one after another."""
    if len(planes) == 1:
        return planes[0]
    block = block_of(planes)
    return None if block is None else block.reshape(-1, planes[0].shape[1])


def _fill(planes: tuple[U8, ...], picture: U8) -> None:
    """Cut OpenCV's one array into planes."""
    ends = np.cumsum([plane.size for plane in planes[:-1]])
    for plane, part in zip(planes, np.split(picture.reshape(-1), ends), strict=True):
        np.copyto(plane.reshape(-1), part)
