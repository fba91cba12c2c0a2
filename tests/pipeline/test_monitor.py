"""What is known of a run."""

from __future__ import annotations

from dataclasses import replace

import pytest
from results import a_result

from core.slot import LatestSlot
from core.status import State
from pipeline.monitor import Monitor


@pytest.fixture
def monitor() -> Monitor:
    return Monitor(LatestSlot())


def test_overlooked_candidates_that_come_and_go_are_held_so_that_they_can_be_read(monitor: Monitor) -> None:
    told: list[int] = []
    for overlooked in (0, 30, 0, 20, 0):
        monitor.detected(replace(a_result(), overlooked=overlooked))
        told.append(monitor.status().overlooked)
    assert told == [0, 30, 30, 20, 20]


@pytest.mark.parametrize(("states", "left"), [((State.RUNNING,), ""), ((State.RUNNING, State.FAILED), "it broke")])
def test_a_wish_puts_away_what_was_said_unless_it_lasts(monitor: Monitor, states: list[State], left: str) -> None:
    for state in states:
        monitor.states.move(state)
    monitor.tells("it broke")
    monitor.asked()
    assert monitor.status().message == left
