"""Whatever a check raises becomes its outcome, and every check keeps to the contract."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.errors import EngineUnavailable, UsageError
from selftest.check import FIRST, Check, Context, Missing, Outcome, Skipped, Status, load, names, run


class Raising(Check):
    LIMIT_S = 1.0

    def __init__(self, error: Exception) -> None:
        self._error = error

    def run(self, context: Context) -> Outcome:
        raise self._error


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (Skipped("no camera"), Status.SKIPPED, "no camera"),
        (Missing("no pycuda"), Status.MISSING, "no pycuda"),
        (EngineUnavailable("it broke", "Mend it."), Status.FAILED, "it broke. Mend it."),
        (OSError(2, "gone"), Status.FAILED, "FileNotFoundError: [Errno 2] gone"),
    ],
)
def test_what_is_raised_is_an_outcome(error: Exception, status: Status, words: str) -> None:
    outcome = run(Raising(error), Context())
    assert (outcome.status, outcome.words) == (status, words)
    assert ("Traceback" in outcome.traceback) == (status is Status.FAILED)


def test_the_machine_is_told_first_and_the_engine_is_built_before_it_is_run() -> None:
    found = names()
    assert found[0] == FIRST
    assert len(set(found)) == len(found)
    assert found.index("build") < min(map(found.index, ("graph", "parity", "speed")))


@pytest.mark.parametrize("name", names())
def test_every_check_has_what_the_contract_asks_for(name: str) -> None:
    check = load(name)
    run_it: Callable[[Context], Outcome] = check.run
    assert check.LIMIT_S > 0
    assert callable(run_it)
    assert check.__doc__


def test_a_check_that_is_not_there() -> None:
    with pytest.raises(UsageError, match="no 'luck' among the checks"):
        load("luck")
