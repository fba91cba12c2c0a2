"""SSD offsets: recognised by boxes that nothing decodes, and decoded from their anchors by hand."""

from __future__ import annotations

from collections.abc import Callable
from math import exp
from pathlib import Path

import numpy as np
import pytest
from onnx_graphs import GraphBuilder

from core.errors import LayoutUnknown, ModelUnreadable, OutputInvalid
from core.types import Thresholds
from detector.engine import open_engine
from detector.head import Layout
from detector.heads.ssd_raw import Head
from onnxgraph.inspection import inspect

WIDTH, HEIGHT = 64, 48
BOXES = 75
ANCHORS = np.random.default_rng(3).uniform(0.1, 0.9, (BOXES, 4)).astype(np.float32)


def torch(path: Path, columns: int = 4) -> Path:
    """Class logits and offsets, with the anchors as a third output."""
    graph = GraphBuilder((1, 3, HEIGHT, WIDTH))
    graph.output(graph.weighted(1, BOXES, columns, scale=2), "scores", (1, BOXES, columns))
    graph.output(graph.weighted(1, BOXES, 4, scale=2), "locations", (1, BOXES, 4))
    graph.output(graph.constant(ANCHORS), "priors", (BOXES, 4))
    return graph.save(path)


def beside(path: Path) -> Path:
    """Probabilities and offsets; the anchors are in a file."""
    graph = GraphBuilder((1, 3, HEIGHT, WIDTH))
    graph.output(graph.weighted(1, BOXES, 4, scale=2), "boxes", (1, BOXES, 4))
    scores = graph.op("Softmax", graph.weighted(1, BOXES, 7, scale=2), axis=2)
    graph.output(scores, "scores", (1, BOXES, 7))
    np.savetxt(path.with_suffix(".anchors.txt"), ANCHORS)
    return graph.save(path)


def tensorflow(path: Path) -> Path:
    """What `export_tflite_ssd_graph.py` cuts off before its own suppression."""
    graph = GraphBuilder((1, HEIGHT, WIDTH, 3))
    graph.output(graph.weighted(1, BOXES, 4, scale=2), "raw_outputs/box_encodings", (1, BOXES, 4))
    scores = graph.op("Sigmoid", graph.weighted(1, BOXES, 5, scale=2))
    graph.output(scores, "raw_outputs/class_predictions", (1, BOXES, 5))
    graph.output(graph.constant(ANCHORS[None]), "anchors", (1, BOXES, 4))
    return graph.save(path, producer="tf2onnx")


SAMPLES: dict[str, Callable[[Path], Path]] = {
    "PyTorch": torch,
    "anchors beside": beside,
    "TensorFlow": tensorflow,
    "four columns": lambda path: torch(path, columns=4),
    "faces": lambda path: torch(path, columns=2),
}


def _layout(path: Path) -> Layout:
    layout = Head.match(inspect(path))
    assert layout is not None
    return layout


def _run(path: Path, shape: tuple[int, ...]) -> dict[str, np.ndarray]:
    with open_engine("onnxruntime", path) as engine:
        return engine.run({"images": np.full(shape, 0.3, np.float32)})


def _softmax(row: list[float]) -> list[float]:
    total = sum(exp(x) for x in row)
    return [exp(x) / total for x in row]


def _slowly(offsets: np.ndarray, scores: list[list[float]], yx: bool) -> list[tuple[float, ...]]:
    """One box after the other: TensorFlow divides by its scale factors 10 and 5, PyTorch multiplies by variances."""
    rows = []
    for offset, anchor, row in zip(offsets.tolist(), ANCHORS.tolist(), scores, strict=True):
        best = max(range(1, len(row)), key=row.__getitem__)
        if row[best] < 0.4:
            continue
        if yx:
            (ty, tx, th, tw), (ya, xa, ha, wa) = offset, anchor
            cy, cx, h, w = ty / 10 * ha + ya, tx / 10 * wa + xa, exp(th / 5) * ha, exp(tw / 5) * wa
        else:
            (tx, ty, tw, th), (xa, ya, wa, ha) = offset, anchor
            cx, cy, w, h = tx * 0.1 * wa + xa, ty * 0.1 * ha + ya, exp(tw * 0.2) * wa, exp(th * 0.2) * ha
        x0, y0, x1, y1 = cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2
        rows.append((x0 * WIDTH, y0 * HEIGHT, x1 * WIDTH, y1 * HEIGHT, row[best], best - 1))
    return rows


@pytest.mark.parametrize(
    ("sample", "boxes", "scores"),
    [
        ("PyTorch", "locations", "scores"),
        ("anchors beside", "boxes", "scores"),
        ("TensorFlow", "raw_outputs/box_encodings", "raw_outputs/class_predictions"),
    ],
)
def test_decode_equals_a_slow_computation(tmp_path: Path, sample: str, boxes: str, scores: str) -> None:
    path = SAMPLES[sample](tmp_path / "m.onnx")
    yx = sample == "TensorFlow"
    outputs = _run(path, (1, HEIGHT, WIDTH, 3) if yx else (1, 3, HEIGHT, WIDTH))
    rows = outputs[scores][0].tolist()
    expected = _slowly(outputs[boxes][0], [_softmax(row) for row in rows] if sample == "PyTorch" else rows, yx)
    layout = _layout(path)
    assert layout.classes == len(rows[0]) - 1
    assert 0 < len(expected) < BOXES
    found = Head(layout).decode(outputs, Thresholds(confidence=0.4))
    np.testing.assert_allclose(
        np.column_stack((found.xyxy, found.confidence, found.class_id)), expected, rtol=1e-4, atol=1e-3
    )


def test_anchors_that_are_nowhere_are_asked_for(tmp_path: Path) -> None:
    path = beside(tmp_path / "m.onnx")
    (tmp_path / "m.anchors.txt").unlink()
    with pytest.raises(LayoutUnknown, match=r"m\.anchors\.txt"):
        Head.match(inspect(path))


@pytest.mark.parametrize("text", ["0 0 1\n" * BOXES, "centre size\n"])
def test_wrong_anchors_are_named(tmp_path: Path, text: str) -> None:
    path = beside(tmp_path / "m.onnx")
    (tmp_path / "m.anchors.txt").write_text(text)
    with pytest.raises(ModelUnreadable, match="anchors"):
        Head(_layout(path))


def test_too_few_anchors_are_counted(tmp_path: Path) -> None:
    path = beside(tmp_path / "m.onnx")
    np.savetxt(tmp_path / "m.anchors.txt", ANCHORS[:-1])
    with pytest.raises(OutputInvalid, match="74 anchors for 75 boxes"):
        Head(_layout(path)).decode(_run(path, (1, 3, HEIGHT, WIDTH)), Thresholds())


def test_decoded_boxes_are_another_family(tmp_path: Path) -> None:
    graph = GraphBuilder((1, 3, HEIGHT, WIDTH))
    graph.output(graph.op("Exp", graph.weighted(1, BOXES, 4)), "boxes", (1, BOXES, 4))
    graph.output(graph.weighted(1, BOXES, 4), "scores", (1, BOXES, 4))
    assert Head.match(inspect(graph.save(tmp_path / "m.onnx"))) is None
