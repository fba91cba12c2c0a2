"""Frames per second of the bare network and of the whole program, in both modes, in turn."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

from bench import programs
from bench.arms import Job
from bench.gpu.stopwatch import Stopwatch, Work
from core.settings import Settings

MODES = {"latency": 1, "throughput": 2}  # frames under way
IN_A_ROW = 10  # inferences queued before the host waits
BARE = "bare engine"
PATTERN, SOURCE = "pattern", "source"
ARMS = (BARE, *(f"{mode}, {source}" for mode in MODES for source in (PATTERN, SOURCE)))


def settings(job: Job, source: str, depth: int) -> Settings:
    """A run of the job's network on a source without end."""
    return Settings(source, model=job.model, backend=job.backend, depth=depth, loop=True)


class Rates:
    """`arms` measure once more each time they are called."""

    def __init__(self, job: Job, watch: Stopwatch, infer: Work) -> None:
        runs = [settings(job, source, depth) for depth in MODES.values() for source in (programs.PATTERN, job.source)]
        ways = [partial(_bare, job, watch, infer), *(partial(programs.fps, run, job.seconds) for run in runs)]
        self._taken: dict[str, list[float]] = {name: [] for name in ARMS}
        self.arms = {name: partial(self._add, name, way) for name, way in zip(ARMS, ways, strict=True)}

    def figures(self) -> dict[str, Any]:
        """All rates; of each arm the median, and that of its ratios to the bare engine in the same round."""
        return {name: self._figure(rates) for name, rates in self._taken.items() if rates}

    def _add(self, name: str, rate: Callable[[], float]) -> None:
        self._taken[name].append(round(rate(), 2))

    def _figure(self, rates: list[float]) -> dict[str, Any]:
        ratios = [rate / bare for rate, bare in zip(rates, self._taken[BARE], strict=False)]
        ratio = round(median(ratios), 3) if ratios else None
        return {"fps": round(median(rates), 2), "ratio": ratio, "rounds_fps": rates}


def _bare(job: Job, watch: Stopwatch, infer: Work) -> float:
    """Inferences in a second, the next one always queued before one ends."""
    count, began = 0, time.perf_counter()
    while time.perf_counter() < began + job.seconds:
        for _ in range(IN_A_ROW):
            infer()
        watch.wait()
        count += IN_A_ROW
    return count / (time.perf_counter() - began)
