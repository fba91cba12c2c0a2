"""The capture thread: owns a source, delivers its frames, and opens it again when it is lost."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass

from capture.source import CaptureOptions, open_source
from core.buffers import FrameBuffers
from core.errors import SourceError, SourceUnreadable
from core.slot import LatestSlot
from core.types import Frame, SourceInfo
from pipeline.playback import Playback
from pipeline.worker import Worker

FIRST_RETRY_S, LAST_RETRY_S = 0.5, 10.0


@dataclass(frozen=True)
class Captured:
    """A frame and where it is from: after a change of source, the last frames of the former are told by that."""

    frame: Frame
    source: SourceInfo


@dataclass(frozen=True)
class End:
    """Comes after the last frame of a recording; `error` says what cut it short."""

    source: SourceInfo
    error: SourceError | None = None


Slot = LatestSlot[Captured | End]


@dataclass(frozen=True)
class CapturePlan:
    """What to read, into which memory, and where the frames go."""

    uri: str
    options: CaptureOptions
    buffers: FrameBuffers
    slot: Slot
    reconnect: bool


@dataclass(frozen=True)
class CaptureEvents:
    """What the capture thread tells: a source is open (again), a frame came, a loss and the seconds to the next try."""

    opened: Callable[[SourceInfo], None]
    captured: Callable[[], None]
    lost: Callable[[SourceError, float], None]
    failed: Callable[[BaseException], None]


class CaptureWorker(Worker):
    """Ready once the first frame is there: a source that opens and delivers nothing is no source."""

    def __init__(self, plan: CapturePlan, playback: Playback, events: CaptureEvents) -> None:
        super().__init__("capture", events.failed)
        self._plan = plan
        self._events = events
        self._info: SourceInfo | None = None
        self.playback = playback

    def dismiss(self) -> None:
        """Ask it to end, from a pause or from between two frames too."""
        super().dismiss()
        self.playback.stop()

    def work(self) -> None:
        """Deliver until the end; after each loss of a live source open it again, at growing intervals."""
        retry_s = FIRST_RETRY_S
        while not self.retired.is_set():
            try:
                with closing(self._items()) as items:
                    for item in items:
                        if self.retired.is_set():
                            return
                        self._deliver(item)
                        retry_s = FIRST_RETRY_S
                return
            except SourceError as error:
                if self.retired.is_set():
                    return
                if self._info is None or not (self._info.live and self._plan.reconnect):
                    self._end(error)
                    return
                self._events.lost(error, retry_s)
                self.retired.wait(retry_s)
                retry_s = min(2 * retry_s, LAST_RETRY_S)

    def _items(self) -> Generator[Captured | End]:
        with open_source(self._plan.uri, self._plan.buffers, self._plan.options) as source:
            frames = self.playback.frames(source)
            first = next(frames, None)
            if first is None:
                raise SourceUnreadable(f"{source.info.uri} holds no frames", "Give a recording that plays elsewhere.")
            if not self.await_turn():
                return
            self._info = source.info
            self._events.opened(source.info)
            yield Captured(first, source.info)
            for frame in frames:
                yield Captured(frame, source.info) if frame else End(source.info)

    def _deliver(self, item: Captured | End) -> None:
        """By the one rule of frame policy: what is played as fast as possible waits its turn, else the newest wins."""
        slot = self._plan.slot
        if isinstance(item, Captured):
            self._events.captured()
            if item.source.live or not math.isinf(self.playback.speed):
                slot.put(item)
                return
        while not (self.retired.is_set() or slot.offer(item, timeout_s=0.1)):
            pass

    def _end(self, error: SourceError) -> None:
        """The frames before the fault are still worth having: the reason follows them through the slot."""
        if self._info is None:
            raise error
        self._deliver(End(self._info, error))
