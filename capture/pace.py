"""Holding back what comes in bursts until it is due by its own time."""

from __future__ import annotations

import time

APART_S = 1.0


class Pace:
    """Plays at the rate of the pictures' own times; starts anew where they and the clock are `APART_S` apart."""

    def __init__(self) -> None:
        self._start_s: float | None = None

    def wait(self, media_ns: int) -> None:
        """Return when the picture of that time is due, within `APART_S`."""
        now_s, media_s = time.monotonic(), media_ns / 1e9
        if self._start_s is None or abs(self._start_s + media_s - now_s) > APART_S:
            self._start_s = now_s - media_s
        time.sleep(max(0.0, self._start_s + media_s - now_s))
