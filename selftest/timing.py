"""Times of one step, repeated."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from statistics import median

WARM_UP = 30
ROUNDS, IN_A_ROUND = 6, 60
DIGITS = 4


def medians_ms(steps: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """The median of each, all in turn round by round, so that a machine that slows down slows all."""
    took_ms: dict[str, list[float]] = {name: [] for name in steps}
    for step in steps.values():
        _times_ms(step, WARM_UP)
    for _ in range(ROUNDS):
        for name, step in steps.items():
            took_ms[name] += _times_ms(step, IN_A_ROUND)
    return {name: round(median(times), DIGITS) for name, times in took_ms.items()}


def _times_ms(step: Callable[[], object], count: int) -> list[float]:
    times = []
    for _ in range(count):
        began = time.perf_counter()
        step()
        times.append((time.perf_counter() - began) * 1e3)
    return times
