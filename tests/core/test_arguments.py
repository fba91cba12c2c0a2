"""Numbers as they are typed."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Callable

import pytest

from core.arguments import count, fraction, positive, up_to, whole


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (fraction, "0", 0),
        (fraction, "1.0", 1),
        (positive, "0.25", 0.25),
        (positive, "1e6", 1e6),
        (count, "1", 1),
        (up_to(9), "9", 9),
        (whole, "0", 0),
        (whole, "200", 200),
    ],
)
def test_what_is_meant(kind: Callable[[str], float], text: str, value: float) -> None:
    assert kind(text) == value


@pytest.mark.parametrize(
    ("kind", "texts"),
    [
        (fraction, ("nan", "1.01", "-0.1", "half", "")),
        (positive, ("nan", "inf", "0", "-1", "1e7", "soon")),
        (count, ("0", "-1", "1.5", "nan", "", "9" * 30)),
        (up_to(9), ("0", "10", "-1", "1.5")),
        (whole, ("-1", "0.5", "inf", "9" * 5000)),
    ],
)
def test_what_is_none_is_named(kind: Callable[[str], float], texts: tuple[str, ...]) -> None:
    for text in texts:
        with pytest.raises(ArgumentTypeError, match=f"^'{text[:20]}"):
            kind(text)
