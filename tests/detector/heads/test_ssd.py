"""SSD decoded in the graph: recognised by its exporter's signs, decoded by hand, and faces found in real pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from onnx_graphs import GraphBuilder

from core.errors import ModelUnreadable
from core.types import Detections, Frame, Thresholds
from detector.cpu import CpuDetector
from detector.engine import open_engine
from detector.head import Layout
from detector.heads.ssd import Head
from detector.model import load_model
from detector.preprocessing import Fit
from onnxgraph.inspection import inspect

WIDTH, HEIGHT = 64, 48
BOXES = 75


def _corners(graph: GraphBuilder) -> str:
    """Offsets around the picture's centre through the exponential of the published decoding."""
    offsets, sizes = graph.weighted(1, BOXES, 2, scale=0.2), graph.op("Exp", graph.weighted(1, BOXES, 2, scale=0.5))
    centre = graph.op("Add", offsets, graph.constant(0.5))
    half = graph.op("Mul", sizes, graph.constant(0.1))
    return graph.op("Concat", graph.op("Sub", centre, half), graph.op("Add", centre, half), axis=2)


def torch(path: Path, columns: int = 4, softmax: bool = True) -> Path:
    graph = GraphBuilder((1, 3, HEIGHT, WIDTH))
    scores = graph.weighted(1, BOXES, columns, scale=2)
    graph.output(graph.op("Softmax", scores, axis=2) if softmax else scores, "scores", (1, BOXES, columns))
    graph.output(_corners(graph), "boxes", (1, BOXES, 4))
    return graph.save(path)


def tensorflow(path: Path) -> Path:
    graph = GraphBuilder((1, HEIGHT, WIDTH, 3), "uint8")
    graph.output(_corners(graph), "raw_detection_boxes", (1, BOXES, 4))
    scores = graph.op("Sigmoid", graph.weighted(1, BOXES, 5, scale=2))
    graph.output(scores, "raw_detection_scores", (1, BOXES, 5))
    return graph.save(path, producer="tf2onnx")


def without_background(path: Path) -> Path:
    graph = GraphBuilder((1, 3, HEIGHT, WIDTH))
    graph.output(_corners(graph), "boxes", (1, BOXES, 4))
    graph.output(graph.op("Sigmoid", graph.weighted(1, BOXES, 3)), "scores", (1, BOXES, 3))
    return graph.save(path)


SAMPLES: dict[str, Callable[[Path], Path]] = {
    "PyTorch": torch,
    "four columns beside four corners": lambda path: torch(path, columns=4),
    "logits": lambda path: torch(path, softmax=False),
    "TensorFlow": tensorflow,
    "sigmoids": without_background,
}


def _layout(path: Path) -> Layout:
    layout = Head.match(inspect(path))
    assert layout is not None
    return layout


def _run(path: Path, shape: tuple[int, ...], dtype: str) -> dict[str, np.ndarray]:
    with open_engine("onnxruntime", path) as engine:
        return engine.run({"images": np.full(shape, 3, dtype)})


def _slowly(boxes: np.ndarray, scores: np.ndarray, first: int, yx: bool) -> list[tuple[float, ...]]:
    rows = []
    for (a, b, c, d), row in zip(boxes.tolist(), scores.tolist(), strict=True):
        best = max(range(first, len(row)), key=row.__getitem__)
        if row[best] >= 0.5:
            x0, y0, x1, y1 = (b, a, d, c) if yx else (a, b, c, d)
            rows.append((x0 * WIDTH, y0 * HEIGHT, x1 * WIDTH, y1 * HEIGHT, row[best], best - first))
    return rows


@pytest.mark.parametrize(
    ("sample", "names", "first", "yx"),
    [
        ("PyTorch", ("boxes", "scores"), 1, False),
        ("TensorFlow", ("raw_detection_boxes", "raw_detection_scores"), 1, True),
        ("sigmoids", ("boxes", "scores"), 0, False),
    ],
)
def test_decode_equals_a_slow_computation(
    tmp_path: Path, sample: str, names: tuple[str, str], first: int, yx: bool
) -> None:
    path = SAMPLES[sample](tmp_path / "m.onnx")
    shape, dtype = ((1, HEIGHT, WIDTH, 3), "uint8") if yx else ((1, 3, HEIGHT, WIDTH), "float32")
    outputs = _run(path, shape, dtype)
    boxes, scores = (outputs[name][0] for name in names)
    expected = _slowly(boxes, scores, first, yx)
    layout = _layout(path)
    assert layout.classes == scores.shape[1] - first
    assert 0 < len(expected) < BOXES
    found = Head(layout).decode(outputs, Thresholds(confidence=0.5))
    np.testing.assert_allclose(
        np.column_stack((found.xyxy, found.confidence, found.class_id)), expected, rtol=1e-5, atol=1e-4
    )


