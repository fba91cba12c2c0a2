"""What is left of the whole path when network and copy are taken away."""

from __future__ import annotations

import pytest

from bench.gpu.latency import overhead_ms
from bench.gpu.stopwatch import interleaved, summary


def test_the_overhead_is_the_median_of_each_round_s_own() -> None:
    taken = {
        "whole": [[10.0, 11, 99], [20.0, 20, 20], [12.0, 12, 12]],
        "engine": [[8.0, 8, 8], [17.0, 17, 17], [8.0, 9, 10]],
        "copy": [[1.0, 1, 1], [1.0, 1, 1], [1.0, 1, 1]],
    }
    assert overhead_ms(taken) == 2


def test_the_clock_of_engine_and_copy_can_be_the_gpu_s() -> None:
    taken = {"whole": [[5.0]], "engine": [[4.0]], "copy": [[1.0]], "engine_by_gpu": [[3.5]], "copy_by_gpu": [[0.5]]}
    assert overhead_ms(taken) == 0
    assert overhead_ms(taken, "_by_gpu") == 1


def test_arms_take_turns_and_warm_up_whenever_it_is_theirs() -> None:
    called: list[str] = []
    arms = {name: lambda name=name: float(called.append(name) or len(called)) for name in "ab"}
    taken = interleaved(arms, rounds=2, samples=1)
    assert "".join(called) == "aabbaabb"
    assert taken == {"a": [[2], [6]], "b": [[4], [8]]}


def test_median_and_95th_percentile_are_over_all_rounds() -> None:
    found = summary({"a": [[1.0] * 50, [3.0] * 50], "b": [[float(i) for i in range(101)]]})
    assert found["a"]["p50"] == 2
    assert found["b"]["p95"] == pytest.approx(95)
