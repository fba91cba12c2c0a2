"""What the CPU detector does around its engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from onnx_graphs import GraphBuilder, foreign

from core.errors import LayoutUnknown
from core.types import NO_CLASS, ClassMap, Frame, Thresholds
from detector.cpu import CpuDetector
from detector.model import load_model
from detector.nms import MOST_CANDIDATES


@pytest.fixture(autouse=True)
def _threads_as_before() -> Iterator[None]:
    before = cv2.getNumThreads()
    yield
    cv2.setNumThreads(before)


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """A map of three classes, chosen in the graph."""
    graph = GraphBuilder((1, 3, 32, 32))
    best = graph.op("ArgMax", graph.weighted(1, 3, 32, 32), axis=1, keepdims=0)
    graph.output(best, "classes", (1, 32, 32), "int64")
    return graph.save(tmp_path / "m.onnx", {"names": "road,car,tree"})


def test_opencv_leaves_the_cores_to_onnx_runtime_and_has_them_for_itself(network: Path, tmp_path: Path) -> None:
    cv2.setNumThreads(-1)
    usual = cv2.getNumThreads()
    model = load_model(network)
    with CpuDetector(model, "onnxruntime"):
        assert cv2.getNumThreads() == 1
        with CpuDetector(model, "opencv_dnn"):
            assert cv2.getNumThreads() == usual
            with pytest.raises(LayoutUnknown):
                load_model(foreign(tmp_path / "foreign.onnx"))
            assert cv2.getNumThreads() == usual


def test_pixels_without_a_class_need_no_label(network: Path) -> None:
    with CpuDetector(load_model(network), "onnxruntime") as detector:
        detector.set_thresholds(Thresholds(classes=frozenset({1})))
        detector.submit(Frame.from_bgr(np.full((50, 90, 3), 100, np.uint8)))
        found = detector.collect().prediction
    assert isinstance(found, ClassMap)
    assert set(np.unique(found.class_id).tolist()) == {1, NO_CLASS}


def _table(path: Path) -> Path:
    """One class in the layout of YOLOv8: 80 x 80 + 40 x 40 + 20 x 20 equal boxes with a score of a half."""
    cells = 80 * 80 + 40 * 40 + 20 * 20
    graph = GraphBuilder((1, 3, 640, 640))
    nothing = graph.op("Mul", graph.weighted(1, 5, cells), graph.constant([0.0]))
    row = graph.constant(np.array([320, 320, 100, 100, 0.5]).reshape(1, 5, 1))
    graph.output(graph.op("Add", nothing, row), "output0", (1, 5, cells))
    return graph.save(path, {"names": "['cat']"})


@pytest.mark.parametrize(("confidence", "overlooked"), [(0.5, 8400 - MOST_CANDIDATES), (0.9, 0)])
def test_tells_how_many_candidates_were_overlooked(tmp_path: Path, confidence: float, overlooked: int) -> None:
    with CpuDetector(load_model(_table(tmp_path / "m.onnx")), "onnxruntime") as detector:
        detector.set_thresholds(Thresholds(confidence=confidence))
        detector.submit(Frame.from_bgr(np.full((50, 90, 3), 100, np.uint8)))
        assert detector.collect().overlooked == overlooked
