"""The time stamps of a recording, from those of its frames."""

from __future__ import annotations

from core.types import Frame

CUT_NS = 10_000_000_000


class Timeline:
    """Rising times from 0, the distances as in the source: variable frame rates stay variable.

    A frame's time is its `media_ns`, or `captured_ns` where it has none. Where time jumps (back: a loop, a seek,
    another source; ahead by more than 10 s in a recording: a seek) the next frame follows at the last distance.
    `step_ns` is that distance; the one given serves until there are two frames.
    """

    def __init__(self, step_ns: int) -> None:
        self.step_ns = step_ns
        self._last_ns = -step_ns
        self._origin_ns: int | None = None
        self._live = False

    def place(self, frame: Frame) -> int:
        """When a frame is shown, in ns from the first one."""
        live = frame.media_ns is None
        stamp_ns = frame.captured_ns if frame.media_ns is None else frame.media_ns
        if self._origin_ns is None or live is not self._live or self._jumps(stamp_ns - self._origin_ns, live):
            self._live = live
            self._origin_ns = stamp_ns - self._last_ns - self.step_ns
        else:
            self.step_ns = stamp_ns - self._origin_ns - self._last_ns
        self._last_ns = stamp_ns - self._origin_ns
        return self._last_ns

    def _jumps(self, time_ns: int, live: bool) -> bool:
        return time_ns <= self._last_ns or (not live and time_ns - self._last_ns > CUT_NS)
