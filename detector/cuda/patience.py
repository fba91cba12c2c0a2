"""Waiting for the GPU: asleep for most of the time that a frame takes, awake when it is about to be done.

A thread that sleeps until CUDA wakes it runs again some 50 µs late (measured on an H100), and one that looks all the
time burns a core. How late a sleep ends depends on the machine, so that is learned too.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable

from detector.cuda.driver import Event

PR_SET_TIMERSLACK = 29  # linux/prctl.h
SLACK_NS = 1_000  # that Linux may add to a sleep, instead of its usual 50 µs
AWAKE_S = 0.00005  # before the end
LOOKING_S = 0.002  # after which it sleeps until woken after all
SHARE = 0.1  # of a new frame in what is usual
FORGOTTEN = 0.02  # of the longest delay, with each frame


class Patience:
    """Knows how long frames usually take on the GPU, and how late this thread wakes."""

    def __init__(
        self, now: Callable[[], float] = time.perf_counter, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._now = now
        self._sleep = sleep
        self._usual_s = 0.0
        self._late_s = 0.0
        ctypes.CDLL(None).prctl(PR_SET_TIMERSLACK, SLACK_NS, 0, 0, 0)

    def wait(self, event: Event, since_s: float) -> None:
        """Until an event is passed; the work before it was queued when `now` said `since_s`."""
        self._sleep_until(since_s + self._usual_s - AWAKE_S)
        enough_s = self._now() + LOOKING_S
        while not event.done():
            if self._now() > enough_s:
                event.synchronize()

    def learn(self, took_ms: float) -> None:
        """A frame took so long on the GPU."""
        self._usual_s += SHARE * (took_ms / 1e3 - self._usual_s)

    def _sleep_until(self, end_s: float) -> None:
        began_s = self._now()
        self._late_s *= 1 - FORGOTTEN
        wanted_s = end_s - self._late_s - began_s
        if wanted_s > 0:
            self._sleep(wanted_s)
            late_s = min(self._now() - began_s - wanted_s, LOOKING_S)
            self._late_s = max(self._late_s, late_s)
