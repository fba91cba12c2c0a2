"""Ten thousand frames and a hundred changes: nothing grows.

The allocator keeps a varying rest of each network that was closed, so the lowest
values are compared: a leak raises them.
"""

from __future__ import annotations

import gc
import math
import threading
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from core.settings import BUILT_IN, Settings
from output.log import Log
from output.summary import Summary
from pipeline.session import Session

Until = Callable[..., bool]
PROCESS = psutil.Process()
GROWTH_MB = 8.0


def rss_mb() -> float:
    gc.collect()
    return float(PROCESS.memory_info().rss) / 1e6


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_memory_does_not_grow_over_ten_thousand_frames(tmp_path: Path, until: Until) -> None:
    source = "pattern:?width=640&height=360&frames=500"
    observers = [Log(tmp_path / "run.jsonl"), Summary(tmp_path / "run.json")]
    with Session(Settings(source, loop=True), math.inf, observers) as session:
        assert until(lambda: session.status().detected > 1500, 300)
        before = rss_mb()
        assert until(lambda: session.status().detected > 11_500, 1200)
        growth = rss_mb() - before
    print(f"growth over 10,000 frames: {growth:.1f} MB")
    assert growth < GROWTH_MB


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_hundred_changes_leak_nothing(until: Until) -> None:
    sources = [f"pattern:?width={width}&height=90&live=1&fps=200" for width in (160, 176)]
    with Session(Settings(sources[0]), 1.0) as session:

        def change(number: int) -> float:
            engine = session.status().engine
            session.set_source(sources[number % 2])
            session.set_model(BUILT_IN)
            assert until(lambda: session.status().engine is not engine)
            return rss_mb()

        change(1)
        files, threads = PROCESS.num_fds(), threading.active_count()
        first_floor = min(change(number) for number in range(100))
        growth = min(change(number) for number in range(100)) - first_floor
        print(f"growth over 100 changes of source and network: {growth:.1f} MB")
        assert growth < GROWTH_MB
        assert until(lambda: PROCESS.num_fds() <= files and threading.active_count() <= threads)
