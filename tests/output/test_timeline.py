from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from results import a_frame

from output.timeline import Timeline

STEP_NS = 40_000_000


def placed_ms(*media_ms: float) -> list[float]:
    timeline = Timeline(STEP_NS)
    return [timeline.place(a_frame(media_ms=ms)) / 1e6 for ms in media_ms]


def test_time_begins_at_0_and_keeps_its_distances() -> None:
    assert placed_ms(500, 533, 600, 3600) == [0, 33, 100, 3100]


def test_a_loop_goes_on_at_the_last_distance() -> None:
    assert placed_ms(0, 50, 100, 0, 50) == [0, 50, 100, 150, 200]


def test_a_long_jump_ahead_in_a_recording_is_a_seek_that_leaves_no_gap() -> None:
    assert placed_ms(0, 40, 60_000, 60_040) == [0, 40, 80, 120]


def test_an_outage_of_a_camera_is_a_gap() -> None:
    timeline = Timeline(STEP_NS)
    arrivals_ms = [5, 38, 60_000]
    frames = [replace(a_frame(media_ms=None), captured_ns=ms * 1_000_000) for ms in arrivals_ms]
    assert [timeline.place(frame) / 1e6 for frame in frames] == [0, 33, 59_995]


def test_a_recording_after_a_camera_goes_on_at_the_last_distance() -> None:
    timeline = Timeline(STEP_NS)
    assert timeline.place(a_frame(media_ms=None)) == 0
    assert timeline.place(a_frame(media_ms=9000)) == STEP_NS
    assert timeline.place(a_frame(media_ms=9010)) == STEP_NS + 10_000_000


@given(st.lists(st.floats(-1e7, 1e7), min_size=2))
def test_time_always_rises(media_ms: list[float]) -> None:
    times = placed_ms(*media_ms)
    assert all(later > earlier for earlier, later in pairwise(times))
