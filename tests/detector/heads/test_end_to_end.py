"""NMS-free networks: told from tables of cells with as many columns, and read row by row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx_graphs import GraphBuilder

from core.errors import OutputInvalid
from core.types import Thresholds
from detector.head import Layout
from detector.heads.end_to_end import Head
from detector.model import load_model
from detector.preprocessing import Fit, Preprocessing
from onnxgraph.inspection import inspect

SIDE = 64
CELLS = 8 * 8 + 4 * 4 + 2 * 2
ROWS = 15
NAMES = {"names": "{0: 'cat', 1: 'dog', 2: 'cow'}"}
LAYOUT = Layout("end_to_end", "", 3, Preprocessing(SIDE, SIDE), {"output": "output0"})


def _boxes(graph: GraphBuilder, count: int) -> str:
    start = graph.op("Add", graph.weighted(1, count, 2, scale=8), graph.constant([20, 20]))
    return graph.op("Concat", start, graph.op("Add", start, graph.constant([14, 10])), axis=2)


def _scores(graph: GraphBuilder) -> str:
    return graph.op("Sigmoid", graph.weighted(1, CELLS, 3, scale=2))


def top(path: Path, metadata: Mapping[str, str] | None = None, rows: int = ROWS) -> Path:
    """The best score of each cell, the best cells of all: TopK as YOLOv10 has it."""
    graph = GraphBuilder((1, 3, SIDE, SIDE))
    boxes, scores = _boxes(graph, CELLS), _scores(graph)
    best = graph.op("ReduceMax", scores, axes=[2], keepdims=1)
    classes = graph.op("Cast", graph.op("ArgMax", scores, axis=2), to=1)
    table = graph.op("Concat", boxes, best, classes, axis=2)
    chosen = graph.two("TopK", graph.op("Flatten", best), graph.constant([rows], "int64"))[1]
    picked = graph.op("Gather", table, graph.op("Squeeze", chosen, graph.constant([0], "int64")), axis=1)
    graph.output(picked, "output0", (1, rows, 6))
    return graph.save(path, metadata)


def suppressed(path: Path, metadata: Mapping[str, str] | None = None) -> Path:
    """NMS inside, as many rows as it leaves."""
    graph = GraphBuilder((1, 3, SIDE, SIDE))
    boxes, scores = _boxes(graph, CELLS), _scores(graph)
    limits = graph.constant([50], "int64"), graph.constant([0.5]), graph.constant([0.2])
    first_class = graph.op("Slice", scores, *(graph.constant([v], "int64") for v in (0, 1, 2)))
    kept = graph.op("NonMaxSuppression", boxes, graph.op("Transpose", first_class, perm=[0, 2, 1]), *limits)
    index = graph.op("Gather", kept, graph.constant(2, "int64"), axis=1)
    nought = graph.op("Mul", first_class, graph.constant([0]))
    table = graph.op("Concat", boxes, first_class, nought, axis=2)
    graph.output(graph.op("Gather", table, index, axis=1), "output0", (1, None, 6))
    return graph.save(path, metadata)


SAMPLES: dict[str, Callable[[Path], Path]] = {
    "top": partial(top, metadata=NAMES),
    "top without names": top,
    "nms inside": partial(suppressed, metadata=NAMES),
}


def test_names_count_the_classes(tmp_path: Path) -> None:
    model = load_model(top(tmp_path / "m.onnx", NAMES))
    assert model.labels == ("cat", "dog", "cow")
    assert model.layout.classes == 3
    assert model.layout.preprocessing.colour == "RGB"
    assert model.layout.preprocessing.fit is Fit.LETTERBOX_CENTRE


def test_without_names_coco_is_assumed_and_said(tmp_path: Path) -> None:
    model = load_model(top(tmp_path / "m.onnx"))
    assert len(model.labels) == 80
    assert any("coco80" in note for note in model.notes)


def test_without_names_a_description_counts_the_classes(tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text('[model]\nlabels = ["cat", "dog", "cow"]\n')
    assert load_model(top(tmp_path / "m.onnx")).layout.classes == 3


@pytest.mark.parametrize("rows", [CELLS, 3 * CELLS])
def test_cells_of_one_class_are_no_chosen_rows(rows: int, tmp_path: Path) -> None:
    graph = GraphBuilder((1, 3, SIDE, SIDE))
    table = graph.op("Sigmoid", graph.weighted(1, rows, 6))
    graph.output(table, "output0", (1, rows, 6))
    assert Head.match(inspect(graph.save(tmp_path / "m.onnx"))) is None


def test_two_classes_of_a_transformer_are_no_chosen_rows(tmp_path: Path) -> None:
    graph = GraphBuilder((1, 3, SIDE, SIDE))
    best = graph.two("TopK", graph.weighted(1, CELLS), graph.constant([ROWS], "int64"))[1]
    reference = graph.op("Sigmoid", graph.op("Cast", best, to=1))
    inverse = graph.op("Unsqueeze", graph.op("Log", reference), graph.constant([2], "int64"))
    boxes = graph.op("Sigmoid", graph.op("Add", graph.weighted(1, ROWS, 4), inverse))
    table = graph.op("Concat", boxes, graph.op("Sigmoid", graph.weighted(1, ROWS, 2)), axis=2)
    graph.output(table, "output0", (1, ROWS, 6))
    assert Head.match(inspect(graph.save(tmp_path / "m.onnx"))) is None


@given(st.integers(0, 2**32 - 1), st.floats(0, 1), st.sets(st.integers(0, 4)))
def test_decode_equals_a_slow_computation(seed: int, threshold: float, classes: set[int]) -> None:
    random = np.random.default_rng(seed)
    rows = np.concatenate((random.random((ROWS, 5)), random.integers(0, 3, (ROWS, 1))), axis=1).astype(np.float32)
    expected = [row for row in rows if row[4] >= np.float32(threshold) and int(row[5]) in classes]
    thresholds = Thresholds(confidence=threshold, classes=frozenset(classes))
    found = Head(LAYOUT).decode({"output0": rows[None]}, thresholds)
    table = np.column_stack((found.xyxy, found.confidence, found.class_id))
    np.testing.assert_array_equal(table, np.array(expected).reshape(-1, 6))


def test_a_class_beyond_the_labels_is_refused() -> None:
    rows = np.zeros((1, ROWS, 6), np.float32)
    rows[0, 0, 4:] = 0.9, 7
    with pytest.raises(OutputInvalid, match="class 7"):
        Head(LAYOUT).decode({"output0": rows}, Thresholds())


def test_filler_may_hold_any_class() -> None:
    rows = np.full((1, ROWS, 6), -1, np.float32)
    assert len(Head(LAYOUT).decode({"output0": rows}, Thresholds()).confidence) == 0
