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
