"""The kernels' check: all are compared, and one that is wrong is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from cuda_on_cpu.device import OPEN, Device
from cuda_on_cpu.launcher import OnHost
from cuda_on_cpu.streams import Function, Stream

from core.errors import EngineUnavailable
from detector.cuda.kernels import KERNELS
from selftest.check import Context, Status
from selftest.checks import kernels
from selftest.twins.trial import Mismatch


def test_all_of_the_catalogue(context: Context) -> None:
    outcome = kernels.run(context)
    assert outcome.status is Status.OK, outcome.words
    assert outcome.figures.keys() == KERNELS.keys()
    assert all(each["cases"] for each in outcome.figures.values())
    assert OPEN == []


class Idle(OnHost):
    """Kernels that do nothing."""

    def launch(self, *_: object) -> None:
        pass


@pytest.mark.parametrize("name", KERNELS)
def test_a_kernel_that_does_nothing_is_noticed(name: str) -> None:
    for trial in kernels.trials():
        if trial.kernel == name:
            try:
                trial.run(Idle())
            except Mismatch:
                return
    pytest.fail("no case noticed it")


class LazyStream(Stream):
    def launch(self, function: Function, *rest: Sequence[Any]) -> None:
        if function.symbol != "suppress":
            super().launch(function, *rest)


class Lazy(Device):
    """Has a kernel that does nothing, and one that cannot be loaded."""

    def stream(self) -> Stream:
        stream = super().stream()
        stream.__class__ = LazyStream
        return stream

    def load(self, source: Any) -> Any:
        if source.stem == "classes":
            raise EngineUnavailable("no compiler is here", "Install one.")
        return super().load(source)


def test_what_is_wrong_is_told_and_the_others_go_on() -> None:
    given = [trial for trial in kernels.trials() if trial.kernel in ("suppress", "top_classes", "place_classes")]
    with Lazy() as device:
        outcome = kernels.outcome(kernels.compared(device, given))
    assert outcome.status is Status.FAILED
    failed = {name for name, each in outcome.figures.items() if each["failed"]}
    assert failed == {"suppress", "top_classes"}
    assert "suppress: 1 candidates" in " ".join(outcome.words.split())
    assert "no compiler is here. Install one." in outcome.figures["top_classes"]["failed"][0]
