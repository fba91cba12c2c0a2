"""The table of states."""

from __future__ import annotations

import pytest

from core.status import State
from pipeline.states import FOLLOWERS, StateMachine


def test_begins_by_starting() -> None:
    assert StateMachine().state is State.STARTING


def test_every_state_is_in_the_table_and_can_be_reached() -> None:
    assert set(FOLLOWERS) == set(State)
    assert set().union(*FOLLOWERS.values()) == set(State)


@pytest.mark.parametrize("state", State)
def test_every_state_can_fail_or_begin_again(state: State) -> None:
    assert State.FAILED in FOLLOWERS[state] or State.STARTING in FOLLOWERS[state]


def test_what_the_table_does_not_allow_does_not_happen() -> None:
    states = StateMachine()
    states.move(State.FAILED)
    assert not states.move(State.RUNNING)
    assert states.state is State.FAILED


def test_a_move_can_be_bound_to_one_state() -> None:
    states = StateMachine()
    assert not states.move(State.RUNNING, only_from=State.STALLED)
    assert states.move(State.RUNNING, only_from=State.STARTING)
