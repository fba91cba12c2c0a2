"""Detectors with their suppression inside: roles found whatever the names, both conventions read by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import onnx
import onnx.utils
import pytest
from onnx_graphs import GraphBuilder

from core.types import Thresholds
from detector.engine import open_engine
from detector.head import Layout
from detector.heads.tf_od import Head
from detector.model import load_model
from onnxgraph.inspection import inspect

WIDTH, HEIGHT = 64, 48
ROWS, FOUND = 12, 9
TENSORFLOW = ("num_detections", "detection_boxes", "detection_scores", "detection_classes")
EFFICIENT = ("num_dets", "det_boxes", "det_scores", "det_classes")


def _detections(graph: GraphBuilder, scale: Sequence[float], classes: int, first: int) -> tuple[str, str, str, str]:
    """Number, boxes, scores and whole class ids that depend on the picture."""
    corner, size = (graph.op("Sigmoid", graph.weighted(1, ROWS, 2)) for _ in range(2))
    boxes = graph.op("Concat", corner, graph.op("Add", corner, graph.op("Mul", size, graph.constant(0.3))), axis=2)
    ids = graph.op("Floor", graph.op("Mul", graph.op("Sigmoid", graph.weighted(1, ROWS)), graph.constant(classes)))
    return (
        graph.constant([FOUND]),
        graph.op("Mul", boxes, graph.constant(scale)),
        graph.op("Sigmoid", graph.weighted(1, ROWS)),
        graph.op("Add", ids, graph.constant(first)),
    )


def tensorflow(
    path: Path, names: Sequence[str] = TENSORFLOW, order: Sequence[int] = (0, 1, 2, 3), free: bool = False
) -> Path:
    graph = GraphBuilder((1, None, None, 3) if free else (1, HEIGHT, WIDTH, 3), "uint8")
    tensors = _detections(graph, [1, 1, 1, 1], 90, 1)
    shapes = [(1,), (1, ROWS, 4), (1, ROWS), (1, ROWS)]
    for index in order:
        graph.output(tensors[index], names[index], shapes[index])
    return graph.save(path, producer="tf2onnx")


def all_eight(path: Path) -> Path:
    """The TensorFlow 2 exporter's eight outputs, in its order."""
    graph = GraphBuilder((1, None, None, 3), "uint8")
    number, boxes, scores, classes = _detections(graph, [1, 1, 1, 1], 6, 1)
    graph.output(graph.weighted(1, ROWS), "detection_anchor_indices", (1, ROWS))
    graph.output(boxes, "detection_boxes", (1, ROWS, 4))
    graph.output(classes, "detection_classes", (1, ROWS))
    graph.output(graph.weighted(1, ROWS, 7), "detection_multiclass_scores", (1, ROWS, 7))
    graph.output(scores, "detection_scores", (1, ROWS))
    graph.output(number, "num_detections", (1,))
    graph.output(graph.op("Exp", graph.weighted(1, 50, 4)), "raw_detection_boxes", (1, 50, 4))
    graph.output(graph.op("Sigmoid", graph.weighted(1, 50, 7)), "raw_detection_scores", (1, 50, 7))
    return graph.save(path, producer="tf2onnx")


def efficient(path: Path, names: Sequence[str] = EFFICIENT) -> Path:
    graph = GraphBuilder((1, 3, HEIGHT, WIDTH))
    number, boxes, scores, classes = _detections(graph, [WIDTH, HEIGHT, WIDTH, HEIGHT], 80, 0)
    count = graph.op("Reshape", graph.op("Cast", number, to=6), graph.constant([1, 1], "int64"))
    graph.output(count, names[0], (1, 1), "int32")
    graph.output(boxes, names[1], (1, ROWS, 4))
    graph.output(scores, names[2], (1, ROWS))
    graph.output(graph.op("Cast", classes, to=6), names[3], (1, ROWS), "int32")
    return graph.save(path)


SAMPLES: dict[str, Callable[[Path], Path]] = {
    "TensorFlow 1": tensorflow,
    "TensorFlow 2": all_eight,
    "any size": lambda path: tensorflow(path, free=True),
    "names of the graph": lambda path: tensorflow(path, names=[f"graph/{name}:0" for name in TENSORFLOW]),
    "no names": lambda path: tensorflow(
        path, names=["Identity_3", "Identity", "Identity_2", "Identity_1"], order=(1, 3, 2, 0)
    ),
    "EfficientNMS": efficient,
    "MMYOLO": lambda path: efficient(path, names=("num_dets", "boxes", "scores", "labels")),
}


def _layout(path: Path) -> Layout:
    layout = Head.match(inspect(path))
    assert layout is not None
    return layout


def _run(path: Path, dtype: str) -> dict[str, np.ndarray]:
    shape = (1, HEIGHT, WIDTH, 3) if dtype == "uint8" else (1, 3, HEIGHT, WIDTH)
    with open_engine("onnxruntime", path) as engine:
        return engine.run({"images": np.full(shape, 3, dtype)})


def _table(path: Path, outputs: dict[str, np.ndarray], threshold: float = 0.5) -> np.ndarray:
    found = Head(_layout(path)).decode(outputs, Thresholds(confidence=threshold))
    return np.column_stack((found.xyxy, found.confidence, found.class_id))


