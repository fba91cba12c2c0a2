"""YOLOX: recognised, and decoded as the paper's code does."""

from __future__ import annotations

from collections.abc import Callable
from math import exp
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx_graphs import GraphBuilder

from core.errors import OutputInvalid
from core.types import Thresholds
from detector.head import Layout
from detector.heads.yolox import Head
from detector.preprocessing import Fit, Preprocessing
from onnxgraph.inspection import inspect

SIDE = 64
CELLS = 8 * 8 + 4 * 4 + 2 * 2
LAYOUT = Layout(
    head="yolox",
    words="",
    classes=3,
    preprocessing=Preprocessing(SIDE, SIDE),
    parameters={"output": "output", "strides": (8, 16, 32), "decoded": False, "logits": False},
)


def _rows(graph: GraphBuilder, classes: int) -> tuple[str, str]:
    boxes = graph.weighted(1, CELLS, 4, scale=0.5)
    return boxes, graph.op("Sigmoid", graph.weighted(1, CELLS, 1 + classes, scale=2))


def raw(path: Path, classes: int = 3) -> Path:
    graph = GraphBuilder((1, 3, SIDE, SIDE))
    graph.output(graph.op("Concat", *_rows(graph, classes), axis=2), "output", (1, CELLS, 5 + classes))
    return graph.save(path)


def decoded(path: Path) -> Path:
    graph = GraphBuilder((1, 3, SIDE, SIDE))
    boxes, scores = _rows(graph, 3)
    offsets, sizes = (graph.op("Slice", boxes, *(graph.constant([v], "int64") for v in (a, a + 2, 2))) for a in (0, 2))
    stride = graph.constant(np.repeat([8, 16, 32], [64, 16, 4]).reshape(1, CELLS, 1))
    centre = graph.op("Mul", graph.op("Add", offsets, graph.constant(np.full((1, CELLS, 2), 2))), stride)
    size = graph.op("Mul", graph.op("Exp", sizes), stride)
    graph.output(graph.op("Concat", centre, size, scores, axis=2), "output", (1, CELLS, 8))
    return graph.save(path)


def logits(path: Path) -> Path:
    graph = GraphBuilder((1, 3, SIDE, SIDE))
    graph.output(graph.weighted(1, CELLS, 8, scale=2), "output", (1, CELLS, 8))
    return graph.save(path)


SAMPLES: dict[str, Callable[[Path], Path]] = {
    "raw": raw,
    "decoded": decoded,
    "logits": logits,
    "one class": lambda path: raw(path, classes=1),
}


def test_input_is_what_yolox_was_trained_with(tmp_path: Path) -> None:
    layout = Head.match(inspect(raw(tmp_path / "m.onnx")))
    assert layout is not None
    assert layout.preprocessing.colour == "BGR"
    assert layout.preprocessing.std == (1, 1, 1)
    assert layout.preprocessing.fit is Fit.LETTERBOX_TOP_LEFT


@pytest.mark.parametrize(("sample", "is_decoded"), [(raw, False), (decoded, True), (logits, False)])
def test_exponential_in_the_graph_means_decoded(
    tmp_path: Path, sample: Callable[[Path], Path], is_decoded: bool
) -> None:
    layout = Head.match(inspect(sample(tmp_path / "m.onnx")))
    assert layout is not None
    assert layout.parameters["decoded"] is is_decoded


def test_another_number_of_predictions_is_not_yolox(tmp_path: Path) -> None:
    graph = GraphBuilder((1, 3, SIDE, SIDE))
    graph.output(graph.weighted(1, 3 * CELLS, 8), "output", (1, 3 * CELLS, 8))
    assert Head.match(inspect(graph.save(tmp_path / "m.onnx"))) is None


def _slowly(row: np.ndarray, index: int, classes: int) -> list[tuple[float, ...]]:
    """One row by hand: which cell it belongs to by counting, then the published formula."""
    for stride in (8, 16, 32):
        side = SIDE // stride
        if index < side * side:
            break
        index -= side * side
    x, y = (row[0] + index % side) * stride, (row[1] + index // side) * stride
    w, h = exp(row[2]) * stride, exp(row[3]) * stride
    scores = [row[4] * row[5 + c] for c in range(classes)]
    best = max(range(classes), key=lambda c: scores[c])
    return [(x - w / 2, y - h / 2, x + w / 2, y + h / 2, scores[best], best)]


@given(st.integers(0, 2**32 - 1), st.floats(0.05, 0.95))
def test_decode_equals_a_slow_computation(seed: int, threshold: float) -> None:
    rows = np.random.default_rng(seed).random((CELLS, 8)).astype(np.float32)
    expected = [box for i, row in enumerate(rows) for box in _slowly(row, i, 3) if box[4] >= np.float32(threshold)]
    found = Head(LAYOUT).decode({"output": rows[None]}, Thresholds(confidence=threshold))
    table = np.column_stack((found.xyxy, found.confidence, found.class_id))
    np.testing.assert_allclose(table, np.array(expected).reshape(-1, 6), rtol=1e-4, atol=1e-3)


def test_many_labels_for_one_box() -> None:
    rows = np.zeros((1, CELLS, 8), np.float32)
    rows[0, 5, 4:] = 1, 0.5, 0.1, 0.7
    found = Head(LAYOUT).decode({"output": rows}, Thresholds(confidence=0.3, multi_label=True))
    assert found.class_id.tolist() == [0, 2]
    assert found.confidence.tolist() == pytest.approx([0.5, 0.7])
    assert (found.xyxy[0] == found.xyxy[1]).all()


def test_another_number_of_cells_is_refused() -> None:
    with pytest.raises(OutputInvalid, match="3 predictions instead of 84"):
        Head(LAYOUT).decode({"output": np.zeros((1, 3, 8), np.float32)}, Thresholds())
