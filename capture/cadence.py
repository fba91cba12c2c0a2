"""Times of pictures that come at an even rate."""

from __future__ import annotations

from math import floor

SECOND_NS = 1_000_000_000


def time_of(index: int, fps: float) -> int:
    """When picture `index` is due, in ns from the first."""
    return round(index * SECOND_NS / fps)


def first_index(start_ns: int, fps: float) -> int:
    """The first picture that is due at `start_ns` or later."""
    index = max(0, floor(start_ns * fps / SECOND_NS) - 1)
    while time_of(index, fps) < start_ns:
        index += 1
    return index
