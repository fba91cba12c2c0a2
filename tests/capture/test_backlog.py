from __future__ import annotations

from types import SimpleNamespace

import pytest

from capture.backlog import Backlog
from capture.link import Received

PERIOD_NS = 40_000_000
GROUP = 25  # pictures from key frame to key frame


class Sender:
    """A stream at 25 fps, read by somebody who is late by as much as the test says."""

    def __init__(self, drift: float = 0.0) -> None:
        self.backlog = Backlog()
        self.number = 0
        self._drift = drift

    def skips(self, late_ns: int = 0, waited_ns: int = 30_000_000) -> bool:
        media_ns = self.number * PERIOD_NS
        packet = SimpleNamespace(is_keyframe=self.number % GROUP == 0)
        self.number += 1
        arrived_ns = round(7_000_000_000 + media_ns * (1 + self._drift)) + late_ns
        return self.backlog.skips(Received(packet, media_ns, arrived_ns, waited_ns))


def test_who_keeps_up_gets_everything():
    sender = Sender()
    assert not any(sender.skips() for _ in range(1000))


def test_who_is_late_by_less_than_a_second_gets_everything():
    sender = Sender()
    assert not any(sender.skips(late_ns=number * 20_000_000 % 900_000_000) for number in range(1000))


@pytest.mark.parametrize("drift", [3e-4, -3e-4])
def test_clocks_that_run_apart_are_no_delay(drift: float):
    sender = Sender(drift)
    assert not any(sender.skips() for _ in range(50_000))  # more than half an hour, and half a second apart


def test_a_delay_is_skipped_up_to_a_key_frame_in_the_present():
    sender = Sender()
    sender.skips()
    assert sender.skips(late_ns=1_500_000_000)
    while sender.number < 2 * GROUP + 3:
        assert sender.skips(late_ns=1_000_000_000, waited_ns=100_000)  # lies there already, key frames too
    while sender.number < 3 * GROUP:
        assert sender.skips()
    assert not any(sender.skips() for _ in range(100))


def test_a_sender_whose_clock_leaps_back_is_skipped_once():
    sender = Sender()
    sender.skips()
    skipped = [sender.skips(late_ns=60_000_000_000) for _ in range(200)]
    assert any(skipped)
    assert not any(skipped[GROUP:])


def test_packets_without_a_time_follow_the_others():
    backlog = Backlog()
    assert not backlog.skips(Received(SimpleNamespace(is_keyframe=False), None, 0, 0))
