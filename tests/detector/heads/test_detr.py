"""RT-DETR and its kin: recognised in the three layouts, and decoded as the published postprocessing does."""

from __future__ import annotations

from collections.abc import Callable
from math import exp
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto
from onnx_graphs import GraphBuilder

from core.types import Detections, Frame, Thresholds
from detector.cpu import CpuDetector
from detector.engine import open_engine
from detector.head import Candidates, Layout
from detector.heads.detr import Head
from detector.model import load_model
from detector.preprocessing import Fit
from onnxgraph.inspection import inspect

WIDTH, HEIGHT = 96, 64
QUERIES = 40


def _transformer(columns: int, seed: int = 0, batch: int | None = 1) -> tuple[GraphBuilder, str, str]:
    """Queries after a layer normalisation; boxes through a sigmoid, class logits as they are."""
    graph = GraphBuilder((batch, 3, HEIGHT, WIDTH), seed=seed)
    random = np.random.default_rng(seed)
    queries = graph.op("LayerNormalization", graph.weighted(1, QUERIES, 8), graph.constant(np.ones(8)), axis=-1)
    boxes = graph.op("Sigmoid", graph.op("MatMul", queries, graph.constant(random.normal(0, 0.7, (8, 4)))))
    logits = graph.op("MatMul", queries, graph.constant(random.normal(0, 0.7, (8, columns))))
    return graph, boxes, logits


def pair(path: Path, columns: int = 80, names: tuple[str, str] = ("pred_logits", "pred_boxes")) -> Path:
    graph, boxes, logits = _transformer(columns)
    graph.output(logits, names[0], (1, QUERIES, columns))
    graph.output(boxes, names[1], (1, QUERIES, 4))
    return graph.save(path)


def open_sides(path: Path) -> Path:
    """As PyTorch exports RT-DETR with a free batch."""
    graph, boxes, logits = _transformer(80, batch=None)
    graph.output(logits, "logits", (None, None, 80))
    graph.output(boxes, "pred_boxes", (None, None, None))
    return graph.save(path)


def joined(path: Path) -> Path:
    graph, boxes, logits = _transformer(5)
    graph.output(graph.op("Concat", boxes, graph.op("Sigmoid", logits), axis=2), "output0", (1, QUERIES, 9))
    return graph.save(path, {"description": "Ultralytics rtdetr-l model trained on coco.yaml"})


def ranked(path: Path) -> Path:
    """The postprocessing of D-FINE and RT-DETR, node by node: corners times size, then the best query-class pairs."""
    graph, boxes, logits = _transformer(80)
    size = graph.add_input("orig_target_sizes", (1, 2), "int64")
    pixels = graph.op("Mul", _corners(graph, boxes), _repeated(graph, size))
    flat = graph.op("Reshape", graph.op("Sigmoid", logits), graph.constant([1, -1], "int64"))
    scores, index = graph.two("TopK", flat, graph.constant([QUERIES], "int64"))
    classes = graph.constant(80, "int64")
    query = graph.op("Reshape", graph.op("Div", index, classes), graph.constant([-1], "int64"))
    graph.output(graph.op("Mod", index, classes), "labels", (1, QUERIES), "int64")
    graph.output(graph.op("Gather", pixels, query, axis=1), "boxes", (1, QUERIES, 4))
    graph.output(scores, "scores", (1, QUERIES))
    return graph.save(path)


def _corners(graph: GraphBuilder, boxes: str) -> str:
    centre, size = (graph.op("Slice", boxes, *(graph.constant([v], "int64") for v in (a, a + 2, 2))) for a in (0, 2))
    half = graph.op("Mul", size, graph.constant(0.5))
    return graph.op("Concat", graph.op("Sub", centre, half), graph.op("Add", centre, half), axis=2)


def _repeated(graph: GraphBuilder, size: str) -> str:
    number = graph.op("Cast", size, to=TensorProto.FLOAT)
    return graph.op("Unsqueeze", graph.op("Concat", number, number, axis=1), graph.constant([1], "int64"))


SAMPLES: dict[str, Callable[[Path], Path]] = {
    "logits and boxes": pair,
    "own classes": lambda path: pair(path, columns=3),
    "COCO's ids": lambda path: pair(path, columns=91),
    "RF-DETR": lambda path: pair(path, columns=6, names=("labels", "dets")),
    "Ultralytics": joined,
    "ranked": ranked,
    "open sides": open_sides,
}


def _layout(path: Path) -> Layout:
    layout = Head.match(inspect(path))
    assert layout is not None
    return layout


def _run(path: Path, **others: np.ndarray) -> dict[str, np.ndarray]:
    with open_engine("onnxruntime", path) as engine:
        return engine.run({"images": np.full((1, 3, HEIGHT, WIDTH), 0.4, np.float32), **others})


def _table(found: Candidates) -> np.ndarray:
    return np.column_stack((found.xyxy, found.confidence, found.class_id))


def _slowly(boxes: np.ndarray, scores: np.ndarray, threshold: float) -> list[tuple[float, ...]]:
    """Each query by hand: its best class, and its box from centre and size."""
    rows = []
    for (cx, cy, w, h), row in zip(boxes.tolist(), scores.tolist(), strict=True):
        best = max(range(len(row)), key=row.__getitem__)
        if row[best] >= threshold:
            x0, y0, x1, y1 = (cx - w / 2) * WIDTH, (cy - h / 2) * HEIGHT, (cx + w / 2) * WIDTH, (cy + h / 2) * HEIGHT
            rows.append((x0, y0, x1, y1, row[best], best))
    return rows


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    return np.array([[1 / (1 + exp(-x)) for x in row] for row in logits.tolist()])


