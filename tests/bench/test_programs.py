"""Rates and loads of the whole program, each for a moment."""

from __future__ import annotations

import numpy as np
import pytest

from bench import programs
from bench.programs import Buffers
from core.buffers import FrameBuffers
from core.errors import JetsightError
from core.pixels import PixelFormat
from core.settings import Settings
from core.types import Detections, Frame, Result, StageTimes


def result(planes: tuple[np.ndarray, ...]) -> Result:
    return Result(Frame(planes, 8, 4, 0, 0), Detections.none(), StageTimes(0, 0, 0, 0), (), 0)


def test_a_rate_is_of_what_was_detected() -> None:
    assert programs.fps(Settings("pattern:?width=64&height=48", backend="onnxruntime"), 0.2) > 1


def test_a_run_that_ends_is_no_measurement() -> None:
    with pytest.raises(JetsightError, match="ended before it was measured"):
        programs.fps(Settings("pattern:?width=64&height=48&frames=2", backend="onnxruntime"), 5)


def test_buffers_that_come_back_are_not_fresh() -> None:
    pool, counted = FrameBuffers(), Buffers()
    for _ in range(3):
        counted.write(result(pool.take(PixelFormat.BGR, 8, 4)))
    assert (counted.frames, counted.fresh) == (3, 1)
    held = pool.take(PixelFormat.BGR, 8, 4), pool.take(PixelFormat.BGR, 8, 4)
    for planes in held:
        counted.write(result(planes))
    assert (counted.frames, counted.fresh) == (5, 2)


def test_frames_outside_of_a_pool_are_all_fresh() -> None:
    counted, picture = Buffers(), np.zeros((4, 8, 3), np.uint8)
    counted.write(result((picture,)))
    counted.write(result((picture,)))
    assert counted.fresh == 2
