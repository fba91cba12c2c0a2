"""Frames, networks and comparisons for the tests of detectors on a GPU and on what stands in for it."""

from __future__ import annotations

import time
from pathlib import Path

import cv2
import numpy as np
from onnx_graphs import GraphBuilder

from core.buffers import FrameBuffers
from core.pixels import PixelFormat
from core.types import ClassMap, Detections, Frame, Result, Thresholds
from detector.detector import Detector
from detector.model import Model, load_model

CELLS = 8 * 8 + 4 * 4 + 2 * 2
LOW = Thresholds(confidence=0.1, iou=1.0)
NETWORKS = (
    "fastestdet_352",
    "notdet_mnist_classifier",
    "picodet_s_416",
    "twinlitenet_320",
    "ultraface_rfb_320",
    "yolo26n_640",
    "yolo_fastestv2_352",
    "yolov8n_640",
    "yolox_nano_416",
)


def tiny(path: Path) -> Model:
    """Boxes about the middle of the input, three classes, in the layout of YOLOv8."""
    graph = GraphBuilder((1, 3, 64, 64))
    boxes = graph.op("Add", graph.weighted(1, 4, CELLS), graph.constant(np.array([32, 32, 12, 12]).reshape(1, 4, 1)))
    scores = graph.op("Sigmoid", graph.weighted(1, 3, CELLS, scale=2))
    graph.output(graph.op("Concat", boxes, scores, axis=1), "output0", (1, 7, CELLS))
    return load_model(graph.save(path, {"names": "['cat', 'dog', 'cow']"}))


def frame(width: int = 90, height: int = 50, seed: int = 0, format: PixelFormat = PixelFormat.BGR) -> Frame:
    planes = FrameBuffers().take(format, width, height)
    for plane in planes:
        plane[...] = np.random.default_rng(seed).integers(0, 256, plane.shape)
    return Frame(planes, width, height, seed, time.perf_counter_ns(), format=format)


def detect(detector: Detector, given: Frame) -> Result:
    detector.submit(given)
    return detector.collect()


def assert_alike(found: Result, expected: Result) -> None:
    a, b = found.prediction, expected.prediction
    assert type(a) is type(b)
    if isinstance(a, ClassMap):
        assert (a.class_id == b.class_id).mean() > 0.999
        return
    assert len(a.class_id) == len(b.class_id)
    alike = (a.class_id[:, None] == b.class_id) & (abs(a.confidence[:, None] - b.confidence) < 1e-3)
    if isinstance(a, Detections):
        alike &= abs(a.xyxy[:, None] - b.xyxy).max(axis=2) < 0.05
    assert alike.any(axis=0).all()  # the order of equal scores may differ
    assert alike.any(axis=1).all()


def real_frame(video: Path) -> Frame:
    """Of the form that detectors rehearse with."""
    picture = cv2.cvtColor(cv2.VideoCapture(str(video)).read()[1], cv2.COLOR_BGR2YUV_I420)
    planes = FrameBuffers().take(PixelFormat.I420, 1280, 720)
    for plane, part in zip(planes, np.split(picture.reshape(-1), (1280 * 720, 1280 * 720 * 5 // 4)), strict=True):
        plane[...] = part.reshape(plane.shape)
    return Frame(planes, 1280, 720, 0, time.perf_counter_ns(), format=PixelFormat.I420)


def any_size(path: Path) -> Model:
    """The same for pictures of any size."""
    graph = GraphBuilder((1, 3, "height", "width"))
    random = np.random.default_rng(0)
    levels = []
    for stride in (8, 16, 32):
        pooled = graph.op("AveragePool", "images", kernel_shape=[stride] * 2, strides=[stride] * 2)
        cells = graph.op("Conv", pooled, graph.constant(random.normal(0, 4, (7, 3, 1, 1))))
        levels.append(graph.op("Reshape", cells, graph.constant([1, 7, -1], "int64")))
    cells = graph.op("Concat", *levels, axis=2)
    boxes, scores = (
        graph.op("Slice", cells, *(graph.constant([n], "int64") for n in cut)) for cut in ((0, 4, 1), (4, 7, 1))
    )
    boxes = graph.op("Add", boxes, graph.constant(np.array([32, 32, 12, 12]).reshape(1, 4, 1)))
    graph.output(graph.op("Concat", boxes, graph.op("Sigmoid", scores), axis=1), "output0", (1, 7, None))
    return load_model(graph.save(path, {"names": "['cat', 'dog', 'cow']"}))
