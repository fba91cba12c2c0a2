"""Yolo-FastestV2: both exports are recognised, and give the same as each other and as slow loops."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from math import exp
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx_graphs import GraphBuilder

from core.types import Detections, Frame, Thresholds
from detector.cpu import CpuDetector
from detector.head import Layout
from detector.heads.yolo_fastestv2 import Head
from detector.model import load_model
from detector.preprocessing import Fit, Preprocessing
from onnxgraph.inspection import inspect

SIDE = 64
ANCHORS = {
    16: [12.64, 19.39, 37.88, 51.48, 55.71, 138.31],
    32: [126.91, 78.23, 131.57, 214.55, 279.92, 258.87],
}
ORDER = (0, 1, 2, 3, 4, 5)


def _levels(graph: GraphBuilder, classes: int) -> list[list[str]]:
    """Raw boxes, objectness and classes of both levels."""
    return [
        [graph.weighted(1, channels, SIDE // stride, SIDE // stride, scale=2) for channels in (12, 3, classes)]
        for stride in ANCHORS
    ]


def raw(path: Path, classes: int = 5, order: Sequence[int] = ORDER) -> Path:
    graph = GraphBuilder((1, 3, SIDE, SIDE))
    maps = [part for level in _levels(graph, classes) for part in level]
    shapes = [(1, channels, SIDE // stride, SIDE // stride) for stride in ANCHORS for channels in (12, 3, classes)]
    for number in order:
        graph.output(maps[number], str(753 + number), shapes[number])
    return graph.save(path)


def activated(path: Path, classes: int = 5) -> Path:
    graph = GraphBuilder((1, 3, SIDE, SIDE))
    for stride, (box, objectness, scores) in zip(ANCHORS, _levels(graph, classes), strict=True):
        parts = graph.op("Sigmoid", box), graph.op("Sigmoid", objectness), graph.op("Softmax", scores, axis=1)
        joined = graph.op("Transpose", graph.op("Concat", *parts, axis=1), perm=[0, 2, 3, 1])
        graph.output(joined, str(778 + stride), (1, SIDE // stride, SIDE // stride, 15 + classes))
    return graph.save(path)


SAMPLES: dict[str, Callable[[Path], Path]] = {
    "activated": activated,
    "raw": raw,
    "raw, muddled": partial(raw, order=(5, 1, 3, 2, 0, 4)),
    "raw with as many classes as anchors": partial(raw, classes=3),
    "raw with as many classes as box values": partial(raw, classes=12),
}


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_input_is_what_it_was_trained_with(sample: Callable[[Path], Path], tmp_path: Path) -> None:
    layout = Head.match(inspect(sample(tmp_path / "m.onnx")))
    assert layout is not None
    assert layout.preprocessing.colour == "BGR"
    assert layout.preprocessing.fit is Fit.STRETCH
    assert layout.preprocessing.std == (255, 255, 255)
    assert any("anchors" in sentence for sentence in layout.assumed)


@pytest.mark.parametrize("first", [raw, partial(raw, order=(5, 1, 3, 2, 0, 4))], ids=["raw", "muddled"])
def test_both_exports_give_the_same(first: Callable[[Path], Path], tmp_path: Path) -> None:
    one, other = (_detect(sample(tmp_path / "m.onnx")) for sample in (first, activated))
    _assert_same(one, other)


def test_both_public_exports_give_the_same(shared: Path) -> None:
    import cv2

    picture = cv2.imread(str(min((shared / "data" / "eval" / "images").glob("*.jpg"))))
    names = ("yolo_fastestv2_352.onnx", "yolo_fastestv2_raw_352.onnx")
    one, other = (_detect(shared / "data" / "models" / name, picture) for name in names)
    _assert_same(one, other)


def _detect(path: Path, picture: np.ndarray | None = None) -> Detections:
    model = load_model(path)
    with CpuDetector(model, "onnxruntime") as detector:
        detector.set_thresholds(replace(model.thresholds, confidence=0.1))
        detector.submit(Frame.from_bgr(np.full((50, 90, 3), 100, np.uint8) if picture is None else picture))
        prediction = detector.collect().prediction
    assert isinstance(prediction, Detections)
    return prediction


def _assert_same(one: Detections, other: Detections) -> None:
    assert len(one) > 0
    assert one.class_id.tolist() == other.class_id.tolist()
    np.testing.assert_allclose(one.confidence, other.confidence, rtol=1e-4)
    np.testing.assert_allclose(one.xyxy, other.xyxy, rtol=1e-4, atol=0.01)


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.floats(0.05, 0.95))
def test_decode_equals_a_slow_computation(seed: int, threshold: float) -> None:
    random = np.random.default_rng(seed)
    outputs = {
        str(stride): random.random((1, SIDE // stride, SIDE // stride, 18)).astype(np.float32) for stride in ANCHORS
    }
    layout = Layout("yolo_fastestv2", "", 3, Preprocessing(SIDE, SIDE), {"levels": (("16",), ("32",))})
    found = Head(layout).decode(outputs, Thresholds(confidence=threshold))
    expected = [
        box for stride in ANCHORS for box in _slowly(outputs[str(stride)][0], stride) if box[4] >= np.float32(threshold)
    ]
    table = np.column_stack((found.xyxy, found.confidence, found.class_id))
    np.testing.assert_allclose(table, np.array(expected).reshape(-1, 6), rtol=1e-4, atol=1e-3)


def test_raw_maps_are_activated() -> None:
    random = np.random.default_rng(5)
    maps = {
        name: random.normal(0, 2, (1, channels, 2, 2)).astype(np.float32)
        for name, channels in zip("abc", (12, 3, 4), strict=True)
    }
    nothing = {
        name: np.full((1, channels, 4, 4), -90, np.float32) for name, channels in zip("xyz", (12, 3, 4), strict=True)
    }
    layout = Layout("yolo_fastestv2", "", 4, Preprocessing(SIDE, SIDE), {"levels": (tuple("xyz"), tuple("abc"))})
    found = Head(layout).decode({**maps, **nothing}, Thresholds(confidence=1e-6))
    box, objectness = (1 / (1 + np.exp(-maps[name])) for name in "ab")
    powers = np.array([[[exp(value) for value in row] for row in channel] for channel in maps["c"][0]])
    table = np.concatenate((box[0], objectness[0], powers / powers.sum(axis=0))).transpose(1, 2, 0)
    expected = _slowly(table, 32)
    rows = np.column_stack((found.xyxy, found.confidence, found.class_id))
    np.testing.assert_allclose(rows, np.array(expected), rtol=1e-4, atol=1e-3)


def _slowly(table: np.ndarray, stride: int) -> list[tuple[float, ...]]:
    boxes = []
    for y, row in enumerate(table):
        for x, values in enumerate(row):
            for anchor in range(3):
                bx, by, bw, bh = values[4 * anchor : 4 * anchor + 4]
                cx, cy = (2 * bx - 0.5 + x) * stride, (2 * by - 0.5 + y) * stride
                w, h = (4 * b * b * a for b, a in zip((bw, bh), ANCHORS[stride][2 * anchor :], strict=False))
                best = int(np.argmax(values[15:]))
                score = values[12 + anchor] * values[15 + best]
                boxes.append((cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2, score, best))
    return boxes
