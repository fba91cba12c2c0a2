"""What every device engine promises, on whichever device.

A test module subclasses `DeviceEngineContract` and overrides the fixtures `device` and `opener`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from onnx_graphs import GraphBuilder

from core.types import Thresholds
from detector.cuda.engine import DeviceEngine
from detector.head import Layout
from detector.model import Model
from detector.preprocessing import Preprocessing
from onnxgraph.inspection import inspect

SHAPE = (1, 3, 32, 32)
Opener = Callable[[Model, tuple[int, ...], int], DeviceEngine]


def detection_network(path: Path, sides: tuple[int | str, int | str] = (32, 32)) -> Model:
    """A network [1, 84, 21] whose values depend on the picture."""
    graph = GraphBuilder((1, 3, *sides))
    graph.output(graph.op("Sigmoid", graph.weighted(1, 84, 21)), "output0", (1, 84, 21))
    return described(graph.save(path))


def described(path: Path, dtype: str = "float32") -> Model:
    """A network that no head need recognise."""
    layout = Layout("yolov8", "", 80, Preprocessing(width=32, height=32, dtype=dtype))
    return Model(inspect(path), layout, (), Thresholds(), ())


class Pinned:
    """A tensor on the device, and page-locked memory for what goes there or comes back."""

    def __init__(self, device: Any, stream: Any, shape: tuple[int | None, ...]) -> None:
        size = 4 * int(np.prod([side or 1 for side in shape]))
        self.address = device.allocate(size)
        self.host = device.pinned(size).view(np.float32).reshape([side or 1 for side in shape])
        self.stream = stream


class Running:
    """An open engine with all its tensors in their place."""

    def __init__(self, device: Any, stream: Any, engine: DeviceEngine) -> None:
        self.stream, self.engine = stream, engine
        self.tensors = {spec.name: Pinned(device, stream, spec.shape) for spec in (*engine.inputs, *engine.outputs)}
        for name, tensor in self.tensors.items():
            engine.bind(name, tensor.address)
        self.picture, self.answer = self.tensors["images"], self.tensors["output0"]

    def queue(self) -> None:
        self.stream.upload(self.picture.address, self.picture.host)
        self.engine.enqueue()
        self.stream.download(self.answer.host, self.answer.address)

    def infer(self, picture: np.ndarray) -> np.ndarray:
        self.picture.host[:] = picture
        self.queue()
        self.stream.synchronize()
        return self.answer.host.copy()


def pictures(shape: tuple[int, ...] = SHAPE, count: int = 3) -> list[np.ndarray]:
    random = np.random.default_rng(7)
    return [np.full(shape, value, np.float32) for value in random.random(count)]


def expected(model: Model, picture: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(model.path, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {session.get_inputs()[0].name: picture})[0])


class DeviceEngineContract:
    tolerance = 1e-5

    @pytest.fixture
    def device(self) -> Iterator[Any]:
        raise NotImplementedError

    @pytest.fixture
    def opener(self) -> Opener:
        raise NotImplementedError

    @pytest.fixture
    def model(self, tmp_path: Path) -> Model:
        return detection_network(tmp_path / "m.onnx")

    @pytest.fixture
    def running(self, device: Any, opener: Opener, model: Model) -> Iterator[Running]:
        with self.opened(device, opener, model) as running:
            yield running

    @contextmanager
    def opened(self, device: Any, opener: Opener, model: Model, shape: tuple[int, ...] = SHAPE) -> Iterator[Running]:
        stream = device.stream()
        with opener(model, shape, stream.handle) as engine:
            yield Running(device, stream, engine)
            stream.synchronize()

    def test_knows_its_tensors(self, running: Running) -> None:
        engine = running.engine
        assert [(spec.name, spec.shape, spec.dtype) for spec in engine.inputs] == [("images", SHAPE, "float32")]
        assert [(spec.name, spec.shape, spec.dtype) for spec in engine.outputs] == [("output0", (1, 84, 21), "float32")]

    def test_says_what_it_is(self, running: Running) -> None:
        assert running.engine.device
        assert running.engine.precision == "FP32"
        assert running.engine.not_capturable is None

    def test_answers_as_on_the_cpu(self, running: Running, model: Model) -> None:
        for picture in pictures():
            np.testing.assert_allclose(running.infer(picture), expected(model, picture), atol=self.tolerance)

    def test_a_graph_answers_as_the_engine_itself(self, running: Running) -> None:
        eager = [running.infer(picture) for picture in pictures()]
        with running.stream.capture() as capture:
            running.queue()
        for picture, answer in zip(pictures(), eager, strict=True):
            running.picture.host[:] = picture
            running.stream.replay(capture.graph)
            running.stream.synchronize()
            np.testing.assert_array_equal(running.answer.host, answer)
        capture.graph.close()

    def test_a_tensor_may_move(self, running: Running, device: Any) -> None:
        before = running.infer(pictures()[0])
        running.answer.address = device.allocate(running.answer.host.nbytes)
        running.engine.bind("output0", running.answer.address)
        np.testing.assert_array_equal(running.infer(pictures()[0]), before)

    def test_opens_again_and_again(self, device: Any, opener: Opener, model: Model) -> None:
        answers = []
        for _ in range(4):
            with self.opened(device, opener, model) as running:
                answers.append(running.infer(pictures()[0]))
        assert all((answer == answers[0]).all() for answer in answers)

    def test_two_at_a_time(self, device: Any, opener: Opener, model: Model) -> None:
        with self.opened(device, opener, model) as one, self.opened(device, opener, model) as other:
            first = one.infer(pictures()[0])
            np.testing.assert_array_equal(other.infer(pictures()[0]), first)

    def test_a_free_size_is_fixed_when_it_is_opened(self, device: Any, opener: Opener, tmp_path: Path) -> None:
        model = detection_network(tmp_path / "free.onnx", ("height", "width"))
        for shape in (SHAPE, (1, 3, 64, 96)):
            with self.opened(device, opener, model, shape) as running:
                assert running.engine.inputs[0].shape == shape
                picture = pictures(shape)[0]
                np.testing.assert_allclose(running.infer(picture), expected(model, picture), atol=self.tolerance)
