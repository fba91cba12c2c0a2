"""Waiting for the GPU: how long it sleeps, and how long it looks."""

from __future__ import annotations

import pytest

from detector.cuda.patience import AWAKE_S, LOOKING_S, Patience

LOOK_S = 3e-6
SLACK = 2 * LOOK_S


class Clock:
    """Time goes on while somebody looks or sleeps; sleeps end late."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.late_s = 0.0
        self.slept_s = 0.0

    def now(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.slept_s += seconds + self.late_s
        self.now_s += seconds + self.late_s


class Passed:
    """An event that is passed after a while."""

    def __init__(self, clock: Clock, in_s: float) -> None:
        self._clock = clock
        self.at_s = clock.now_s + in_s
        self.looks = self.waits = 0

    def done(self) -> bool:
        self.looks += 1
        self._clock.now_s += LOOK_S
        return self._clock.now_s >= self.at_s

    def synchronize(self) -> None:
        self.waits += 1
        self._clock.now_s = max(self._clock.now_s, self.at_s)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def patience(clock: Clock) -> Patience:
    return Patience(clock.now, clock.sleep)


def frame(patience: Patience, clock: Clock, took_s: float) -> Passed:
    """Wait for a frame that takes so long."""
    event = Passed(clock, took_s)
    patience.wait(event, clock.now_s)  # type: ignore[arg-type]
    assert clock.now_s >= event.at_s
    patience.learn(took_s * 1e3)
    return event


def test_what_is_usual_is_slept_through(clock: Clock, patience: Patience) -> None:
    for _ in range(100):
        event = frame(patience, clock, 0.01)
    assert event.looks <= 2 + AWAKE_S / LOOK_S
    assert clock.now_s == pytest.approx(event.at_s, abs=SLACK)


def test_sleeps_that_end_late_are_begun_for_less(clock: Clock, patience: Patience) -> None:
    for _ in range(100):
        frame(patience, clock, 0.01)
    clock.late_s = 0.0004
    late = []
    for _ in range(100):
        event = frame(patience, clock, 0.01)
        late.append(clock.now_s - event.at_s)
    assert max(late) > 0.0003
    assert max(late[-20:]) <= SLACK


def test_one_long_delay_is_forgotten(clock: Clock, patience: Patience) -> None:
    for _ in range(100):
        frame(patience, clock, 0.005)
    clock.late_s = 0.5
    frame(patience, clock, 0.005)
    clock.late_s = slept_before = 0.0
    for _ in range(100):
        slept_before = clock.slept_s
        frame(patience, clock, 0.005)
    assert clock.slept_s - slept_before > 0.004


def test_what_takes_much_longer_than_usual_is_waited_for_asleep(clock: Clock, patience: Patience) -> None:
    event = frame(patience, clock, 10 * LOOKING_S)
    assert event.waits == 1


def test_a_frame_that_was_queued_long_ago_is_looked_at_at_once(clock: Clock, patience: Patience) -> None:
    for _ in range(100):
        patience.learn(10_000.0)
    event = Passed(clock, 0.0)
    patience.wait(event, clock.now_s - 20)  # type: ignore[arg-type]
    assert event.looks == 1
    assert clock.slept_s == 0
