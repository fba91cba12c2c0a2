"""The detector on a real GPU, with every runtime that can run there: the CPU's answers, and nothing that grows."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from detecting import LOW, NETWORKS, any_size, assert_alike, detect, frame, tiny

from core.buffers import FrameBuffers
from core.pixels import PixelFormat
from core.types import Classification, ClassMap, Detections, Frame
from detector.backends import FASTEST_FIRST
from detector.cpu import CpuDetector
from detector.cuda.detector import CudaDetector, Makers
from detector.cuda.driver import Device, why_no_device
from detector.cuda.engine import open_engine, unavailable, unready
from detector.model import Model, load_model
from selftest.choice import pooled

pytestmark = pytest.mark.skipif(why_no_device() is not None, reason=why_no_device() or "")

SHARE = 0.995  # of boxes that are the same
IOU, SCORE = 0.99, 1e-3
VIDEOS = ("urban_pedestrians_1280x720", "highway_day_1280x720")
FRAMES = 30  # of each
MANY = 2000
MOST_GROWTH = 4 << 20  # bytes


@pytest.fixture(params=FASTEST_FIRST)
def backend(request: pytest.FixtureRequest) -> str:
    if reason := unavailable(request.param):
        pytest.skip(reason)
    return str(request.param)


@pytest.fixture
def model(tmp_path: Path) -> Model:
    return tiny(tmp_path / "m.onnx")


@pytest.fixture
def detector(backend: str, model: Model) -> Iterator[CudaDetector]:
    with opened_by(backend, model) as opened:
        opened.set_thresholds(LOW)
        yield opened


@pytest.fixture
def reference(model: Model) -> Iterator[CpuDetector]:
    with CpuDetector(model, "onnxruntime") as opened:
        opened.set_thresholds(LOW)
        yield opened


def opened_by(backend: str, model: Model, depth: int = 1, makers: Makers | None = None) -> CudaDetector:
    if reason := unready(backend, model):
        pytest.skip(reason)
    return CudaDetector(model, backend, depth, makers)


def real_frames(shared: Path) -> list[Frame]:
    """Every third frame of the videos, and pictures of other sizes where they are."""
    pictures = [picture for name in VIDEOS for picture in video(shared / f"data/videos/{name}.mp4")]
    assert len(pictures) == FRAMES * len(VIDEOS)
    photographs = sorted((shared / "data/eval/images").glob("*.jpg"))[::10]
    pictures += [cv2.imread(str(path), cv2.IMREAD_COLOR) for path in photographs]
    buffers = FrameBuffers()
    return [pooled(Frame.from_bgr(np.asarray(picture, np.uint8)), buffers) for picture in pictures]


def video(path: Path) -> Iterator[np.ndarray]:
    capture = cv2.VideoCapture(str(path))
    for index in range(FRAMES * 3):
        good, picture = capture.read()
        if good and index % 3 == 0:
            yield picture


def same(a: Detections, b: Detections) -> int:
    """How many boxes of the first have their like among the second."""
    low = np.maximum(a.xyxy[:, None, :2], b.xyxy[:, :2])
    high = np.minimum(a.xyxy[:, None, 2:], b.xyxy[:, 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=2)
    areas = [np.prod(each.xyxy[:, 2:] - each.xyxy[:, :2], axis=1) for each in (a, b)]
    overlap = shared / np.maximum(areas[0][:, None] + areas[1] - shared, 1e-9)
    alike = (overlap >= IOU) & (a.class_id[:, None] == b.class_id)
    alike &= abs(a.confidence[:, None] - b.confidence) <= SCORE
    return int(alike.any(axis=1).sum())


@pytest.mark.parametrize("name", NETWORKS)
def test_real_networks_answer_as_on_the_cpu(shared: Path, backend: str, name: str) -> None:
    model = load_model(shared / "data/models" / f"{name}.onnx")
    agreed = total = 0
    with opened_by(backend, model) as detector, CpuDetector(model, "onnxruntime") as reference:
        for given in real_frames(shared):
            found, expected = detect(detector, given).prediction, detect(reference, given).prediction
            if isinstance(found, ClassMap):
                agreed, total = agreed + int((found.class_id == expected.class_id).sum()), total + found.class_id.size
            elif isinstance(found, Classification):
                agreed, total = agreed + int(found.class_id[0] == expected.class_id[0]), total + 1
            else:
                agreed += same(found, expected) + same(expected, found)
                total += len(found) + len(expected)
    assert total > 0
    assert agreed >= SHARE * total


class Uncaptured:
    """An engine that no graph may take."""

    not_capturable = "a test wants it so"

    def __init__(self, *opening: Any) -> None:
        self._engine = open_engine(*opening)

    def __enter__(self) -> Uncaptured:
        self._engine.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._engine.__exit__(*error)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)


def test_a_replay_equals_single_launches_bit_for_bit(backend: str, detector: CudaDetector, model: Model) -> None:
    assert not any("graph" in note for note in detector.info.notes)
    makers = Makers(engine=Uncaptured)
    given = [frame(seed=seed) for seed in range(20)]
    replayed = [detect(detector, each).prediction for each in given]
    with opened_by(backend, model, makers=makers) as eager:
        eager.set_thresholds(LOW)
        for each, expected in zip(given, replayed, strict=True):
            found = detect(eager, each).prediction
            for name in ("xyxy", "confidence", "class_id"):
                np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


def test_frames_of_changing_size_and_format(detector: CudaDetector, reference: CpuDetector) -> None:
    for width, height in ((90, 50), (1280, 720), (2, 1), (4096, 2160)):
        for wanted in PixelFormat:
            given = frame(width, height, 1, wanted)
            assert_alike(detect(detector, given), detect(reference, given))


def test_a_network_of_any_size(tmp_path: Path, backend: str) -> None:
    model = any_size(tmp_path / "m.onnx")
    with opened_by(backend, model) as detector, CpuDetector(model, "onnxruntime") as reference:
        for size in ((320, 180), (640, 360), (180, 320)):
            assert_alike(detect(detector, frame(*size)), detect(reference, frame(*size)))


def test_thresholds_act_from_the_next_frame_on(detector: CudaDetector, reference: CpuDetector) -> None:
    for change in ({"confidence": 0.8}, {"classes": frozenset({1})}, {"iou": 0.3}, {"max_detections": 3}):
        for each in (detector, reference):
            each.set_thresholds(replace(LOW, **change))
        assert_alike(detect(detector, frame()), detect(reference, frame()))


def test_two_at_a_time_come_back_in_order(backend: str, model: Model, reference: CpuDetector) -> None:
    with opened_by(backend, model, depth=2) as detector:
        detector.set_thresholds(LOW)
        given = [frame(seed=seed) for seed in range(20)]
        detector.submit(given[0])
        for index in range(1, len(given)):
            detector.submit(given[index])
            result = detector.collect()
            assert result.frame is given[index - 1]
            assert_alike(result, detect(reference, result.frame))
        detector.collect()


class Sharing(Device):
    """A GPU that is taken for one that shares the host's memory."""

    def __enter__(self) -> Device:
        super().__enter__()
        self.integrated = True
        return self


