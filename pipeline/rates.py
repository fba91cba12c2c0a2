"""Meters: events per second, and the spread of times; both bounded in memory."""

from __future__ import annotations

import threading
import time
from collections import deque

import numpy as np

from core.status import Percentiles
from core.types import Result

STAGES = ("wait", "preprocess", "inference", "postprocess", "age")


class RateMeter:
    """Events per second over the last `window_s` seconds; until then, of those after the first."""

    def __init__(self, window_s: float = 2.0) -> None:
        self._window_ns = int(window_s * 1e9)
        self._ticks: deque[int] = deque()
        self._lock = threading.Lock()
        self._began_ns: int | None = None
        self.total = 0

    def tick(self) -> None:
        """One event now."""
        now = time.perf_counter_ns()
        with self._lock:
            self._began_ns = self._began_ns or now
            self._ticks.append(now)
            self.total += 1
            self._forget(now)

    def per_second(self) -> float:
        """The rate in Hz; falls to 0 where no more events come."""
        now = time.perf_counter_ns()
        with self._lock:
            self._forget(now)
            if self._began_ns is None:
                return 0.0
            elapsed_ns = now - self._began_ns
            if elapsed_ns >= self._window_ns:
                return len(self._ticks) * 1e9 / self._window_ns
            return (len(self._ticks) - 1) * 1e9 / max(elapsed_ns, 1)

    def _forget(self, now: int) -> None:
        while self._ticks and now - self._ticks[0] > self._window_ns:
            self._ticks.popleft()


class StageMeter:
    """Percentiles of every stage and of the frame's age over the last `depth` results."""

    def __init__(self, depth: int = 10_000) -> None:
        self._times = np.empty((depth, len(STAGES)))
        self._count = 0
        self._lock = threading.Lock()

    def add(self, result: Result) -> None:
        """Take the times of one result."""
        s = result.stages
        with self._lock:
            row = self._times[self._count % len(self._times)]
            row[:] = (s.wait_ms, s.preprocess_ms, s.inference_ms, s.postprocess_ms, result.age_ms)
            self._count += 1

    def percentiles(self) -> dict[str, Percentiles]:
        """Of each name in `STAGES`; empty before the first result."""
        with self._lock:
            times = self._times[: self._count].copy()
        if not len(times):
            return {}
        table = np.percentile(times, (50, 95, 99), axis=0).T
        return {name: Percentiles(*map(float, row)) for name, row in zip(STAGES, table, strict=True)}

    def reset(self) -> None:
        """Forget everything: another network or source runs."""
        with self._lock:
            self._count = 0
