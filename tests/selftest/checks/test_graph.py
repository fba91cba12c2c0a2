"""Replay against single launches."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from cuda_on_cpu.device import OPEN
from cuda_on_cpu.engine import CpuEngine
from cuda_on_cpu.makers import device, makers

from core.errors import EngineUnavailable
from selftest.check import Context, Skipped, Status
from selftest.checks import graph


@pytest.fixture(autouse=True)
def _fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph, "FRAMES", 3)


def test_the_same_bit_for_bit(context: Context) -> None:
    outcome = graph.run(context)
    assert outcome.status is Status.OK
    assert outcome.figures["frames"] == graph.FRAMES
    assert outcome.figures["differing"] == []
    assert OPEN == []


class Drifting(CpuEngine):
    """Answers a little else each time."""

    runs = 0

    def answer(self, outputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        self.runs += 1
        return {name: values * np.float32(1 + self.runs * 1e-6) for name, values in outputs.items()}


def test_a_difference_fails(context: Context) -> None:
    outcome = graph.run(replace(context, makers=makers(Drifting)))
    assert outcome.status is Status.FAILED
    assert len(outcome.figures["differing"]) == graph.FRAMES


class Refused(CpuEngine):
    def enqueue(self) -> None:
        if any(stream.capturing for stream in device()._streams):
            raise EngineUnavailable("an operation is not permitted")
        super().enqueue()


class Uncapturable(CpuEngine):
    not_capturable = "part of it runs on the CPU"


@pytest.mark.parametrize(
    ("engine", "reason"), [(Refused, "an operation is not permitted"), (Uncapturable, "part of it runs on the CPU")]
)
def test_an_engine_without_a_graph_is_skipped_with_the_reason(
    context: Context, engine: type[CpuEngine], reason: str
) -> None:
    with pytest.raises(Skipped, match=reason):
        graph.run(replace(context, makers=makers(engine)))
    assert OPEN == []
