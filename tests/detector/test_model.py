"""A model from graph and description: who wins, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx_graphs import GraphBuilder, foreign

from core.errors import LayoutAmbiguous, LayoutUnknown, ModelUnreadable, UsageError
from core.settings import BUILT_IN
from core.types import Thresholds
from detector.model import load_model
from detector.preprocessing import Fit, Preprocessing

CELLS = 8 * 8 + 4 * 4 + 2 * 2


def network(folder: Path, classes: int = 3, size: tuple[int | str, int | str] = (64, 64), **metadata: str) -> Path:
    """In the layout of YOLOv8."""
    graph = GraphBuilder((1, 3, *size))
    boxes = graph.op("Add", graph.weighted(1, 4, CELLS), graph.constant(np.full((1, 4, 1), 30)))
    scores = graph.op("Sigmoid", graph.weighted(1, classes, CELLS))
    count = CELLS if size == (64, 64) else None
    graph.output(graph.op("Concat", boxes, scores, axis=1), "output0", (1, 4 + classes, count))
    return graph.save(folder / "m.onnx", metadata)


def describe(folder: Path, text: str) -> None:
    (folder / "m.toml").write_text(text)


def test_the_built_in_network() -> None:
    model = load_model(BUILT_IN)
    assert model.layout.head == "yolov8"
    assert model.labels == ("person", "bicycle", "car", "motorcycle", "bus", "truck", "cat", "dog")
    assert model.thresholds == Thresholds(confidence=0.4, iou=0.55)
    assert model.layout.preprocessing == Preprocessing(320, 320, Fit.LETTERBOX_CENTRE, "RGB")
    assert model.notes == ()


def test_without_a_description_the_graph_speaks(tmp_path: Path) -> None:
    model = load_model(network(tmp_path, names="{0: 'cat', 1: 'dog', 2: 'cow'}"))
    assert model.labels == ("cat", "dog", "cow")
    assert model.description is None
    assert (model.thresholds.confidence, model.thresholds.iou) == (model.layout.confidence, model.layout.iou)


def test_the_description_overrides_the_graph(tmp_path: Path) -> None:
    path = network(tmp_path, names="['cat', 'dog', 'cow']")
    describe(
        tmp_path,
        "[model]\nlabels = ['x', 'y', 'z']\nconfidence = 0.7\n"
        "[input]\nfit = 'stretch'\ncolour = 'BGR'\nmean = [1, 2, 3]\nstd = [4, 5, 6]\npad = 7",
    )
    model = load_model(path)
    assert model.labels == ("x", "y", "z")
    assert model.thresholds.confidence == 0.7
    assert model.thresholds.iou == model.layout.iou
    assert model.layout.preprocessing == Preprocessing(64, 64, Fit.STRETCH, "BGR", (1, 2, 3), (4, 5, 6), 7)


@pytest.mark.parametrize(("classes", "first"), [(80, "person"), (20, "aeroplane"), (7, "class 0")])
def test_labels_by_number_are_said_to_be_assumed(tmp_path: Path, classes: int, first: str) -> None:
    model = load_model(network(tmp_path, classes))
    assert model.labels[0] == first
    assert len(model.labels) == classes
    assert any(str(classes) in note for note in model.notes)


def test_names_in_the_file_that_do_not_fit_are_passed_over(tmp_path: Path) -> None:
    model = load_model(network(tmp_path, names="['cat', 'dog']"))
    assert model.labels == ("class 0", "class 1", "class 2")
    assert any("2 classes" in note for note in model.notes)


def test_labels_from_a_file_beside(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("x\ny\nz\n")
    path = network(tmp_path)
    describe(tmp_path, "[model]\nlabels = 'names.txt'")
    assert load_model(path).labels == ("x", "y", "z")


def test_a_wrong_label_count_is_refused(tmp_path: Path) -> None:
    path = network(tmp_path)
    describe(tmp_path, "[model]\nlabels = ['x', 'y']")
    with pytest.raises(ModelUnreadable, match="name 2 classes and the network has 3"):
        load_model(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[input]\nwidth = 128", "another size than the network's 64x64"),
        ("[input]\ncolour = 'GREY'", "asks for GREY and the network takes RGB"),
        ("[parameters]\nanchors = 3", "no choice of the head 'yolov8'"),
    ],
)
def test_what_the_network_cannot_do_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = network(tmp_path)
    describe(tmp_path, text)
    with pytest.raises(ModelUnreadable, match=words):
        load_model(path)


def test_a_free_size_can_be_fixed(tmp_path: Path) -> None:
    path = network(tmp_path, size=("height", "width"))
    assert load_model(path).layout.preprocessing.step == 32
    describe(tmp_path, "[input]\nwidth = 128\nheight = 96")
    fixed = load_model(path).layout.preprocessing
    assert (fixed.width, fixed.height, fixed.step) == (128, 96, None)


def test_a_uint8_network_has_no_mean(tmp_path: Path) -> None:
    graph = GraphBuilder((1, 64, 64, 3), "uint8")
    graph.output(graph.op("Sigmoid", graph.weighted(1, 7, CELLS)), "output0", (1, 7, CELLS))
    path = graph.save(tmp_path / "m.onnx")
    assert load_model(path, "yolov8").layout.preprocessing.std == (1, 1, 1)
    describe(tmp_path, "[input]\nstd = 255")
    with pytest.raises(ModelUnreadable, match="uint8"):
        load_model(path, "yolov8")


def test_head_is_chosen_before_the_description(tmp_path: Path) -> None:
    path = network(tmp_path)
    describe(tmp_path, "[model]\nhead = 'yolox'")
    with pytest.raises(LayoutUnknown, match="'yolox' does not fit"):
        load_model(path)
    assert load_model(path, "yolov8").layout.head == "yolov8"


def test_a_head_that_does_not_fit_names_those_that_do(tmp_path: Path) -> None:
    with pytest.raises(LayoutUnknown, match=r"'yolox' does not fit m\.onnx .*1x7x84.*Heads that fit: yolov8\."):
        load_model(network(tmp_path), "yolox")


def test_a_head_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no 'yolo' among the heads"):
        load_model(network(tmp_path), "yolo")


def test_several_heads_that_fit_are_named(tmp_path: Path) -> None:
    """[1, N, 7] without names may be 4 + 3 (YOLOv8 transposed) or 5 + 2 (YOLOv6)."""
    graph = GraphBuilder((1, 3, 64, 64))
    boxes = graph.op("Sub", graph.weighted(1, CELLS, 4), graph.constant(np.full((1, 1, 4), 3)))
    table = graph.op("Concat", boxes, graph.op("Sigmoid", graph.weighted(1, CELLS, 3)), axis=2)
    graph.output(table, "output0", (1, CELLS, 7))
    with pytest.raises(LayoutAmbiguous, match=r"yolov5, yolov8.*--head"):
        load_model(graph.save(tmp_path / "m.onnx"))


def test_no_head_fits(tmp_path: Path) -> None:
    graph = GraphBuilder((1, 3, 64, 64))
    graph.output(graph.weighted(2, 3, 4, 5, 6), "odd", (2, 3, 4, 5, 6))
    with pytest.raises(LayoutUnknown, match=r"images 1x3x64x64 float32; outputs: odd 2x3x4x5x6.*Heads that fit: none"):
        load_model(graph.save(tmp_path / "m.onnx"))


def test_operators_of_others_are_named_where_no_head_fits(tmp_path: Path) -> None:
    with pytest.raises(LayoutUnknown, match="function/op of ONNX: Teleport"):
        load_model(foreign(tmp_path / "m.onnx"))


def test_precision_is_read_off_the_graph(tmp_path: Path) -> None:
    assert load_model(network(tmp_path)).precision == "FP32"
    graph = GraphBuilder((1, 3, 64, 64), "float16")
    graph.output(graph.op("Sigmoid", graph.weighted(1, 7, CELLS)), "output0", (1, 7, CELLS))
    assert load_model(graph.save(tmp_path / "h.onnx"), "yolov8").precision == "FP16"


def test_networks_of_others(shared: Path) -> None:
    models = shared / "data" / "models"
    assert load_model(models / "yolov8n_int8_640.onnx").precision == "INT8"
    assert load_model(models / "yolox_nano_416.onnx").layout.head == "yolox"
    with pytest.raises(LayoutUnknown, match=r"function/op of ONNX: .*DecodeImage"):
        load_model(models / "notdet_needs_custom_ops.onnx")
    with pytest.raises(LayoutUnknown, match="config 3 float32"):
        load_model(models / "notdet_nms_two_inputs.onnx")
