"""YOLOv5, v6 and v7: decoded tables and raw levels are recognised, and agree with each other and with slow loops."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import exp
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx_graphs import GraphBuilder

from core import plugins
from core.types import Thresholds
from detector.engine import open_engine
from detector.head import Candidates, Layout
from detector.heads.yolov5 import Head
from detector.model import HEADS, load_model, matches
from detector.preprocessing import Fit, Preprocessing
from onnxgraph.inspection import inspect

SIDE = 64
CELLS = 8 * 8 + 4 * 4 + 2 * 2
CLASSES = 3
NAMES = {"names": "{0: 'cat', 1: 'dog', 2: 'cow'}"}
YOLOV5 = {8: [10, 13, 16, 30, 33, 23], 16: [30, 61, 62, 45, 59, 119], 32: [116, 90, 156, 198, 373, 326]}
RAW = {"levels": ["p3", "p4", "p5"], "anchors": "yolov5"}


def layout(parameters: Mapping[str, object]) -> Layout:
    return Layout("yolov5", "", CLASSES, Preprocessing(SIDE, SIDE), parameters)


def levels(graph: GraphBuilder) -> dict[int, str]:
    """Raw levels by stride."""
    return {s: graph.weighted(1, 3, SIDE // s, SIDE // s, 5 + CLASSES, scale=1.5) for s in YOLOV5}


def decoded(graph: GraphBuilder, raw: str, stride: int) -> str:
    """A raw level decoded with operators, as an export with its grid has it."""
    side = SIDE // stride
    grid = np.stack(np.meshgrid(range(side), range(side)), axis=-1).reshape(1, 1, side, side, 2)
    anchors = np.array(YOLOV5[stride]).reshape(1, 3, 1, 1, 2)
    parts = graph.op("Sigmoid", raw)
    xy, wh, rest = (
        graph.op("Slice", parts, *(graph.constant([value], "int64") for value in (start, end, 4)))
        for start, end in ((0, 2), (2, 4), (4, 99))
    )
    doubled = graph.op("Mul", xy, graph.constant([2]))
    centre = graph.op("Mul", graph.op("Add", doubled, graph.constant(grid - 0.5)), graph.constant([stride]))
    size = graph.op(
        "Mul", graph.op("Pow", graph.op("Mul", wh, graph.constant([2])), graph.constant([2])), graph.constant(anchors)
    )
    table = graph.op("Concat", centre, size, rest, axis=4)
    return graph.op("Reshape", table, graph.constant([1, -1, 5 + CLASSES], "int64"))


def table_and_levels(path: Path, with_levels: bool = True) -> Path:
    graph = GraphBuilder((1, 3, SIDE, SIDE))
    raw = levels(graph)
    table = graph.op("Concat", *(decoded(graph, raw[stride], stride) for stride in raw), axis=1)
    graph.output(table, "output", (1, 3 * CELLS, 5 + CLASSES))
    for stride, name in raw.items() if with_levels else ():
        graph.output(name, f"p{stride}", (1, 3, SIDE // stride, SIDE // stride, 5 + CLASSES))
    return graph.save(path)


def raw_levels(path: Path, order: Sequence[int] = (8, 16, 32), poolings: int = 3) -> Path:
    graph = GraphBuilder((1, 3, SIDE, SIDE))
    raw = levels(graph)
    for stride in order:
        graph.output(raw[stride], f"p{stride}", (1, 3, SIDE // stride, SIDE // stride, 5 + CLASSES))
    for _ in range(poolings):
        graph.op("MaxPool", "images", kernel_shape=[2, 2])
    return graph.save(path)


def one_a_cell(
    path: Path, metadata: Mapping[str, str] | None = None, columns: int = 5 + CLASSES, rows: object = CELLS
) -> Path:
    """YOLOv6 since 0.2: decoded from distances, objectness 1."""
    graph = GraphBuilder((1, 3, SIDE if rows == CELLS else "height", SIDE if rows == CELLS else "width"))
    centre = graph.op("Add", graph.weighted(1, CELLS, 2, scale=8), graph.constant([30, 30]))
    size = graph.op("Add", graph.weighted(1, CELLS, 2), graph.constant([12, 12]))
    scores = graph.op("Sigmoid", graph.weighted(1, CELLS, columns - 5, scale=2))
    table = graph.op("Concat", centre, size, graph.constant(np.ones((1, CELLS, 1))), scores, axis=2)
    graph.output(table, "outputs", (1, rows, columns))
    return graph.save(path, metadata)


def with_masks(path: Path) -> Path:
    graph = GraphBuilder((1, 3, SIDE, SIDE))
    raw = levels(graph)
    table = graph.op("Concat", *(decoded(graph, raw[stride], stride) for stride in raw), axis=1)
    table = graph.op("Concat", table, graph.weighted(1, 3 * CELLS, 32), axis=2)
    graph.output(table, "output0", (1, 3 * CELLS, 5 + CLASSES + 32))
    graph.output(graph.weighted(1, 32, 16, 16), "output1", (1, 32, 16, 16))
    return graph.save(path)


SAMPLES: dict[str, Callable[[Path], Path]] = {
    "table": partial(table_and_levels, with_levels=False),
    "table and levels": table_and_levels,
    "segment": with_masks,
    "raw": raw_levels,
    "raw, coarsest first": partial(raw_levels, order=(32, 16, 8)),
    "v6 with names": partial(one_a_cell, metadata=NAMES),
    "any size": partial(one_a_cell, metadata=NAMES, rows="anchors"),
}


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_three_classes_in_every_variant(sample: Callable[[Path], Path], tmp_path: Path) -> None:
    found = Head.match(inspect(sample(tmp_path / "m.onnx")))
    assert found is not None
    assert found.classes == CLASSES
    assert found.certainty == 2
    assert found.preprocessing.colour == "RGB"
    assert found.preprocessing.std == (255, 255, 255)
    assert found.preprocessing.fit is Fit.LETTERBOX_CENTRE


def test_one_prediction_a_cell_without_names_is_uncertain(tmp_path: Path) -> None:
    found = Head.match(inspect(one_a_cell(tmp_path / "m.onnx")))
    assert found is not None
    assert found.certainty == 1


def test_an_exponential_is_yolox_unless_this_head_is_asked_for(tmp_path: Path) -> None:
    graph = GraphBuilder((1, 3, SIDE, SIDE))
    centre, size = graph.weighted(1, CELLS, 2), graph.op("Exp", graph.weighted(1, CELLS, 2))
    boxes = graph.op("Mul", graph.op("Concat", centre, size, axis=2), graph.constant([8]))
    graph.output(graph.op("Concat", boxes, graph.weighted(1, CELLS, 4), axis=2), "outputs", (1, CELLS, 8))
    path = graph.save(tmp_path / "m.onnx")
    assert [found.head for found in matches(inspect(path), plugins.names(HEADS))] == ["yolox"]
    assert load_model(path, "yolov5").layout.preprocessing.colour == "RGB"


@pytest.mark.parametrize(("poolings", "anchors"), [(3, "yolov5"), (6, "yolov5"), (8, "yolov7")])
def test_pooling_layers_tell_whose_anchors(poolings: int, anchors: str, tmp_path: Path) -> None:
    found = Head.match(inspect(raw_levels(tmp_path / "m.onnx", poolings=poolings)))
    assert found is not None
    assert found.parameters["anchors"] == anchors
    assert any(anchors in sentence for sentence in found.assumed)
    assert "yolov7" in found.choices["anchors"]


def test_a_table_that_is_not_decoded_is_another_familys(tmp_path: Path) -> None:
    graph = GraphBuilder((1, 3, SIDE, SIDE))
    graph.output(graph.weighted(1, 3 * CELLS, 8), "output", (1, 3 * CELLS, 8))
    assert Head.match(inspect(graph.save(tmp_path / "m.onnx"))) is None


def test_raw_levels_give_what_the_graph_decodes(tmp_path: Path) -> None:
    path = table_and_levels(tmp_path / "m.onnx")
    with open_engine("onnxruntime", path) as engine:
        outputs = engine.run({"images": np.full((1, 3, SIDE, SIDE), 0.5, np.float32)})
    thresholds = Thresholds(confidence=0.3)
    table = Head(layout({"output": "output"})).decode(outputs, thresholds)
    raw = Head(layout({"levels": ["p8", "p16", "p32"], "anchors": "yolov5"})).decode(outputs, thresholds)
    assert len(table.confidence) > 5
    np.testing.assert_allclose(_rows(raw), _rows(table), rtol=1e-4, atol=1e-3)


@given(st.integers(0, 2**32 - 1), st.floats(0.05, 0.95))
def test_decode_equals_a_slow_computation(seed: int, threshold: float) -> None:
    table = np.random.default_rng(seed).random((3 * CELLS, 8)).astype(np.float32)
    expected = [box for row in table for box in _corners(row) if box[4] >= np.float32(threshold)]
    found = Head(layout({"output": "output"})).decode({"output": table[None]}, Thresholds(confidence=threshold))
    np.testing.assert_allclose(_rows(found), np.array(expected).reshape(-1, 6), rtol=1e-4, atol=1e-4)


@given(st.integers(0, 2**32 - 1), st.floats(0.05, 0.95))
def test_raw_decode_equals_a_slow_computation(seed: int, threshold: float) -> None:
    random = np.random.default_rng(seed)
    outputs, expected = {}, []
    for name, stride in zip(RAW["levels"], YOLOV5, strict=True):
        level = random.normal(0, 2, (1, 3, SIDE // stride, SIDE // stride, 8)).astype(np.float32)
        outputs[name] = level
        for (_, anchor, y, x), _ in np.ndenumerate(level[..., 0]):
            p = [1 / (1 + exp(-value)) for value in level[0, anchor, y, x]]
            w, h = YOLOV5[stride][2 * anchor : 2 * anchor + 2]
            row = [(2 * p[0] - 0.5 + x) * stride, (2 * p[1] - 0.5 + y) * stride, 4 * p[2] ** 2 * w, 4 * p[3] ** 2 * h]
            expected += [
                box for box in _corners([*row, *p[4:]]) if abs(box[4] - threshold) > 1e-6 and box[4] > threshold
            ]
    found = Head(layout(RAW)).decode(outputs, Thresholds(confidence=threshold))
    near = np.abs(found.confidence - threshold) <= 1e-6
    np.testing.assert_allclose(_rows(found)[~near], np.array(expected).reshape(-1, 6), rtol=1e-4, atol=1e-3)


def test_mask_factors_are_no_classes(tmp_path: Path) -> None:
    table = np.zeros((1, 3 * CELLS, 5 + CLASSES + 32), np.float32)
    table[0, 7, 4:8] = 1, 0.2, 0.8, 0.1
    table[0, 7, 8:] = 5
    found = Head(layout({"output": "output"})).decode({"output": table}, Thresholds())
    assert found.class_id.tolist() == [1]


def _corners(row: Sequence[float]) -> list[tuple[float, ...]]:
    x, y, w, h, objectness, *classes = row
    best = max(range(len(classes)), key=lambda c: classes[c])
    return [(x - w / 2, y - h / 2, x + w / 2, y + h / 2, objectness * classes[best], best)]


def _rows(found: Candidates) -> np.ndarray:
    return np.column_stack((found.xyxy, found.confidence, found.class_id))
