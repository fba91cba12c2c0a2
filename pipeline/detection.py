"""The detector thread: owns a detector, takes frames from the slot, and hands every result on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.types import EngineInfo, Result, SourceInfo
from detector.detector import Detector
from pipeline.capture import End, Slot
from pipeline.worker import Worker

POLL_S = 0.1


@dataclass(frozen=True)
class DetectionEvents:
    """What the detector thread tells: it took over, a result is ready, a recording is through (with what cut it)."""

    opened: Callable[[EngineInfo], None]
    detected: Callable[[Result, SourceInfo], None]
    ended: Callable[[End], None]
    failed: Callable[[BaseException], None]


class DetectionWorker(Worker):
    """Ready once the network is loaded."""

    def __init__(self, detector: Detector, slot: Slot, events: DetectionEvents) -> None:
        super().__init__("detector", events.failed)
        self.detector = detector
        self._slot = slot
        self._events = events

    def work(self) -> None:
        """Load, wait for the turn, detect until retired."""
        with self.detector:
            if not self.await_turn():
                return
            self._events.opened(self.detector.info)
            while not self.retired.is_set():
                self._next()

    def _next(self) -> None:
        item = self._slot.take(POLL_S)
        if isinstance(item, End):
            self._events.ended(item)
        elif item is not None:
            self.detector.submit(item.frame)
            result = self.detector.collect()
            if not self.retired.is_set():
                self._events.detected(result, item.source)