def test_tensorflow_boxes_are_y_before_x_and_ids_start_at_one(tmp_path: Path) -> None:
    path = tensorflow(tmp_path / "m.onnx")
    outputs = _run(path, "uint8")
    _, boxes, scores, classes = (outputs[name][0] for name in TENSORFLOW)
    expected = [
        (x0 * WIDTH, y0 * HEIGHT, x1 * WIDTH, y1 * HEIGHT, scores[i], classes[i] - 1)
        for i, (y0, x0, y1, x1) in enumerate(boxes.tolist())
        if i < FOUND and scores[i] >= 0.5
    ]
    assert 0 < len(expected) < FOUND
    np.testing.assert_allclose(_table(path, outputs), expected, rtol=1e-5)


def test_efficient_nms_boxes_are_pixels_and_ids_start_at_zero(tmp_path: Path) -> None:
    path = efficient(tmp_path / "m.onnx")
    outputs = _run(path, "float32")
    boxes, scores, classes = (outputs[name][0] for name in EFFICIENT[1:])
    expected = [(*boxes[i], scores[i], classes[i]) for i in range(FOUND) if scores[i] >= 0.5]
    np.testing.assert_allclose(_table(path, outputs), np.array(expected, float), rtol=1e-5)


@pytest.mark.parametrize("sample", ["no names", "names of the graph"])
def test_roles_are_found_under_other_names(tmp_path: Path, sample: str) -> None:
    plain, other = tensorflow(tmp_path / "a.onnx"), SAMPLES[sample](tmp_path / "b.onnx")
    tables = [_table(path, _run(path, "uint8")) for path in (plain, other)]
    np.testing.assert_array_equal(*tables)


def test_names_that_lie_about_shapes_are_not_believed(tmp_path: Path) -> None:
    """TensorFlow Lite's converter is known to swap them."""
    lying = ("detection_scores", "num_detections", "detection_boxes", "detection_classes")
    plain, swapped = tensorflow(tmp_path / "a.onnx"), tensorflow(tmp_path / "b.onnx", names=lying)
    np.testing.assert_array_equal(_table(plain, _run(plain, "uint8")), _table(swapped, _run(swapped, "uint8")))


def test_ids_of_tensorflow_lite_start_at_zero(tmp_path: Path) -> None:
    names = [f"TFLite_Detection_PostProcess{end}" for end in (":3", "", ":2", ":1")]
    plain, lite = tensorflow(tmp_path / "a.onnx"), tensorflow(tmp_path / "b.onnx", names=names, order=(1, 3, 2, 0))
    tables = [_table(path, _run(path, "uint8"), threshold=0) for path in (plain, lite)]
    np.testing.assert_array_equal(tables[0][:, 5] + 1, tables[1][:, 5])


def test_number_of_classes_comes_from_the_raw_scores(tmp_path: Path) -> None:
    assert _layout(all_eight(tmp_path / "m.onnx")).classes == 6


@pytest.mark.parametrize(("sample", "first", "last"), [(tensorflow, 90, "toothbrush"), (efficient, 80, "toothbrush")])
def test_coco_is_assumed_where_nothing_tells(
    tmp_path: Path, sample: Callable[[Path], Path], first: int, last: str
) -> None:
    model = load_model(sample(tmp_path / "m.onnx"))
    assert (len(model.labels), model.labels[0], model.labels[-1]) == (first, "person", last)
    assert any("COCO" in note for note in model.notes)


def test_own_labels_may_be_of_any_number(tmp_path: Path) -> None:
    path = tensorflow(tmp_path / "m.onnx")
    path.with_suffix(".toml").write_text('[model]\nlabels = ["cat", "dog"]\n')
    assert load_model(path).labels == ("cat", "dog")


def test_input_bytes_reach_the_network_as_they_are(tmp_path: Path) -> None:
    preprocessing = _layout(tensorflow(tmp_path / "m.onnx")).preprocessing
    assert (preprocessing.layout, preprocessing.dtype, preprocessing.std[0]) == ("NHWC", "uint8", 1)


def test_four_other_outputs_are_not_detections(tmp_path: Path) -> None:
    graph = GraphBuilder((1, 3, HEIGHT, WIDTH))
    for name, shape in (("a", (1, ROWS, 4)), ("b", (1, ROWS)), ("c", (1, ROWS)), ("d", (1, ROWS))):
        graph.output(graph.weighted(*shape), name, shape)
    assert Head.match(inspect(graph.save(tmp_path / "m.onnx"))) is None


def test_the_outputs_before_the_suppression_are_a_network_for_the_gpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    advice = load_model(all_eight(tmp_path / "net.onnx")).layout.only_on_cpu
    monkeypatch.chdir(tmp_path)
    eval(advice.partition("cut it off with ")[2], {"onnx": onnx})
    cut = load_model(tmp_path / "net_raw.onnx")
    assert cut.layout.head == "ssd"
    assert cut.head(cut.layout.preprocessing).kernel_calls()


def test_where_nothing_before_the_suppression_is_exported(tmp_path: Path) -> None:
    assert "export it without" in load_model(efficient(tmp_path / "net.onnx")).layout.only_on_cpu
