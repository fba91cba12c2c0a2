"""When each frame of a source is let through: pause, step, seek, speed, loop."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

from capture.source import Source
from core.types import Frame

LATE_S = 0.5  # a recording that lags further behind its clock goes on from here instead of racing after it


class Playback:
    """The transport controls of one source; every method may be called from any thread.

    A recording plays at `speed` times its own rate (`inf`: as fast as it is taken). A live source is never paced;
    paused, its frames but the first are read and let go, so that it resumes with the present.
    """

    def __init__(self, speed: float, loop: bool) -> None:
        self.speed = speed
        self.loop = loop
        self.paused = False
        self._steps = 0
        self._target_ns: int | None = None
        self._stopped = False
        self._anchor: tuple[int, float] | None = None  # media time and clock of the frame that playback is timed from
        self._changed = threading.Condition()

    def pause(self) -> None:
        """Hold before the next frame."""
        self._change(paused=True)

    def resume(self) -> None:
        """Go on at the set speed."""
        self._change(paused=False, _anchor=None)

    def step(self) -> None:
        """Let one frame through and hold."""
        self._change(paused=True, _steps=self._steps + 1)

    def seek(self, media_ns: int) -> None:
        """Go on from the first frame at or after `media_ns`; paused, that one frame is let through."""
        self._change(_target_ns=max(media_ns, 0), _steps=1)

    def set_speed(self, speed: float) -> None:
        """Play at `speed` times the recording's own rate from here on."""
        self._change(speed=speed, _anchor=None)

    def set_loop(self, loop: bool) -> None:
        """Begin again at the end, or stop there."""
        self._change(loop=loop)

    def stop(self) -> None:
        """End `frames` wherever it waits."""
        self._change(_stopped=True)

    def frames(self, source: Source) -> Iterator[Frame | None]:
        """The frames of a source when they are due; None each time a recording has reached its end."""
        if source.info.live:
            yield from self._live_frames(source)
            return
        start_ns: int | None = 0
        while start_ns is not None:
            self._anchor = None
            for frame in source.frames(start_ns):
                if not self._due(frame):
                    break
                yield replace(frame, captured_ns=time.perf_counter_ns())  # the hold is no wait for the network
            else:
                if not self.loop and self._due(None):
                    yield None
            start_ns = self._next_start_ns()

    def _live_frames(self, source: Source) -> Iterator[Frame]:
        for number, frame in enumerate(source.frames()):
            if self._stopped:
                return
            if not self.paused or number == 0:
                yield frame

    def _change(self, **values: object) -> None:
        with self._changed:
            for name, value in values.items():
                setattr(self, name, value)
            self._changed.notify_all()

    def _due(self, frame: Frame | None) -> bool:
        """Wait for the time of a frame, or of the end; False where a seek or the stop came first."""
        with self._changed:
            while not self._stopped and self._target_ns is None:
                if self.paused and not self._steps:
                    self._changed.wait()
                    continue
                delay_s = 0.0 if self.paused else self._delay_s(frame)
                if delay_s <= 0:
                    self._steps = max(self._steps - 1, 0)
                    return True
                self._changed.wait(delay_s)
            return False

    def _delay_s(self, frame: Frame | None) -> float:
        if frame is None or frame.media_ns is None or math.isinf(self.speed):
            return 0.0
        now = time.perf_counter()
        if self._anchor is None:
            self._anchor = (frame.media_ns, now)
        media_ns, clock = self._anchor
        delay_s = clock + (frame.media_ns - media_ns) / 1e9 / self.speed - now
        if delay_s < -LATE_S:
            self._anchor = (frame.media_ns, now)
        return delay_s

    def _next_start_ns(self) -> int | None:
        """Where to go on after a seek or at the end; waits there; None to stop."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or self.loop or self._target_ns is not None)
            if self._stopped:
                return None
            start_ns, self._target_ns = self._target_ns or 0, None
            return start_ns
