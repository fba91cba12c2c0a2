from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from capture.cadence import SECOND_NS, first_index, time_of

RATES = st.floats(0.1, 1000)


@given(RATES, st.integers(0, 10**6))
def test_a_picture_is_found_by_its_own_time(fps: float, index: int):
    assert first_index(time_of(index, fps), fps) == index
    assert first_index(time_of(index, fps) + 1, fps) == index + 1


@given(RATES, st.integers(-10, 10**14))
def test_the_first_at_or_after_a_time_is_the_first(fps: float, start_ns: int):
    index = first_index(start_ns, fps)
    assert time_of(index, fps) >= start_ns
    assert index == 0 or time_of(index - 1, fps) < start_ns


def test_times_do_not_drift():
    assert time_of(30 * 3600, 30.0) == 3600 * SECOND_NS
