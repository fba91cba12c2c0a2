from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from core.errors import SourceLost
from core.slot import Closed, FrameQueue, LatestSlot

BOTH = [LatestSlot, lambda: FrameQueue(2)]
SOON_S = 0.05


@pytest.fixture
def start():
    """Run something beside the test; joined at the end, so that nothing may wait for ever."""
    threads: list[threading.Thread] = []

    def run(work: Callable[[], object]) -> threading.Thread:
        threads.append(threading.Thread(target=work, daemon=True))
        threads[-1].start()
        return threads[-1]

    yield run
    for thread in threads:
        thread.join(5.0)
        assert not thread.is_alive()


@pytest.mark.parametrize("make", BOTH)
def test_what_is_put_is_taken_once(make):
    channel = make()
    assert channel.put("a")
    assert channel.take() == "a"
    assert channel.take(timeout_s=0.0) is None
    assert (channel.dropped, len(channel)) == (0, 0)


def test_the_slot_keeps_the_newest_and_counts_the_others():
    slot: LatestSlot[int] = LatestSlot()
    for value in range(5):
        slot.put(value)
    assert (slot.take(), slot.dropped) == (4, 4)
    assert slot.take(0.0) is None


def test_the_queue_keeps_order_and_drops_nothing(start):
    queue: FrameQueue[int] = FrameQueue(3)
    start(lambda: [queue.put(value) for value in range(100)] and queue.close())
    assert list(queue) == list(range(100))
    assert queue.dropped == 0


def test_the_queue_makes_its_producer_wait(start):
    queue: FrameQueue[int] = FrameQueue(2)
    producer = start(lambda: [queue.put(value) for value in range(3)])
    producer.join(SOON_S)
    assert producer.is_alive()
    assert len(queue) == 2
    assert queue.take() == 0
    producer.join(5.0)
    assert not producer.is_alive()


def test_an_offer_waits_for_an_empty_slot_and_replaces_nothing(start):
    slot: LatestSlot[str] = LatestSlot()
    assert slot.offer("a")
    assert not slot.offer("b", timeout_s=0.0)
    accepted: list[bool] = []
    producer = start(lambda: accepted.append(slot.offer("c", timeout_s=5.0)))
    assert slot.take() == "a"
    producer.join(5.0)
    assert (accepted, slot.take(), slot.dropped) == ([True], "c", 0)


@pytest.mark.parametrize("make", BOTH)
def test_taking_waits_for_a_value(make, start):
    channel = make()
    taken: list[str] = []
    consumer = start(lambda: taken.append(channel.take()))
    consumer.join(SOON_S)
    assert consumer.is_alive()
    channel.put("a")
    consumer.join(5.0)
    assert taken == ["a"]


@pytest.mark.parametrize("make", BOTH)
def test_a_failure_sticks(make):
    channel = make()
    error = SourceLost("the camera was unplugged")
    channel.fail(error)
    assert not channel.put("newer")
    channel.close()
    channel.fail(SourceLost("later"))
    for _ in range(2):
        with pytest.raises(SourceLost) as caught:
            channel.take()
        assert caught.value is error


@pytest.mark.parametrize("make", BOTH)
def test_closing_lets_out_what_is_inside_and_then_ends(make):
    channel = make()
    channel.put("a")
    channel.close()
    assert not channel.put("b")
    assert list(channel) == ["a"]
    with pytest.raises(Closed):
        channel.take()


def test_a_failure_overtakes_what_is_in_the_slot_and_not_what_is_in_the_queue():
    slot: LatestSlot[str] = LatestSlot()
    queue: FrameQueue[str] = FrameQueue(2)
    for channel in (slot, queue):
        channel.put("a")
        channel.fail(SourceLost("gone"))
    with pytest.raises(SourceLost):
        slot.take()
    assert queue.take() == "a"
    with pytest.raises(SourceLost):
        queue.take()


def test_a_failure_after_the_end_takes_nothing_away():
    slot: LatestSlot[str] = LatestSlot()
    slot.put("a")
    slot.close()
    slot.fail(SourceLost("too late"))
    assert list(slot) == ["a"]


@pytest.mark.parametrize("make", BOTH)
def test_an_end_wakes_a_consumer_that_waits(make, start):
    channel = make()
    raised: list[BaseException] = []

    def consume() -> None:
        try:
            channel.take()
        except SourceLost as error:
            raised.append(error)

    consumer = start(consume)
    consumer.join(SOON_S)
    channel.fail(SourceLost("gone"))
    consumer.join(5.0)
    assert len(raised) == 1


@pytest.mark.parametrize("end", ["close", "fail"])
def test_an_end_wakes_a_producer_that_waits(end: str, start):
    queue: FrameQueue[str] = FrameQueue(1)
    slot: LatestSlot[str] = LatestSlot()
    queue.put("a")
    slot.put("a")
    accepted: list[bool] = []
    producers = [start(lambda: accepted.append(queue.put("b"))), start(lambda: accepted.append(slot.offer("b")))]
    for producer in producers:
        producer.join(SOON_S)
        assert producer.is_alive()
    for channel in (queue, slot):
        channel.close() if end == "close" else channel.fail(SourceLost("gone"))
    for producer in producers:
        producer.join(5.0)
    assert accepted == [False, False]


def test_many_producers_and_consumers_lose_nothing(start):
    queue: FrameQueue[int] = FrameQueue(4)
    taken: list[int] = []
    producers = [start(lambda start=n: [queue.put(start * 100 + k) for k in range(100)]) for n in range(3)]
    consumers = [start(lambda: taken.extend(queue)) for _ in range(2)]
    for producer in producers:
        producer.join(5.0)
    queue.close()
    for consumer in consumers:
        consumer.join(5.0)
    assert sorted(taken) == list(range(300))
