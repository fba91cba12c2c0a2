"""Each kernel of the catalogue finds what its NumPy twin finds, on random and on adversarial input."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain
from typing import Any

from core.errors import EngineUnavailable
from detector.cuda.driver import Device
from detector.cuda.kernels import KERNELS, Kernels
from selftest.check import Context, Outcome, Status
from selftest.choice import require_gpu
from selftest.twins import classes, decoding, letterbox, segmentation, suppression
from selftest.twins.launcher import OnDevice
from selftest.twins.trial import Mismatch, Trial

LIMIT_S = 900.0  # a small board compiles for minutes
MOST_TOLD = 5


def run(context: Context) -> Outcome:
    """All of them, however many fail."""
    require_gpu(context)
    with context.makers.device() as device:
        return outcome(compared(device, trials()))


def compared(device: Device, given: Iterable[Trial]) -> dict[str, dict[str, Any]]:
    """How many cases each kernel had, and which failed, with the reason."""
    figures: dict[str, dict[str, Any]] = {name: {"cases": 0, "failed": []} for name in KERNELS}
    launcher = partial(OnDevice, device, device.stream(), Kernels(device))
    for trial in given:
        figures[trial.kernel]["cases"] += 1
        reason = _reason(trial, launcher)
        if reason:
            figures[trial.kernel]["failed"].append(f"{trial.case}: {reason}")
    return figures


def trials() -> Iterator[Trial]:
    """For every kernel of the catalogue."""
    return chain.from_iterable(twin.trials() for twin in (letterbox, decoding, suppression, classes, segmentation))


def outcome(figures: dict[str, dict[str, Any]]) -> Outcome:
    """From the cases and the failures of each kernel."""
    cases = sum(each["cases"] for each in figures.values())
    failed = [f"{name}: {reason}" for name, each in figures.items() for reason in each["failed"]]
    if not failed:
        return Outcome(Status.OK, f"{len(figures)} kernels equal their twins in {cases} cases", figures)
    told = "; ".join(failed[:MOST_TOLD]) + ("; …" if len(failed) > MOST_TOLD else "")
    return Outcome(Status.FAILED, f"{len(failed)} of {cases} cases differ: {told}", figures)


def _reason(trial: Trial, opener: Callable[[], OnDevice]) -> str | None:
    """What is wrong, in words."""
    try:
        with opener() as launcher:
            trial.run(launcher)
    except Mismatch as mismatch:
        return str(mismatch)
    except EngineUnavailable as error:
        return str(error)
    return None
