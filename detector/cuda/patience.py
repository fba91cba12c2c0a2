"""Waiting for the GPU: asleep for most of the time that a frame takes, awake when it is about to be done.

A thread that sleeps until CUDA wakes it runs again some 50 µs late (measured on an H100), and one that looks all the
time burns a core.
"""

from __future__ import annotations

import time

from detector.cuda.driver import Event

EARLY_S = 0.00015  # that a sleeper is to wake before the end; sleeps last up to 0.1 ms longer than asked for
LOOKING_S = 0.002  # after which it sleeps until woken after all
SHARE = 0.1  # of a new frame in what is usual


class Patience:
    """Knows how long frames usually take on the GPU."""

    def __init__(self) -> None:
        self._usual_s = 0.0

    def wait(self, event: Event, since_s: float) -> None:
        """Until an event is passed; the frame before it was queued at `time.perf_counter()` of `since_s`."""
        left_s = since_s + self._usual_s - EARLY_S - time.perf_counter()
        if left_s > 0:
            time.sleep(left_s)
        enough_s = time.perf_counter() + LOOKING_S
        while not event.done():
            if time.perf_counter() > enough_s:
                event.synchronize()

    def learn(self, took_ms: float) -> None:
        """A frame took so long on the GPU."""
        self._usual_s += SHARE * (took_ms / 1e3 - self._usual_s)
