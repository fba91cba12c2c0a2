"""Meters."""

from __future__ import annotations

import time

import numpy as np
import pytest

from core.types import Detections, Frame, Result, StageTimes
from pipeline.rates import STAGES, RateMeter, StageMeter


def result(inference_ms: float) -> Result:
    frame = Frame.from_bgr(np.zeros((2, 2, 3), np.uint8))
    stages = StageTimes(1.0, 2.0, inference_ms, 4.0)
    return Result(frame, Detections.none(), stages, (), frame.captured_ns + 5_000_000)


def test_counts_what_happened_within_the_window() -> None:
    meter = RateMeter(window_s=0.2)
    for _ in range(10):
        meter.tick()
        time.sleep(0.01)
    assert 40 < meter.per_second() < 110
    time.sleep(0.25)
    assert meter.per_second() == 0
    assert meter.total == 10


def test_nothing_is_no_rate() -> None:
    assert RateMeter().per_second() == 0


def test_percentiles_of_every_stage() -> None:
    meter = StageMeter()
    for value in range(101):
        meter.add(result(float(value)))
    table = meter.percentiles()
    assert tuple(table) == STAGES
    assert table["inference"].p50_ms == 50
    assert table["inference"].p95_ms == 95
    assert table["inference"].p99_ms == 99
    assert table["age"].p50_ms == pytest.approx(5)


def test_keeps_the_newest_and_forgets_on_demand() -> None:
    meter = StageMeter(depth=4)
    for value in (1, 1, 1, 9, 9, 9, 9):
        meter.add(result(value))
    assert meter.percentiles()["inference"].p50_ms == 9
    meter.reset()
    assert meter.percentiles() == {}


def test_a_slow_beginning_is_not_a_high_rate() -> None:
    meter = RateMeter(window_s=2.0)
    meter.tick()
    assert meter.per_second() == 0
    time.sleep(0.2)
    meter.tick()
    assert 3 < meter.per_second() <= 5
