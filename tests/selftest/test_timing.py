"""Steps are timed in turn, and often enough."""

from __future__ import annotations

from itertools import pairwise

from selftest.timing import IN_A_ROUND, ROUNDS, WARM_UP, medians_ms


def test_every_step_many_times_and_in_turn() -> None:
    calls: list[str] = []
    took = medians_ms({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")})
    assert took.keys() == {"a", "b"}
    assert all(value >= 0 for value in took.values())
    timed = calls[2 * WARM_UP :]
    assert timed.count("a") == timed.count("b") == ROUNDS * IN_A_ROUND >= 300
    changes = sum(x != y for x, y in pairwise(timed))
    assert changes == 2 * ROUNDS - 1
