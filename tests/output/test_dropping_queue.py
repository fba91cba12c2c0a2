from __future__ import annotations

import pytest

from core.slot import Closed
from output.dropping_queue import DroppingQueue


def test_what_finds_no_room_is_dropped_and_counted_and_nobody_waits() -> None:
    queue: DroppingQueue[int] = DroppingQueue(2)
    assert all(queue.put(value) for value in range(5))
    assert [queue.take(), queue.take()] == [0, 1]
    assert queue.dropped == 3


def test_it_takes_again_when_there_is_room() -> None:
    queue: DroppingQueue[int] = DroppingQueue(1)
    queue.put(1)
    queue.put(2)
    assert queue.take() == 1
    queue.put(3)
    assert queue.take() == 3


def test_an_ended_one_takes_nothing_even_when_full() -> None:
    queue: DroppingQueue[int] = DroppingQueue(1)
    queue.put(1)
    queue.close()
    assert not queue.put(2)
    assert queue.take() == 1
    with pytest.raises(Closed):
        queue.take()
    assert queue.dropped == 0
