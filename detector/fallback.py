"""Detectors of one network, of which the first that opens is used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import TracebackType

from core.errors import EngineUnavailable
from detector.detector import Detector


class FirstThatOpens:
    """Opens the fastest that can be; why faster ones could not is among the notes of the one that is open."""

    def __init__(self, detectors: Sequence[Detector]) -> None:
        self._detectors = detectors

    def __enter__(self) -> Detector:
        passed_over: list[str] = []
        *faster, last = self._detectors
        for detector in faster:
            try:
                return self._opened(detector, passed_over)
            except EngineUnavailable as error:
                passed_over.append(f"{detector.info.backend} was passed over: {error}")
        return self._opened(last, passed_over)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.__exit__(kind, error, trace)

    def _opened(self, detector: Detector, passed_over: Sequence[str]) -> Detector:
        self._open = detector.__enter__()
        self._open.info = replace(self._open.info, notes=(*self._open.info.notes, *passed_over))
        return self._open