@pytest.mark.parametrize("depth", [1, 2])
def test_mapped_or_copied(backend: str, model: Model, reference: CpuDetector, depth: int) -> None:
    with opened_by(backend, model, depth, Makers(device=Sharing)) as detector:
        detector.set_thresholds(LOW)
        assert detector.info.notes[-1].count(" ms") == 2
        for seed in range(5):
            assert_alike(detect(detector, frame(seed=seed)), detect(reference, frame(seed=seed)))


def test_opens_ten_times(backend: str, model: Model) -> None:
    detector = opened_by(backend, model)
    for _ in range(10):
        with detector:
            detect(detector, frame())


@pytest.mark.parametrize(("sizes", "number"), [([(90, 50)], MANY), ([(90, 50), (100, 50)], MANY // 20)])
def test_device_memory_does_not_grow(backend: str, model: Model, sizes: list[tuple[int, int]], number: int) -> None:
    device, buffers, free = Device(), FrameBuffers(), []
    with opened_by(backend, model, makers=Makers(device=lambda: device)) as detector:
        for index in range(number):
            width, height = sizes[index % len(sizes)]
            planes = buffers.take(PixelFormat.BGR, width, height)
            detect(detector, Frame(planes, width, height, index, time.perf_counter_ns()))
            free.append(device.memory()[0])
    assert free[-1] >= free[number // 2] - MOST_GROWTH
