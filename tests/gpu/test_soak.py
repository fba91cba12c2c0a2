"""A hundred thousand frames on a GPU, with all that changes meanwhile: neither memory grows. Takes some minutes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import psutil
import pytest

from core.buffers import FrameBuffers
from core.pixels import PixelFormat
from core.settings import BUILT_IN
from core.types import Frame
from detector.cuda.detector import CudaDetector, Makers
from detector.cuda.driver import Device, why_no_device
from detector.cuda.engines import onnxruntime_cuda
from detector.model import load_model

REASON = why_no_device() or onnxruntime_cuda.unavailable()
pytestmark = [pytest.mark.long, pytest.mark.skipif(REASON is not None, reason=REASON or ""), pytest.mark.timeout(1200)]

FRAMES = 100_000
LAP = 10_000  # after which the network is opened again, beside the one that runs
SIZES = ((1280, 720), (640, 360), (333, 222))
SAME_SIZE, SAME_THRESHOLDS = 500, 50  # frames
MOST_GROWTH = 8 << 20  # bytes, from the laps of the first half to those of the second


class Run:
    """A detector that is swapped, and what it leaves behind."""

    def __init__(self) -> None:
        self._model = load_model(BUILT_IN)
        self._open = ExitStack()
        self._process = psutil.Process()
        self.device: list[int] = []
        self.host: list[int] = []
        self.swap()

    def swap(self) -> None:
        """Another detector takes over before the one before it is closed."""
        former, self._open, self._gpu = self._open, ExitStack(), Device()
        makers = Makers(device=lambda: self._gpu)
        self.detector = self._open.enter_context(CudaDetector(self._model, "onnxruntime_cuda", 1, makers))
        former.close()
        self.device.append(-self._gpu.memory()[0])
        self.host.append(self._process.memory_info().rss)

    def close(self) -> None:
        self._open.close()


@pytest.fixture
def run() -> Iterator[Run]:
    started = Run()
    yield started
    started.close()


def test_no_memory_grows(run: Run) -> None:
    pools = {size: FrameBuffers() for size in SIZES}
    for index in range(FRAMES):
        if index and index % LAP == 0:
            run.swap()
        if index % SAME_THRESHOLDS == 0:
            confidence = index // SAME_THRESHOLDS % 10 / 10
            run.detector.set_thresholds(replace(run.detector.info.thresholds, confidence=confidence))
        size = SIZES[index // SAME_SIZE % len(SIZES)]
        planes = pools[size].take(PixelFormat.I420, *size)
        planes[0][:8] = index % 256
        frame = Frame(planes, *size, index, time.perf_counter_ns(), format=PixelFormat.I420)
        run.detector.submit(frame)
        assert run.detector.collect().frame is frame
    half = len(run.device) // 2
    for used in (run.device, run.host):
        print([round((each - used[1]) / 1e6, 1) for each in used], "MB from lap to lap")
        assert min(used[half:]) <= min(used[1:half]) + MOST_GROWTH
