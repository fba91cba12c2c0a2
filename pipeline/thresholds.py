"""The thresholds of a run: the network's own, where the user did not say otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.errors import UsageError
from core.settings import Settings
from core.types import EngineInfo, Thresholds


def thresholds_for(engine: EngineInfo, settings: Settings) -> Thresholds:
    """What to open a network with; `UsageError` where the class filter names a class it does not know."""
    own = engine.thresholds
    return replace(
        own,
        confidence=own.confidence if settings.confidence is None else settings.confidence,
        iou=own.iou if settings.iou is None else settings.iou,
        classes=class_ids(settings.classes, engine.labels) if settings.classes else own.classes,
        class_agnostic=settings.class_agnostic or own.class_agnostic,
        max_detections=own.max_detections if settings.max_detections is None else settings.max_detections,
    )


def class_ids(names: Sequence[str], labels: Sequence[str]) -> frozenset[int]:
    """The indices of class names, upper and lower case alike."""
    known = {label.casefold(): index for index, label in enumerate(labels)}
    unknown = [name for name in names if name.casefold() not in known]
    if unknown:
        raise UsageError(f"this network has no class '{unknown[0]}'", f"It knows: {', '.join(labels)}.")
    return frozenset(known[name.casefold()] for name in names)
