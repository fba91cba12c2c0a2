"""FastestDet: recognised by its one level and its two activations, and decoded cell by cell."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import exp, tanh
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx_graphs import GraphBuilder

from core.types import Thresholds
from detector.head import Layout
from detector.heads.fastestdet import Head
from detector.preprocessing import Fit, Preprocessing
from onnxgraph.inspection import inspect

WIDTH, HEIGHT = 96, 64
LAYOUT = Layout("fastestdet", "", 3, Preprocessing(WIDTH, HEIGHT), {"output": "758"})


def network(path: Path, classes: int = 3, stride: int = 16, softmax: bool = True) -> Path:
    graph = GraphBuilder((1, 3, HEIGHT, WIDTH))
    rows, columns = HEIGHT // stride, WIDTH // stride
    objectness = graph.op("Sigmoid", graph.weighted(1, 1, rows, columns, scale=2))
    boxes = graph.weighted(1, 4, rows, columns)
    scores = graph.weighted(1, classes, rows, columns, scale=2)
    scores = graph.op("Softmax", scores, axis=1) if softmax else scores
    output = graph.op("Concat", objectness, boxes, scores, axis=1)
    graph.output(output, "758", (1, 5 + classes, rows, columns))
    return graph.save(path)


SAMPLES: dict[str, Callable[[Path], Path]] = {"three classes": network, "one class": partial(network, classes=1)}


def test_input_is_what_fastestdet_was_trained_with(tmp_path: Path) -> None:
    layout = Head.match(inspect(network(tmp_path / "m.onnx")))
    assert layout is not None
    assert layout.classes == 3
    assert layout.preprocessing.colour == "BGR"
    assert layout.preprocessing.fit is Fit.STRETCH
    assert layout.preprocessing.std == (255, 255, 255)


@pytest.mark.parametrize("wrong", [{"stride": 8}, {"softmax": False}, {"classes": 0}])
def test_other_maps_are_not_taken(wrong: dict[str, int], tmp_path: Path) -> None:
    graph = partial(network, **wrong)
    assert Head.match(inspect(graph(tmp_path / "m.onnx"))) is None


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.floats(0.05, 0.95))
def test_decode_equals_a_slow_computation(seed: int, threshold: float) -> None:
    random = np.random.default_rng(seed)
    output = np.concatenate((random.random((1, 4, 6)), random.normal(0, 2, (4, 4, 6)), random.random((3, 4, 6))))
    output = output.astype(np.float32)
    expected = []
    for y in range(4):
        for x in range(6):
            objectness, bx, by, bw, bh, *classes = output[:, y, x]
            best = max(range(3), key=lambda c: classes[c])
            score = objectness**0.6 * classes[best] ** 0.4
            cx, cy = (tanh(bx) + x) / 6 * WIDTH, (tanh(by) + y) / 4 * HEIGHT
            w, h = WIDTH / (1 + exp(-bw)), HEIGHT / (1 + exp(-bh))
            if score >= np.float32(threshold):
                expected.append((cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2, score, best))
    found = Head(LAYOUT).decode({"758": output[None]}, Thresholds(confidence=threshold))
    table = np.column_stack((found.xyxy, found.confidence, found.class_id))
    np.testing.assert_allclose(table, np.array(expected).reshape(-1, 6), rtol=1e-4, atol=1e-3)