def test_logits_are_turned_into_what_the_softmax_export_gives(tmp_path: Path) -> None:
    plain, softmax = torch(tmp_path / "a.onnx", softmax=False), torch(tmp_path / "b.onnx")
    tables = []
    for path in (plain, softmax):
        found = Head(_layout(path)).decode(_run(path, (1, 3, HEIGHT, WIDTH), "float32"), Thresholds(confidence=0.5))
        tables.append(np.column_stack((found.xyxy, found.confidence, found.class_id)))
    np.testing.assert_allclose(*tables, rtol=1e-5, atol=1e-5)


def test_description_chooses_the_order_of_axes(tmp_path: Path) -> None:
    path = torch(tmp_path / "m.onnx")
    path.with_suffix(".toml").write_text('[parameters]\norder = "yxyx"\n')
    assert load_model(path).layout.parameters["order"] == "yxyx"
    path.with_suffix(".toml").write_text('[parameters]\norder = "zzz"\n')
    with pytest.raises(ModelUnreadable, match="xyxy or yxyx"):
        load_model(path)


def test_labels_may_begin_with_the_background(tmp_path: Path) -> None:
    """As the labels.txt that jetson-inference writes beside its networks."""
    path = torch(tmp_path / "m.onnx")
    path.with_suffix(".toml").write_text('[model]\nlabels = "labels.txt"\n')
    (tmp_path / "labels.txt").write_text("BACKGROUND\ncat\ndog\nhen\n")
    assert load_model(path).labels == ("cat", "dog", "hen")


def test_one_box_for_each_cell_of_a_yolo_grid_is_not_ssd(tmp_path: Path) -> None:
    cells = 8 * 6 + 4 * 3 + 2 * 2
    graph = GraphBuilder((1, 3, HEIGHT, WIDTH))
    graph.output(graph.op("Mul", graph.weighted(1, cells, 4), graph.constant(8)), "boxes", (1, cells, 4))
    graph.output(graph.op("Sigmoid", graph.weighted(1, cells, 9)), "scores", (1, cells, 9))
    assert Head.match(inspect(graph.save(tmp_path / "m.onnx"))) is None


@pytest.mark.parametrize("columns", [(4, 5), (5, 4)])
def test_three_stacks_or_other_counts_are_not_ssd(tmp_path: Path, columns: tuple[int, int]) -> None:
    graph = GraphBuilder((1, 3, HEIGHT, WIDTH))
    graph.output(graph.op("Exp", graph.weighted(1, BOXES, 4)), "boxes", (1, BOXES, 4))
    graph.output(graph.op("Softmax", graph.weighted(1, BOXES, columns[0]), axis=2), "a", (1, BOXES, columns[0]))
    graph.output(graph.op("Softmax", graph.weighted(1, BOXES, columns[1]), axis=2), "b", (1, BOXES, columns[1]))
    assert Head.match(inspect(graph.save(tmp_path / "m.onnx"))) is None


def test_ultraface_is_told_by_its_number_of_boxes(shared: Path) -> None:
    model = load_model(shared / "data/models/ultraface_rfb_320.onnx")
    assert (model.labels, model.layout.parameters["order"], model.layout.certainty) == (("face",), "xyxy", 2)
    preprocessing = model.layout.preprocessing
    assert (preprocessing.width, preprocessing.height, preprocessing.fit) == (320, 240, Fit.STRETCH)
    assert (preprocessing.colour, preprocessing.mean[0], preprocessing.std[0]) == ("RGB", 127, 128)


@pytest.mark.parametrize(("picture", "faces"), [("000000005001", 14), ("000000064523", 11), ("000000020992", 1)])
def test_ultraface_finds_the_faces(shared: Path, picture: str, faces: int) -> None:
    """As many as were counted by eye in the drawn result, two more or less in the crowd."""
    import cv2

    frame = Frame.from_bgr(cv2.imread(str(shared / f"data/eval/images/{picture}.jpg")).astype(np.uint8, copy=False))
    with CpuDetector(load_model(shared / "data/models/ultraface_rfb_320.onnx"), "onnxruntime") as detector:
        detector.submit(frame)
        found = detector.collect().prediction
    assert isinstance(found, Detections)
    assert abs(len(found) - faces) <= faces // 7
    sides = found.xyxy[:, 2:] - found.xyxy[:, :2]
    assert (sides[:, 1] > 0.8 * sides[:, 0]).all(), "faces are upright"
