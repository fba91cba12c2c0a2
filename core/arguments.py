"""Numbers as they are typed on a command line: types for argparse, which shows what they raise."""

from __future__ import annotations

import math
from argparse import ArgumentTypeError
from collections.abc import Callable

MOST = 1_000_000.0
DIGITS = 9


def fraction(text: str) -> float:
    """A number from 0 to 1."""
    value = _number(text)
    if not 0 <= value <= 1:
        raise ArgumentTypeError(f"'{text}' is not between 0 and 1")
    return value


def positive(text: str) -> float:
    """A number above 0, at most a million."""
    value = _number(text)
    if not 0 < value <= MOST:
        raise ArgumentTypeError(f"'{text}' is not a number above 0 and up to {MOST:.0f}")
    return value


def count(text: str) -> int:
    """A whole number from 1 on."""
    return _whole(text, 1)


def up_to(most: int) -> Callable[[str], int]:
    """The type of a whole number from 1 to `most`."""

    def limited(text: str) -> int:
        value = count(text)
        if value > most:
            raise ArgumentTypeError(f"'{text}' is more than {most}")
        return value

    return limited


def whole(text: str) -> int:
    """A whole number from 0 on."""
    return _whole(text, 0)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _whole(text: str, lowest: int) -> int:
    if not text.isdecimal() or len(text) > DIGITS or int(text) < lowest:
        raise ArgumentTypeError(f"'{text}' is not a whole number from {lowest} on, of at most {DIGITS} digits")
    return int(text)
