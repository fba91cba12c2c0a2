"""The detector thread: owns a detector, takes frames from the slot, and hands every result on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.errors import SourceError
from core.slot import Closed, LatestSlot
from core.types import EngineInfo, Frame, Result
from detector.detector import Detector
from pipeline.capture import End
from pipeline.worker import Worker

POLL_S = 0.1


@dataclass(frozen=True)
class DetectionEvents:
    """What the detector thread tells: it took over, a result is ready, a recording is through (with what cut it)."""

    opened: Callable[[EngineInfo], None]
    detected: Callable[[Result], None]
    ended: Callable[[SourceError | None], None]
    failed: Callable[[BaseException], None]


class DetectionWorker(Worker):
    """Ready once the network is loaded."""

    def __init__(self, detector: Detector, slot: LatestSlot[Frame | End], events: DetectionEvents) -> None:
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
        try:
            item = self._slot.take(POLL_S)
        except Closed:
            self.retired.set()
            return
        if isinstance(item, Frame):
            self.detector.submit(item)
            self._events.detected(self.detector.collect())
        elif item is not None:
            self._events.ended(item.error)
