"""Waiting for the GPU: how long it sleeps, and how long it looks."""

from __future__ import annotations

import time

import pytest

from detector.cuda.patience import LOOKING_S, Patience


class Passed:
    """An event that is passed at some time."""

    def __init__(self, in_s: float) -> None:
        self.at_s = time.perf_counter() + in_s
        self.looks = self.waits = 0

    def done(self) -> bool:
        self.looks += 1
        return time.perf_counter() >= self.at_s

    def synchronize(self) -> None:
        self.waits += 1
        time.sleep(max(self.at_s - time.perf_counter(), 0))


@pytest.mark.parametrize("in_s", [0.0, 0.001, 0.05])
def test_it_never_returns_too_early(in_s: float) -> None:
    event = Passed(in_s)
    Patience().wait(event, time.perf_counter())  # type: ignore[arg-type]
    assert time.perf_counter() >= event.at_s


def test_what_is_usual_is_slept_through() -> None:
    patience = Patience()
    for _ in range(100):
        patience.learn(50.0)
    event = Passed(0.05)
    began = time.thread_time()
    patience.wait(event, time.perf_counter())  # type: ignore[arg-type]
    assert event.waits == 0
    assert time.thread_time() - began < 0.025


def test_what_takes_much_longer_than_usual_is_waited_for_asleep() -> None:
    event = Passed(10 * LOOKING_S)
    Patience().wait(event, time.perf_counter())  # type: ignore[arg-type]
    assert event.waits == 1


def test_a_frame_that_was_queued_long_ago_is_looked_at_at_once() -> None:
    patience = Patience()
    for _ in range(100):
        patience.learn(10_000.0)
    event = Passed(0.0)
    patience.wait(event, time.perf_counter() - 20)  # type: ignore[arg-type]
    assert event.looks == 1


def test_it_wakes_before_the_end_where_sleeps_last_longer_than_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a busy machine; only the clock's sleep is another."""
    really = time.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: really(seconds + 0.001))
    patience = Patience()
    for _ in range(100):
        patience.learn(20.0)
    events = [Passed(0.02) for _ in range(3)]
    for event in events:
        began = time.perf_counter()
        event.at_s = began + 0.02
        patience.wait(event, began)  # type: ignore[arg-type]
    assert events[0].looks == 1
    assert events[-1].looks > 1


def test_one_long_delay_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    really, delays = time.sleep, [0.05]
    monkeypatch.setattr(time, "sleep", lambda seconds: really(seconds + (delays.pop() if delays else 0)))
    patience = Patience()
    for _ in range(100):
        patience.learn(5.0)
    for _ in range(200):
        event = Passed(0.0)
        patience.wait(event, time.perf_counter())  # type: ignore[arg-type]
    assert event.looks == 1
    began, event = time.thread_time(), Passed(0.005)
    patience.wait(event, time.perf_counter())  # type: ignore[arg-type]
    assert time.thread_time() - began < 0.0025
