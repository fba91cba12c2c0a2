"""Thresholds of a run."""

from __future__ import annotations

import pytest

from core.errors import UsageError
from core.settings import Settings
from core.types import EngineInfo, Thresholds
from pipeline.thresholds import thresholds_for

OWN = Thresholds(confidence=0.3, iou=0.6, max_detections=200)
ENGINE = EngineInfo("m.onnx", "yolov8", "onnxruntime", "CPU", "FP32", 64, 64, ("cat", "Dog"), OWN)


def test_the_networks_own_where_nothing_is_said() -> None:
    assert thresholds_for(ENGINE, Settings("demo")) == OWN


def test_what_the_user_says() -> None:
    settings = Settings("demo", confidence=0.0, iou=1.0, classes=("dog",), class_agnostic=True, max_detections=1)
    assert thresholds_for(ENGINE, settings) == Thresholds(0.0, 1.0, frozenset({1}), 1, class_agnostic=True)


def test_an_unknown_class_is_named() -> None:
    with pytest.raises(UsageError, match="'cow'"):
        thresholds_for(ENGINE, Settings("demo", classes=("cow",)))
