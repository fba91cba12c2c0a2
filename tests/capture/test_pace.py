from __future__ import annotations

import time

import pytest

from capture.pace import Pace

MS = 1_000_000


def waits_ms(*media_ms: int) -> list[float]:
    pace, taken = Pace(), []
    for time_ms in media_ms:
        asked = time.monotonic()
        pace.wait(time_ms * MS)
        taken.append((time.monotonic() - asked) * 1000)
    return taken


def test_a_burst_comes_at_its_own_rate():
    first, *rest = waits_ms(500, 560, 620)
    assert first < 30
    assert sum(rest) == pytest.approx(120, abs=50)


def test_what_is_late_comes_at_once():
    pace = Pace()
    pace.wait(0)
    time.sleep(0.1)
    asked = time.monotonic()
    pace.wait(50 * MS)
    assert time.monotonic() - asked < 0.04


@pytest.mark.parametrize("leap_ms", [3_600_000, -3_600_000])
def test_a_leap_in_time_is_not_waited_for(leap_ms: int):
    assert max(waits_ms(0, leap_ms, leap_ms + 10)) < 100
