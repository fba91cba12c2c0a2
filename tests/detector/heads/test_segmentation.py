"""Segmentation: maps told from detectors' levels, arg max by hand, road and lanes found in a real picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from onnx_graphs import GraphBuilder

from core.types import NO_CLASS, ClassMap, Frame, Thresholds
from detector.cpu import CpuDetector
from detector.head import Layout
from detector.heads.segmentation import Head
from detector.letterbox import geometry
from detector.model import load_model
from detector.preprocessing import Fit
from onnxgraph.inspection import inspect

WIDTH, HEIGHT = 64, 32


def scores(path: Path, *shape: int) -> Path:
    graph = GraphBuilder((1, 3, HEIGHT, WIDTH))
    graph.output(graph.weighted(*shape), "logits", shape)
    return graph.save(path)


def chosen(path: Path, *shape: int, names: str = "") -> Path:
    graph = GraphBuilder((1, 3, HEIGHT, WIDTH))
    best = graph.op("ArgMax", graph.weighted(1, 5, *shape[-2:]), axis=1, keepdims=int(len(shape) == 4))
    graph.output(best, "classes", shape, "int64")
    return graph.save(path, {"names": names} if names else None)


def two_maps(path: Path, sizes: Sequence[tuple[int, int]] = ((HEIGHT, WIDTH), (HEIGHT, WIDTH))) -> Path:
    graph = GraphBuilder((1, 3, HEIGHT, WIDTH))
    for name, size in zip(("drivable_area", "lanes"), sizes, strict=True):
        graph.output(graph.weighted(1, 2, *size), name, (1, 2, *size))
    return graph.save(path)


SAMPLES: dict[str, Callable[[Path], Path]] = {
    "channels first": lambda path: scores(path, 1, 19, HEIGHT, WIDTH),
    "at an eighth": lambda path: scores(path, 1, 19, HEIGHT // 8, WIDTH // 8),
    "channels last": lambda path: scores(path, 1, HEIGHT, WIDTH, 21),
    "chosen": lambda path: chosen(path, 1, HEIGHT, WIDTH),
    "chosen, one channel": lambda path: chosen(path, 1, 1, HEIGHT, WIDTH, names="a,b,c,d,e"),
    "two maps": two_maps,
}


def _layout(path: Path) -> Layout:
    layout = Head.match(inspect(path))
    assert layout is not None
    return layout


def _decode(path: Path, kept: frozenset[int] | None = None, **outputs: np.ndarray) -> np.ndarray:
    """In a frame of the input's size."""
    layout = _layout(path)
    segments = Head(layout).decode(outputs, Thresholds(classes=kept))
    return segments.in_frame(geometry(WIDTH, HEIGHT, layout.preprocessing)).class_id


@pytest.mark.parametrize("last", [False, True])
def test_best_class_of_each_pixel_the_lower_on_ties(tmp_path: Path, last: bool) -> None:
    values = np.random.default_rng(1).integers(0, 6, (1, 19, HEIGHT, WIDTH)).astype(np.float32)
    shape = (1, HEIGHT, WIDTH, 19) if last else values.shape
    found = _decode(scores(tmp_path / "m.onnx", *shape), logits=values.transpose(0, 2, 3, 1) if last else values)
    for y in range(HEIGHT):
        for x in range(WIDTH):
            pixel = values[0, :, y, x].tolist()
            assert found[y, x] == pixel.index(max(pixel))


def test_square_maps_of_many_classes_keep_their_axes(tmp_path: Path) -> None:
    path = scores(tmp_path / "m.onnx", 1, HEIGHT, WIDTH, 64)
    assert _layout(path).parameters["axes"] == [3]


