"""What every detector promises, on a tiny network in the layout of YOLOv8."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from cuda_on_cpu import makers as cuda_on_cpu
from onnx_graphs import GraphBuilder

from core import plugins
from core.buffers import FrameBuffers
from core.errors import OutputInvalid
from core.types import Detections, Frame, Result, Thresholds
from detector.detector import ONE_AT_A_TIME, Detector, open_detector
from detector.engine import KINDS
from detector.model import load_model

BACKENDS = ("auto", *plugins.names(KINDS), cuda_on_cpu.NAME)
CELLS = 8 * 8 + 4 * 4 + 2 * 2
LOW = Thresholds(confidence=0.1, iou=1.0)


def tiny(path: Path, scale: float = 2.0) -> Path:
    """Boxes of 10 to 14 pixels about the middle of a 64 x 64 input, three classes."""
    graph = GraphBuilder((1, 3, 64, 64))
    boxes = graph.op("Add", graph.weighted(1, 4, CELLS), graph.constant(np.array([32, 32, 12, 12]).reshape(1, 4, 1)))
    scores = graph.op("Sigmoid", graph.weighted(1, 3, CELLS, scale=scale))
    graph.output(graph.op("Concat", boxes, scores, axis=1), "output0", (1, 7, CELLS))
    return graph.save(path, {"names": "['cat', 'dog', 'cow']"})


def record(network: Path, rows: np.ndarray) -> Path:
    """What the replay backend shall answer."""
    np.savez(network.with_suffix(".npz"), output0=rows.astype(np.float32))
    return network


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def network(tmp_path: Path) -> Path:
    rows = np.random.default_rng(0).random((1, 7, CELLS))
    rows[0, :4] += np.array([32, 32, 12, 12]).reshape(4, 1)
    return record(tiny(tmp_path / "m.onnx"), rows)


def opened_by(backend: str, network: Path) -> AbstractContextManager[Detector]:
    if backend == cuda_on_cpu.NAME:
        return cuda_on_cpu.cuda_detector(load_model(network))
    return open_detector(network, backend)


@pytest.fixture
def detector(backend: str, network: Path) -> Iterator[Detector]:
    with opened_by(backend, network) as opened:
        yield opened


def picture(width: int = 90, height: int = 50, value: int = 100) -> Frame:
    return Frame.from_bgr(np.full((height, width, 3), value, np.uint8))


def detect(detector: Detector, frame: Frame) -> tuple[Result, Detections]:
    detector.submit(frame)
    result = detector.collect()
    assert isinstance(result.prediction, Detections)
    return result, result.prediction


def test_says_what_runs(detector: Detector, backend: str) -> None:
    info = detector.info
    assert info.model == "m.onnx"
    assert info.head == "yolov8"
    assert info.backend == ("onnxruntime" if backend == "auto" else backend)
    assert detector.depth == info.depth == 1
    assert info.device
    assert (info.input_width, info.input_height) == (64, 64)
    assert info.labels == ("cat", "dog", "cow")
    assert info.precision == "FP32"


def test_a_result_carries_its_own_frame(detector: Detector) -> None:
    for index in range(3):
        frame = replace(picture(), index=index)
        result, _ = detect(detector, frame)
        assert result.frame is frame
        assert result.labels == detector.info.labels


def test_times_add_up_to_the_age(detector: Detector) -> None:
    frame = replace(picture(), captured_ns=time.perf_counter_ns() - 50_000_000)
    result, _ = detect(detector, frame)
    stages = result.stages
    assert stages.wait_ms >= 50
    assert min(stages.preprocess_ms, stages.inference_ms, stages.postprocess_ms) > 0
    total = stages.wait_ms + stages.preprocess_ms + stages.inference_ms + stages.postprocess_ms
    assert total == pytest.approx(result.age_ms, abs=1)


def test_boxes_are_in_frame_pixels_best_first(detector: Detector) -> None:
    detector.set_thresholds(LOW)
    for width, height in ((64, 64), (640, 360), (31, 77), (1, 1)):
        _, found = detect(detector, picture(width, height))
        assert len(found) > 10
        assert (found.xyxy >= 0).all()
        assert (found.xyxy <= (width, height, width, height)).all()
        assert (found.xyxy[:, 2:] >= found.xyxy[:, :2]).all()
        assert (np.diff(found.confidence) <= 0).all()
        centre = (found.xyxy[:, :2] + found.xyxy[:, 2:]).mean(axis=0) / 2
        np.testing.assert_allclose(centre, (width / 2, height / 2), atol=0.05 * max(width, height) + 0.5)


def test_the_same_frame_gives_the_same_boxes(detector: Detector) -> None:
    detector.set_thresholds(LOW)
    frame = picture()
    _, first = detect(detector, frame)
    detect(detector, picture(33, 44, 200))
    _, second = detect(detector, frame)
    np.testing.assert_array_equal(first.xyxy, second.xyxy)
    np.testing.assert_array_equal(first.confidence, second.confidence)


def test_thresholds_act_from_the_next_frame_on(detector: Detector) -> None:
    detector.set_thresholds(LOW)
    _, many = detect(detector, picture())
    detector.set_thresholds(replace(LOW, confidence=0.9))
    _, sure = detect(detector, picture())
    assert 0 < len(sure) == (many.confidence >= 0.9).sum() < len(many)
    detector.set_thresholds(replace(LOW, classes=frozenset({1})))
    _, dogs = detect(detector, picture())
    assert set(dogs.class_id.tolist()) == {1}
    detector.set_thresholds(replace(LOW, iou=0.0))
    _, apart = detect(detector, picture())
    assert len(apart) <= 3
    detector.set_thresholds(replace(LOW, max_detections=5))
    _, few = detect(detector, picture())
    np.testing.assert_array_equal(few.confidence, many.confidence[:5])


def test_classes_suppress_each_other_where_asked(detector: Detector) -> None:
    detector.set_thresholds(replace(LOW, iou=0.0, class_agnostic=True))
    _, one = detect(detector, picture())
    assert len(one) == 1


def test_does_not_write_into_the_frame(detector: Detector) -> None:
    frame = picture()
    frame.planes[0].flags.writeable = False
    detect(detector, frame)


def test_opens_again(backend: str, network: Path) -> None:
    opening = opened_by(backend, network)
    for _ in range(2):
        with opening as detector:
            detect(detector, picture())


def test_lends_buffers_for_frames(detector: Detector) -> None:
    for wanted in detector.formats:
        planes = FrameBuffers().take(wanted, 90, 50)
        detect(detector, Frame(planes, 90, 50, 0, time.perf_counter_ns(), format=wanted))


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (np.full((1, 7, CELLS), np.nan), "NaN"),
        (np.full((1, 7, CELLS), np.inf), "not finite"),
        (np.ones((1, 7, 3)), "1x7x3 .* instead of 1x7x84"),
    ],
    ids=["nan", "infinite", "shape"],
)
def test_nonsense_is_refused(tmp_path: Path, rows: np.ndarray, words: str) -> None:
    network = record(tiny(tmp_path / "m.onnx"), rows)
    with open_detector(network, "replay") as detector:
        detector.submit(picture())
        with pytest.raises(OutputInvalid, match=words):
            detector.collect()


def test_two_frames_under_way_need_a_gpu(network: Path) -> None:
    with open_detector(network, "onnxruntime", depth=2) as detector:
        assert detector.depth == 1
        assert detector.info.notes[-1] == ONE_AT_A_TIME