@pytest.mark.parametrize(("sample", "first", "last"), [("own classes", 0, 3), ("COCO's ids", 1, 91), ("RF-DETR", 0, 5)])
def test_decode_equals_a_slow_computation(tmp_path: Path, sample: str, first: int, last: int) -> None:
    path = SAMPLES[sample](tmp_path / "m.onnx")
    outputs = _run(path)
    boxes = next(values for values in outputs.values() if values.shape[2] == 4)[0]
    logits = next(values for values in outputs.values() if values.shape[2] != 4)[0]
    expected = _slowly(boxes, _sigmoid(logits[:, first:last]), 0.6)
    layout = _layout(path)
    assert layout.classes == last - first
    assert 0 < len(expected) < QUERIES or sample == "COCO's ids"
    found = Head(layout).decode(outputs, Thresholds(confidence=0.6))
    np.testing.assert_allclose(_table(found), expected, rtol=1e-4, atol=1e-4)


def test_one_output_for_all(tmp_path: Path) -> None:
    path = joined(tmp_path / "m.onnx")
    rows = _run(path)["output0"][0]
    found = Head(_layout(path)).decode({"output0": rows[None]}, Thresholds(confidence=0.6))
    np.testing.assert_allclose(_table(found), _slowly(rows[:, :4], rows[:, 4:], 0.6), rtol=1e-4, atol=1e-4)


def test_the_size_of_the_picture_is_a_constant_input(tmp_path: Path) -> None:
    model = load_model(ranked(tmp_path / "m.onnx"))
    (size,) = model.constants.items()
    assert (size[0], size[1].dtype, size[1].tolist()) == ("orig_target_sizes", np.int64, [[1, 1]])
    assert model.picture.name == "images"


def test_postprocessing_inside_gives_the_boxes_it_gives_for_the_frame_size(tmp_path: Path) -> None:
    path = ranked(tmp_path / "m.onnx")
    picture = np.full((200, 333, 3), 102, np.uint8)  # 0.4, as `_run` feeds
    asked = _run(path, orig_target_sizes=np.array([[333, 200]], np.int64))
    threshold = float(np.median(asked["scores"]))
    expected = [
        (*np.clip(box, 0, (333, 200, 333, 200)), score, label)
        for label, box, score in zip(asked["labels"][0], asked["boxes"][0], asked["scores"][0], strict=True)
        if score >= threshold
    ]
    with CpuDetector(load_model(path), "onnxruntime") as detector:
        detector.set_thresholds(Thresholds(confidence=threshold))
        detector.submit(Frame.from_bgr(picture))
        found = detector.collect().prediction
    assert isinstance(found, Detections)
    assert 0 < len(found) < QUERIES
    table = np.column_stack((found.xyxy, found.confidence, found.class_id))
    np.testing.assert_allclose(table, np.array(expected, float), rtol=1e-3, atol=1e-2)


@pytest.mark.parametrize(
    ("sample", "mean"), [("logits and boxes", 0.0), ("COCO's ids", 123.675), ("RF-DETR", 123.675), ("ranked", 0.0)]
)
def test_input_is_what_the_family_was_trained_with(tmp_path: Path, sample: str, mean: float) -> None:
    preprocessing = _layout(SAMPLES[sample](tmp_path / "m.onnx")).preprocessing
    assert (preprocessing.fit, preprocessing.colour, preprocessing.mean[0]) == (Fit.STRETCH, "RGB", mean)


def test_scores_that_passed_a_sigmoid_pass_no_second(tmp_path: Path) -> None:
    graph, boxes, logits = _transformer(4)
    graph.output(graph.op("Sigmoid", logits), "scores", (1, QUERIES, 4))
    graph.output(boxes, "boxes", (1, QUERIES, 4))
    path = graph.save(tmp_path / "m.onnx")
    outputs = _run(path)
    found = Head(_layout(path)).decode(outputs, Thresholds(confidence=0.6))
    np.testing.assert_allclose(
        found.confidence, outputs["scores"][0].max(axis=1)[outputs["scores"][0].max(axis=1) >= 0.6]
    )


def test_names_for_every_column_make_the_last_one_a_class(tmp_path: Path) -> None:
    graph, boxes, logits = _transformer(3)
    graph.output(boxes, "dets", (1, QUERIES, 4))
    graph.output(logits, "labels", (1, QUERIES, 3))
    assert _layout(graph.save(tmp_path / "m.onnx", {"names": "a,b,c"})).classes == 3


def test_decoded_boxes_without_attention_are_not_detr(tmp_path: Path) -> None:
    graph = GraphBuilder((1, 3, HEIGHT, WIDTH))
    graph.output(graph.op("Sigmoid", graph.weighted(1, QUERIES, 4)), "boxes", (1, QUERIES, 4))
    graph.output(graph.op("Softmax", graph.weighted(1, QUERIES, 6), axis=2), "scores", (1, QUERIES, 6))
    assert Head.match(inspect(graph.save(tmp_path / "m.onnx"))) is None


def test_a_second_input_that_is_no_size_is_refused(tmp_path: Path) -> None:
    graph, boxes, logits = _transformer(4)
    graph.output(graph.op("Mul", logits, graph.add_input("scale", (1, 1, 1))), "logits", (1, QUERIES, 4))
    graph.output(boxes, "boxes", (1, QUERIES, 4))
    assert Head.match(inspect(graph.save(tmp_path / "m.onnx"))) is None