@pytest.mark.parametrize("shape", [(1, HEIGHT, WIDTH), (1, 1, HEIGHT, WIDTH)])
def test_classes_chosen_in_the_graph_pass_through(tmp_path: Path, shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(2).integers(0, 200, shape)
    np.testing.assert_array_equal(
        _decode(chosen(tmp_path / "m.onnx", *shape), classes=values), values[0].reshape(32, 64)
    )


def test_later_maps_lie_over_earlier_ones(tmp_path: Path) -> None:
    """Foreground of area, lanes, both, none: by hand."""
    area, lanes = np.zeros((2, 1, 2, HEIGHT, WIDTH), np.float32)
    area[0, 1, :10], lanes[0, 1, 5:20] = 1, 1
    found = _decode(two_maps(tmp_path / "m.onnx"), drivable_area=area, lanes=lanes)
    assert [found[y, 0] for y in (0, 4, 5, 9, 10, 19, 20, 31)] == [1, 1, 2, 2, 2, 2, 0, 0]
    assert _layout(tmp_path / "m.onnx").labels == ("background", "drivable area", "lanes")


def test_classes_that_are_not_kept_are_no_class(tmp_path: Path) -> None:
    values = np.random.default_rng(2).integers(0, 5, (1, HEIGHT, WIDTH))
    found = _decode(chosen(tmp_path / "m.onnx", 1, HEIGHT, WIDTH), frozenset({1, 3, 999, -1}), classes=values)
    np.testing.assert_array_equal(found, np.where(np.isin(values[0], (1, 3)), values[0], NO_CLASS))


def test_a_map_that_is_not_kept_covers_no_other(tmp_path: Path) -> None:
    area, lanes = np.zeros((2, 1, 2, HEIGHT, WIDTH), np.float32)
    area[0, 1, :10], lanes[0, 1, 5:20] = 1, 1
    found = _decode(two_maps(tmp_path / "m.onnx"), frozenset({1}), drivable_area=area, lanes=lanes)
    assert [found[y, 0] for y in (0, 9, 10, 31)] == [1, 1, NO_CLASS, NO_CLASS]


@pytest.mark.parametrize(
    "shape",
    [
        (1, 85, HEIGHT // 16, WIDTH // 16),  # a detector's level
        (1, 19, HEIGHT, HEIGHT),  # another shape than the picture's
        (1, 1, HEIGHT, WIDTH),  # depth, saliency
        (1, 300, HEIGHT, WIDTH),  # features
        (1, HEIGHT, WIDTH),
    ],
)
def test_other_maps_are_not_segmentation(tmp_path: Path, shape: tuple[int, ...]) -> None:
    assert Head.match(inspect(scores(tmp_path / "m.onnx", *shape))) is None


def test_levels_of_different_sizes_are_not_segmentation(tmp_path: Path) -> None:
    path = two_maps(tmp_path / "m.onnx", sizes=((HEIGHT // 4, WIDTH // 4), (HEIGHT // 8, WIDTH // 8)))
    assert Head.match(inspect(path)) is None


def test_prototypes_beside_boxes_are_not_segmentation(tmp_path: Path) -> None:
    graph = GraphBuilder((1, 3, HEIGHT, WIDTH))
    graph.output(graph.weighted(1, 40, 42), "output0", (1, 40, 42))
    graph.output(graph.weighted(1, 32, 8, 16), "output1", (1, 32, 8, 16))
    assert Head.match(inspect(graph.save(tmp_path / "m.onnx"))) is None


def test_fastestdet_is_not_segmentation(shared: Path) -> None:
    for name in ("fastestdet_352", "yolo_fastestv2_352", "yolo_fastestv2_raw_352"):
        assert Head.match(inspect(shared / f"data/models/{name}.onnx")) is None


def test_road_and_lanes_of_a_highway(shared: Path) -> None:
    """Where they were seen to lie in the drawn result: road ahead, its left line, sky above."""
    import cv2

    video = cv2.VideoCapture(str(shared / "data/videos/highway_day_1280x720.mp4"))
    frame = Frame.from_bgr(video.read()[1].astype(np.uint8, copy=False))
    model = load_model(shared / "data/models/twinlitenet_320.onnx")
    assert (model.layout.preprocessing.fit, model.layout.preprocessing.std[0]) == (Fit.STRETCH, 255)
    with CpuDetector(model, "onnxruntime") as detector:
        detector.submit(frame)
        found = detector.collect().prediction
    assert isinstance(found, ClassMap)
    assert found.class_id.shape == (720, 1280)
    assert not found.class_id[:300].any()
    ahead = found.class_id[500:650, 550:850]
    assert (ahead == 1).mean() > 0.8
    assert 0.005 < (found.class_id == 2).mean() < 0.05
