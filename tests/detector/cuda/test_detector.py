"""The whole detector on a device that is none: the same answers as on the CPU, however frames come."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from cuda_on_cpu.device import OPEN, Device, stream_of
from cuda_on_cpu.engine import CpuEngine
from cuda_on_cpu.makers import cuda_detector, device, makers
from detecting import LOW, NETWORKS, any_size, assert_alike, detect, frame, real_frame, tiny
from onnx_graphs import GraphBuilder

from core.buffers import FrameBuffers
from core.errors import EngineUnavailable, ModelError, OutputInvalid
from core.pixels import Colour, PixelFormat
from core.types import Classification, ClassMap, Frame
from detector.cpu import CpuDetector
from detector.cuda.detector import USUAL_SIZE, CudaDetector
from detector.model import Model, load_model


@pytest.fixture
def model(tmp_path: Path) -> Model:
    return tiny(tmp_path / "m.onnx")


@pytest.fixture
def detector(model: Model) -> Iterator[CudaDetector]:
    with cuda_detector(model) as opened:
        opened.set_thresholds(LOW)
        yield opened


@pytest.fixture
def reference(model: Model) -> Iterator[CpuDetector]:
    with CpuDetector(model, "onnxruntime") as opened:
        opened.set_thresholds(LOW)
        yield opened


@pytest.mark.parametrize("name", NETWORKS)
def test_real_networks_answer_as_on_the_cpu(shared: Path, name: str) -> None:
    model = load_model(shared / "data/models" / f"{name}.onnx")
    videos = sorted((shared / "data/videos").glob("*_1280x720.mp4"))
    with cuda_detector(model) as detector, CpuDetector(model, "onnxruntime") as reference:
        for given in map(real_frame, videos):
            expected = detect(reference, given)
            assert_alike(detect(detector, given), expected)


def test_a_replayed_graph_does_what_was_recorded(detector: CudaDetector, model: Model) -> None:
    class Uncapturable(CpuEngine):
        not_capturable = "it copies in between"

    with CudaDetector(model, "eager", 1, makers(Uncapturable)) as eager:
        eager.set_thresholds(LOW)
        for seed in range(3):
            found, expected = detect(detector, frame(seed=seed)), detect(eager, frame(seed=seed))
            for name in ("xyxy", "confidence", "class_id"):
                np.testing.assert_array_equal(getattr(found.prediction, name), getattr(expected.prediction, name))
        assert eager.info.notes[-1] == "runs without a CUDA graph: it copies in between"
    assert not any("graph" in note for note in detector.info.notes)


def test_a_refused_capture_is_told(model: Model, reference: CpuDetector) -> None:
    class Refused(CpuEngine):
        def enqueue(self) -> None:
            if any(stream.capturing for stream in device()._streams):
                raise EngineUnavailable("an operation is not permitted")
            super().enqueue()

    with CudaDetector(model, "refused", 1, makers(Refused)) as detector:
        detector.set_thresholds(LOW)
        assert detector.info.notes[-1] == "runs without a CUDA graph: an operation is not permitted"
        assert_alike(detect(detector, frame()), detect(reference, frame()))


def test_a_capture_that_is_refused_later_is_told_as_long_as_it_holds(model: Model) -> None:
    class Moody(CpuEngine):
        refuses = False

        def enqueue(self) -> None:
            if self.refuses and stream_of(self._stream).capturing:
                raise EngineUnavailable("an operation is not permitted")
            super().enqueue()

    with CudaDetector(model, "moody", 1, makers(Moody)) as detector:
        detector.info = replace(detector.info, notes=("tensorrt was passed over",))
        opened = detector.info
        detect(detector, frame())
        assert detector.info is opened
        Moody.refuses = True
        detect(detector, frame(200, 100))
        note = "runs without a CUDA graph: an operation is not permitted"
        assert detector.info.notes == ("tensorrt was passed over", note)
        Moody.refuses = False
        detect(detector, frame())
        assert detector.info.notes == ("tensorrt was passed over",)


def test_a_page_lock_that_is_refused_later_is_told(model: Model) -> None:
    class Limited(Device):
        reached = False

        def register(self, block: np.ndarray) -> int:
            if self.reached:
                raise EngineUnavailable("the limit of locked memory is reached")
            return super().register(block)

    with CudaDetector(model, "limited", 1, replace(makers(), device=Limited)) as detector:
        Limited.reached = True
        planes = FrameBuffers().take(PixelFormat.I420, *USUAL_SIZE)
        for plane in planes:
            plane.fill(7)
        detect(detector, Frame(planes, *USUAL_SIZE, 0, time.perf_counter_ns(), format=PixelFormat.I420))
        assert detector.info.notes[-1] == "frames are not page-locked: the limit of locked memory is reached"


def test_frames_of_changing_size_and_format(detector: CudaDetector, reference: CpuDetector) -> None:
    forms = [(90, 50, PixelFormat.BGR), (90, 50, PixelFormat.I420), (30, 77, PixelFormat.YUYV), (1, 1, PixelFormat.BGR)]
    graphs = []
    for form in (*forms, forms[0]):
        given = frame(*form[:2], 1, form[2])
        assert_alike(detect(detector, given), detect(reference, given))
        graphs.append(next(iter(device().graphs)))
    assert len({id(graph) for graph in graphs}) > 1
    assert len(device().graphs) == 1


def test_another_colour_is_another_path(detector: CudaDetector, reference: CpuDetector) -> None:
    given = frame(format=PixelFormat.NV12)
    for colour in (Colour(), Colour(full_range=True)):
        coloured = replace(given, colour=colour)
        assert_alike(detect(detector, coloured), detect(reference, coloured))


def test_a_network_of_any_size_is_opened_for_the_size_that_a_frame_needs(tmp_path: Path) -> None:
    opened = []

    class Sized(CpuEngine):
        def __init__(self, model: Model, shape: tuple[int, ...], stream: int) -> None:
            super().__init__(model, shape, stream)
            opened.append(shape)

    model = any_size(tmp_path / "m.onnx")
    with (
        CudaDetector(model, "sized", 1, makers(Sized)) as detector,
        CpuDetector(model, "onnxruntime") as reference,
    ):
        for size in ((320, 180), (640, 360), (180, 320)):
            for each in (detector, reference):
                each.set_thresholds(LOW)
            assert_alike(detect(detector, frame(*size)), detect(reference, frame(*size)))
    assert opened == [(1, 3, 384, 640), (1, 3, 640, 384)]


def test_frames_alike_are_captured_once(detector: CudaDetector) -> None:
    detect(detector, frame())
    before = set(device().graphs)
    for seed in range(3):
        detect(detector, frame(seed=seed))
    detector.set_thresholds(replace(LOW, confidence=0.5))
    detect(detector, frame())
    assert device().graphs == before


def test_thresholds_act_from_the_next_frame_on(detector: CudaDetector, reference: CpuDetector) -> None:
    for thresholds in (
        replace(LOW, confidence=0.8),
        replace(LOW, classes=frozenset({1})),
        replace(LOW, iou=0.3),
        replace(LOW, max_detections=3),
        replace(LOW, multi_label=True),
    ):
        for each in (detector, reference):
            each.set_thresholds(thresholds)
        assert_alike(detect(detector, frame()), detect(reference, frame()))


def test_two_at_a_time_come_back_in_order(model: Model, reference: CpuDetector) -> None:
    with cuda_detector(model, depth=2) as detector:
        assert detector.info.depth == 2
        detector.set_thresholds(LOW)
        given = [frame(seed=seed) for seed in range(4)]
        detector.submit(given[0])
        for index in range(1, 4):
            detector.submit(given[index])
            result = detector.collect()
            assert result.frame is given[index - 1]
            assert_alike(result, detect(reference, result.frame))
        assert detector.collect().frame is given[3]
        assert len(device().graphs) == 2


def test_a_frame_of_another_form_waits_for_those_before_it(model: Model, reference: CpuDetector) -> None:
    with cuda_detector(model, depth=2) as detector:
        detector.set_thresholds(LOW)
        small, large = frame(), frame(200, 100)
        detector.submit(small)
        detector.submit(large)
        for expected in (small, large):
            result = detector.collect()
            assert result.frame is expected
            assert_alike(result, detect(reference, expected))


@pytest.mark.parametrize("depth", [1, 2])
def test_more_frames_than_it_has_room_for(model: Model, depth: int) -> None:
    with cuda_detector(model, depth) as detector:
        for _ in range(depth):
            detector.submit(frame())
        with pytest.raises(RuntimeError, match=f"only {depth}"):
            detector.submit(frame())


def test_leaves_with_frames_under_way(model: Model) -> None:
    with cuda_detector(model, depth=2) as detector:
        detector.submit(frame())
        detector.submit(frame(seed=1))
    assert OPEN == []


def test_opens_ten_times(model: Model) -> None:
    detector = cuda_detector(model)
    for _ in range(10):
        with detector:
            detect(detector, frame())
    assert OPEN == []


def test_nothing_grows(detector: CudaDetector) -> None:
    buffers = FrameBuffers()
    sizes = []
    for seed in range(12):
        planes = buffers.take(PixelFormat.BGR, 90 + 10 * (seed % 2), 50)
        for plane in planes:
            plane.fill(seed)
        detect(detector, Frame(planes, 90 + 10 * (seed % 2), 50, seed, time.perf_counter_ns()))
        sizes.append((device().allocated_bytes, device().registered, len(device().graphs)))
    assert len(set(sizes[2::2])) == len(set(sizes[3::2])) == 1


class Answering(CpuEngine):
    """Answers with something else than the network."""

    value = 0.0

    def answer(self, outputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {name: np.full_like(values, self.value) for name, values in outputs.items()}


@pytest.mark.parametrize(("value", "words"), [(np.nan, "NaN in its output 'output0'"), (np.inf, "not finite")])
def test_nonsense_is_refused(model: Model, value: float, words: str) -> None:
    engine = type("Engine", (Answering,), {"value": value})
    with CudaDetector(model, "nonsense", 2, makers(engine)) as detector:
        detector.submit(frame())
        detector.submit(frame(200, 100))
        for _ in range(2):
            with pytest.raises(OutputInvalid, match=words):
                detector.collect()
        detector.submit(frame())


def test_a_class_without_a_label_is_refused(model: Model) -> None:
    with cuda_detector(replace(model, labels=("cat",))) as detector:
        detector.set_thresholds(LOW)
        with pytest.raises(OutputInvalid, match=r"found class [12] and has 1 labels"):
            detect(detector, frame())


def test_outputs_of_another_shape_are_refused(model: Model) -> None:
    class Longer(CpuEngine):
        def __enter__(self) -> CpuEngine:
            super().__enter__()
            self.outputs = [replace(spec, shape=(1, 7, 99)) for spec in self.outputs]
            return self

    with (
        pytest.raises(OutputInvalid, match=r"1x7x99 .* instead of 1x7x84"),
        CudaDetector(model, "x", 1, makers(Longer)),
    ):
        pass
    assert OPEN == []


def test_an_engine_that_cannot_be_opened_leaves_nothing_behind(model: Model) -> None:
    class Broken(CpuEngine):
        def __enter__(self) -> CpuEngine:
            raise EngineUnavailable("the engine was built for another GPU")

    with pytest.raises(ModelError, match="another GPU"), CudaDetector(model, "broken", 1, makers(Broken)):
        pass
    assert OPEN == []


def test_a_shared_memory_is_measured(model: Model, reference: CpuDetector) -> None:
    with CudaDetector(model, "jetson", 1, makers(integrated=True)) as detector:
        detector.set_thresholds(LOW)
        note = detector.info.notes[-1]
        assert "copied to the GPU" in note
        assert "read by the GPU where they lie" in note
        assert note.count(" ms") == 2
        assert_alike(detect(detector, frame()), detect(reference, frame()))


def test_a_discrete_gpu_copies_without_a_word(detector: CudaDetector, model: Model) -> None:
    assert detector.info.notes == model.notes


def test_says_what_runs(detector: CudaDetector) -> None:
    assert detector.info.backend == "cuda_on_cpu"
    assert detector.info.device == f"{Device.name}, {CpuEngine.device}"
    assert detector.info.precision == "FP32"


def test_classes_of_a_whole_frame(tmp_path: Path) -> None:
    graph = GraphBuilder((1, 3, 32, 32))
    graph.output(graph.weighted(1, 7), "scores", (1, 7))
    model = load_model(graph.save(tmp_path / "c.onnx"))
    with cuda_detector(model) as detector, CpuDetector(model, "onnxruntime") as reference:
        found = detect(detector, frame())
        assert isinstance(found.prediction, Classification)
        assert_alike(found, detect(reference, frame()))


@pytest.mark.parametrize("axis", [1, 3])
def test_a_class_for_each_pixel(tmp_path: Path, axis: int) -> None:
    graph = GraphBuilder((1, 3, 32, 32))
    shape = (1, 5, 16, 16) if axis == 1 else (1, 16, 16, 5)
    graph.output(graph.weighted(*shape), "scores", shape)
    model = load_model(graph.save(tmp_path / "s.onnx"))
    with cuda_detector(model) as detector, CpuDetector(model, "onnxruntime") as reference:
        found = detect(detector, frame())
        assert isinstance(found.prediction, ClassMap)
        assert_alike(found, detect(reference, frame()))


def test_a_capture_that_fails_once_is_tried_again(model: Model, reference: CpuDetector) -> None:
    class Greedy(CpuEngine):
        """Wants more memory in its first capture, and the runtime still holds that error at the next call."""

        asked = told = False

        def enqueue(self) -> None:
            if stream_of(self._stream).capturing and not self.asked:
                self.asked = True
                raise EngineUnavailable("memory cannot be had while a stream is capturing")
            if self.asked and not self.told:
                self.told = True
                raise EngineUnavailable("memory cannot be had while a stream is capturing")
            super().enqueue()

    with CudaDetector(model, "greedy", 1, makers(Greedy)) as detector:
        detector.set_thresholds(LOW)
        assert not any("graph" in note for note in detector.info.notes)
        assert_alike(detect(detector, frame()), detect(reference, frame()))
