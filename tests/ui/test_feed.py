from __future__ import annotations

import math

import pytest

from ui.feed import interval_ms


@pytest.mark.parametrize(
    ("refresh_hz", "expected"),
    [(60.0, 16), (59.94, 16), (30.0, 33), (144.0, 6), (1000.0, 4), (1.0, 41), (0.0, 16), (-1.0, 16), (math.nan, 16)],
)
def test_never_more_often_than_the_display(refresh_hz: float, expected: int) -> None:
    assert interval_ms(refresh_hz) == expected
