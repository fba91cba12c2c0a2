"""Classifiers: never taken for detectors, probabilities by hand, digits read by a real one."""

from __future__ import annotations

from collections.abc import Callable
from math import exp
from pathlib import Path

import numpy as np
import pytest
from onnx_graphs import GraphBuilder

from core.types import Classification, Frame, Thresholds
from detector.cpu import CpuDetector
from detector.head import Layout
from detector.heads.classification import Head
from detector.model import load_model
from detector.preprocessing import Fit
from onnxgraph.inspection import inspect

SIDE = 32


def row(path: Path, columns: int = 12, *tail: int, softmax: bool = False, names: str = "") -> Path:
    graph = GraphBuilder((1, 3, SIDE, SIDE))
    scores = graph.weighted(1, columns, *tail, scale=2)
    graph.output(graph.op("Softmax", scores, axis=1) if softmax else scores, "scores", (1, columns, *tail))
    return graph.save(path, {"names": names, "task": "classify"} if names else None)


def keras(path: Path) -> Path:
    graph = GraphBuilder((1, SIDE, SIDE, 3))
    graph.output(graph.op("Softmax", graph.weighted(1, 1001, scale=2), axis=1), "Predictions", (1, 1001))
    return graph.save(path, producer="tf2onnx")


def grey(path: Path) -> Path:
    graph = GraphBuilder((1, 1, 28, 28))
    graph.output(graph.weighted(1, 10, scale=2), "digits", (1, 10))
    return graph.save(path)


SAMPLES: dict[str, Callable[[Path], Path]] = {
    "logits": row,
    "probabilities": lambda path: row(path, softmax=True),
    "pooled": lambda path: row(path, 12, 1, 1),
    "ImageNet with background": keras,
    "grey": grey,
    "Ultralytics": lambda path: row(path, 2, names="{0: 'cat', 1: 'dog'}", softmax=True),
}


def _layout(path: Path) -> Layout:
    layout = Head.match(inspect(path))
    assert layout is not None
    return layout


def _decode(path: Path, values: np.ndarray, thresholds: Thresholds) -> list[tuple[int, float]]:
    layout = _layout(path)
    found = Head(layout).decode({layout.parameters["output"]: values}, thresholds)
    return list(zip(found.class_id.tolist(), found.confidence.tolist(), strict=True))


LOGITS = np.array([[0.5, 3, -1, 2, 2, 0, 1, -3, 4, -4, 0, 0]], np.float32)


def test_five_likeliest_by_a_slow_softmax(tmp_path: Path) -> None:
    total = sum(exp(x) for x in LOGITS[0])
    expected = [(8, exp(4) / total), (1, exp(3) / total), (3, exp(2) / total), (4, exp(2) / total), (6, exp(1) / total)]
    found = _decode(row(tmp_path / "m.onnx"), LOGITS, Thresholds(confidence=0.9))
    assert [index for index, _ in found] == [index for index, _ in expected]
    np.testing.assert_allclose([p for _, p in found], [p for _, p in expected], rtol=1e-5)


def test_pooled_output_is_the_same(tmp_path: Path) -> None:
    flat, pooled = row(tmp_path / "a.onnx"), row(tmp_path / "b.onnx", 12, 1, 1)
    assert _decode(pooled, LOGITS.reshape(1, 12, 1, 1), Thresholds()) == _decode(flat, LOGITS, Thresholds())


def test_probabilities_pass_no_second_softmax(tmp_path: Path) -> None:
    shares = np.array([[0.1, 0.6, 0.3] + [0.0] * 9], np.float32)
    found = _decode(row(tmp_path / "m.onnx", softmax=True), shares, Thresholds())
    np.testing.assert_allclose([p for _, p in found[:3]], [0.6, 0.3, 0.1])


def test_only_classes_asked_for(tmp_path: Path) -> None:
    found = _decode(row(tmp_path / "m.onnx"), LOGITS, Thresholds(classes=frozenset({0, 3, 9})))
    assert [index for index, _ in found] == [3, 0, 9]


def test_background_of_imagenet_is_no_class(tmp_path: Path) -> None:
    path = keras(tmp_path / "m.onnx")
    shares = np.zeros((1, 1001), np.float32)
    shares[0, [0, 5]] = 0.7, 0.3
    assert _layout(path).classes == 1000
    assert _decode(path, shares, Thresholds())[0] == (4, pytest.approx(0.3))


@pytest.mark.parametrize(
    ("sample", "colour", "mean", "std"),
    [
        ("logits", "RGB", 123.675, 58.395),
        ("ImageNet with background", "RGB", 127.5, 127.5),
        ("grey", "GREY", 0, 1),
        ("Ultralytics", "RGB", 0, 255),
    ],
)
def test_usual_input(tmp_path: Path, sample: str, colour: str, mean: float, std: float) -> None:
    preprocessing = _layout(SAMPLES[sample](tmp_path / "m.onnx")).preprocessing
    assert preprocessing.fit is Fit.CROP_CENTRE
    assert (preprocessing.colour, preprocessing.mean[0], preprocessing.std[0]) == (colour, mean, std)


@pytest.mark.parametrize(("shape", "dtype"), [((1, 12, 4), "float32"), ((1, 1), "float32"), ((1, 12), "int64")])
def test_another_output_is_no_classifier(tmp_path: Path, shape: tuple[int, ...], dtype: str) -> None:
    graph = GraphBuilder((1, 3, SIDE, SIDE))
    tensor = graph.weighted(*shape)
    graph.output(graph.op("Cast", tensor, to=7) if dtype == "int64" else tensor, "scores", shape, dtype)
    assert Head.match(inspect(graph.save(tmp_path / "m.onnx"))) is None


@pytest.mark.parametrize("digit", range(10))
def test_digits_are_read(shared: Path, digit: int) -> None:
    import cv2

    picture = np.zeros((200, 320, 3), np.uint8)
    cv2.putText(picture, str(digit), (110, 160), cv2.FONT_HERSHEY_SIMPLEX, 5, (255, 255, 255), 18)
    with CpuDetector(load_model(shared / "data/models/notdet_mnist_classifier.onnx"), "onnxruntime") as detector:
        detector.submit(Frame.from_bgr(picture))
        found = detector.collect().prediction
    assert isinstance(found, Classification)
    assert (found.class_id[0], len(found.class_id)) == (digit, 5)
    assert found.confidence[0] > 0.9
