from __future__ import annotations

import pytest

from core.slot import Closed
from output.backlog import Backlog


def test_what_finds_no_room_is_dropped_and_counted_and_nobody_waits() -> None:
    backlog: Backlog[int] = Backlog(2)
    assert all(backlog.put(value) for value in range(5))
    assert [backlog.take(), backlog.take()] == [0, 1]
    assert backlog.dropped == 3


def test_it_takes_again_when_there_is_room() -> None:
    backlog: Backlog[int] = Backlog(1)
    backlog.put(1)
    backlog.put(2)
    assert backlog.take() == 1
    backlog.put(3)
    assert backlog.take() == 3


def test_an_ended_one_takes_nothing_even_when_full() -> None:
    backlog: Backlog[int] = Backlog(1)
    backlog.put(1)
    backlog.close()
    assert not backlog.put(2)
    assert backlog.take() == 1
    with pytest.raises(Closed):
        backlog.take()
    assert backlog.dropped == 0
