"""The detector thread: owns a detector, takes frames from the slot, and hands every result on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from core.types import EngineInfo, Result, SourceInfo
from detector.detector import Detector
from pipeline.capture import Captured, End, Slot
from pipeline.worker import Worker

POLL_S = 0.1
SOON_S = 0.001


@dataclass(frozen=True)
class DetectionEvents:
    """What the detector thread tells.

    What took over, and what became of that; a result is ready; a recording is through (with what cut it).
    """

    opened: Callable[[EngineInfo], None]
    detected: Callable[[Result, SourceInfo], None]
    ended: Callable[[End], None]
    failed: Callable[[BaseException], None]


class DetectionWorker(Worker):
    """Ready once the network is loaded.

    A detector of depth 2 gets the next frame while it computes the one before. Where none comes soon, nothing is
    gained by waiting for it, so that a slow source costs no latency.
    """

    detector: Detector  # once ready

    def __init__(self, opening: AbstractContextManager[Detector], slot: Slot, events: DetectionEvents) -> None:
        super().__init__("detector", events.failed)
        self._opening = opening
        self._slot = slot
        self._events = events
        self._told: EngineInfo | None = None
        self._under_way: deque[SourceInfo] = deque()  # the sources of the frames submitted and not collected

    def work(self) -> None:
        """Load, wait for the turn, detect until retired."""
        with self._opening as self.detector:
            if not self.await_turn():
                return
            self._tell()
            while not self.retired.is_set():
                self._next()

    def _next(self) -> None:
        item = self._slot.take(SOON_S if self._under_way else POLL_S)
        if isinstance(item, Captured):
            self.detector.submit(item.frame)
            self._tell()
            self._under_way.append(item.source)
            self._collect(leave=self.detector.depth - 1)
        else:
            self._collect(leave=0)
        if isinstance(item, End):
            self._events.ended(item)

    def _tell(self) -> None:
        """What runs: at first, and when a frame made it another."""
        info = self.detector.info
        if info is not self._told and not self.retired.is_set():
            self._told = info
            self._events.opened(info)

    def _collect(self, leave: int) -> None:
        """Hand on the results of the oldest frames until so many are under way."""
        while len(self._under_way) > leave:
            result = self.detector.collect()
            source = self._under_way.popleft()
            if not self.retired.is_set():
                self._events.detected(result, source)
