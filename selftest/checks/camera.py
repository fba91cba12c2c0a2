"""The first camera that `jetsight sources` lists gives frames."""

from __future__ import annotations

import time
from itertools import islice

from capture.source import open_source
from core.buffers import FrameBuffers
from core.errors import SourceLost
from selftest.check import Context, Outcome, Skipped, Status

LIMIT_S = 60.0
FRAMES = 60


def run(context: Context) -> Outcome:
    """Frames enough to know the rate; no picture leaves the machine."""
    cameras = context.cameras()
    if not cameras:
        raise Skipped("no camera is listed (a CSI camera may be there all the same: jetsight run --source csi://0)")
    camera = cameras[0]
    if camera.state.startswith("in use"):
        raise Skipped(f"{camera.source} is {camera.state}")
    with open_source(camera.source, FrameBuffers()) as source:
        times_ns = [time.perf_counter_ns() for _ in islice(source.frames(), FRAMES)]
        info = source.info
    if len(times_ns) < FRAMES:
        raise SourceLost(f"{camera.source} ended after {len(times_ns)} frames", "Connect it again.")
    fps = (FRAMES - 1) / max(1, times_ns[-1] - times_ns[0]) * 1e9
    figures = {
        "camera": camera.name,
        "driver": camera.driver,
        "source": camera.source,
        "format": info.format,
        "decoder": info.decoder,
        "width": info.width,
        "height": info.height,
        "promised_fps": info.fps,
        "fps": round(fps, 2),
    }
    return Outcome(Status.OK, f"{camera.name or camera.source}: {info.format}, {fps:.1f} frames per second", figures)
