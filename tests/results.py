"""Results made by hand, for tests of whatever takes results."""

from __future__ import annotations

import time

import numpy as np

from core.types import (
    Classification,
    ClassMap,
    Detections,
    EngineInfo,
    Frame,
    Prediction,
    Result,
    SourceInfo,
    StageTimes,
    Thresholds,
)

LABELS = ("background", "person", "car", "Käfer 車")
STAGES = StageTimes(wait_ms=0.25, preprocess_ms=1.0, inference_ms=12.3456, postprocess_ms=0.5)
SOURCE = SourceInfo("street.mp4", "file", 64, 48, 25.0, "h264", live=False, duration_ns=2_000_000_000)
ENGINE = EngineInfo("net.onnx", "yolox", "onnxruntime", "CPU, 2 threads", "FP32", 416, 416, LABELS, Thresholds())

DETECTIONS = Detections(
    np.array([[8.04, 10, 40.06, 30], [2, 3, 9, 40]], np.float32),
    np.array([0.8741, 0.5], np.float32),
    np.array([2, 1], np.int32),
)
CLASSIFICATION = Classification(np.array([2, 3, 1], np.int32), np.array([0.7, 0.2, 0.1], np.float32))


def class_map(width: int = 64, height: int = 48) -> ClassMap:
    """The lower half is a car."""
    class_id = np.zeros((height, width), np.uint8)
    class_id[height // 2 :] = 2
    return ClassMap(class_id)


PREDICTIONS: dict[str, Prediction] = {
    "detections": DETECTIONS,
    "classification": CLASSIFICATION,
    "class map": class_map(),
    "nothing": Detections.none(),
}


def picture(width: int = 64, height: int = 48, bgr: tuple[int, int, int] = (90, 120, 60)) -> np.ndarray:
    """A picture of one colour."""
    return np.full((height, width, 3), bgr, np.uint8)


def a_frame(index: int = 0, media_ms: float | None = 0.0, bgr: np.ndarray | None = None) -> Frame:
    """A frame of a recording, or of a camera where `media_ms` is None; it arrived now."""
    return Frame.from_bgr(picture() if bgr is None else bgr, index, None if media_ms is None else round(media_ms * 1e6))


def a_result(frame: Frame | None = None, prediction: Prediction = DETECTIONS) -> Result:
    """The answer to a frame, 20 ms after it arrived."""
    frame = frame or a_frame()
    return Result(frame, prediction, STAGES, LABELS, frame.captured_ns + 20_000_000)


def results(count: int, fps: float = 25.0, prediction: Prediction = DETECTIONS) -> list[Result]:
    """A recording's results, at a constant rate."""
    return [a_result(a_frame(index, index * 1000 / fps), prediction) for index in range(count)]


def elapsed_ms(since_ns: int) -> float:
    """Time since a `perf_counter_ns`, in ms."""
    return (time.perf_counter_ns() - since_ns) / 1e6
