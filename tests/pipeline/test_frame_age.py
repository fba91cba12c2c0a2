"""The age of a frame is counted from when it was due, not from when it was decoded ahead of its time."""

from __future__ import annotations

import time
from itertools import islice

from capture.source import open_source
from core.buffers import FrameBuffers
from pipeline.playback import Playback


def test_the_hold_before_a_frame_is_due_does_not_age_it() -> None:
    playback = Playback(speed=1.0, loop=True)
    with open_source("pattern:?width=64&height=48&fps=10&frames=4", FrameBuffers()) as source:
        frames = islice(playback.frames(source), 4)
        ages_ms = [(time.perf_counter_ns() - frame.captured_ns) / 1e6 for frame in frames if frame]
    assert len(ages_ms) == 4
    assert max(ages_ms) < 50, "frames are 100 ms apart, and each is made before it is due"
