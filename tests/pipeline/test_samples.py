"""Frames from all over a source."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from pipeline.samples import sampled


def test_a_recording_is_sampled_evenly(shared: Path) -> None:
    frames = list(sampled(str(shared / "data" / "videos" / "highway_day_1280x720.mp4"), 4))
    times = [frame.media_ns or 0 for frame in frames]
    steps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert times[0] < 100_000_000
    assert max(steps) - min(steps) < 100_000_000


def test_each_frame_of_a_short_recording_is_taken_once(shared: Path) -> None:
    frames = list(sampled(str(shared / "data" / "eval" / "images"), 10_000))
    indices = [frame.index for frame in frames]
    assert indices == list(range(len(indices)))


@pytest.mark.parametrize("count", [1, 3])
def test_what_cannot_be_sought_in_is_taken_apart(count: int) -> None:
    frames = list(sampled("pattern:", count))
    assert [frame.index for frame in frames] == [10 * number for number in range(count)]
