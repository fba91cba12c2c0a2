from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from contracts.device_engine_contract import SHAPE, DeviceEngineContract, Opener, described, detection_network
from cuda_on_cpu.device import Device, stream_of
from cuda_on_cpu.makers import makers
from detecting import tiny
from onnx import TensorProto
from onnx_graphs import GraphBuilder

from core.errors import EngineUnavailable, ModelUnreadable
from detector.cpu import CpuDetector
from detector.cuda.detector import CudaDetector
from detector.cuda.engine import DeviceEngine, open_engine, unavailable, unready
from detector.cuda.engines.onnxruntime_cuda import OnnxRuntimeDeviceEngine, Provider, not_on
from detector.fallback import FirstThatOpens
from detector.model import Model

ON_CPU = Provider("CPUExecutionProvider", "cpu", {})


class Queued(OnnxRuntimeDeviceEngine):
    """On the CPU, where no provider works in the order of a stream."""

    def __init__(self, model: Model, shape: tuple[int, ...], stream: int) -> None:
        super().__init__(model, shape, ON_CPU)
        self._stream = stream

    def enqueue(self) -> None:
        stream_of(self._stream).queue(super().enqueue)


class TestContract(DeviceEngineContract):
    @pytest.fixture
    def device(self) -> Iterator[Device]:
        with Device() as device:
            yield device

    @pytest.fixture
    def opener(self) -> Opener:
        return Queued


@pytest.fixture
def model(tmp_path: Path) -> Model:
    return detection_network(tmp_path / "m.onnx")


def test_nothing_is_left_after_it_was_closed(model: Model) -> None:
    gc.disable()
    try:
        with OnnxRuntimeDeviceEngine(model, SHAPE, ON_CPU) as engine:
            session = weakref.ref(engine._session)
        assert session() is None
    finally:
        gc.enable()


def test_the_session_for_cpus_says_that_it_is_none(model: Model) -> None:
    reason = unavailable("onnxruntime_cuda")
    if reason is None:
        pytest.skip("ONNX Runtime has its CUDA provider here")
    assert "onnxruntime-gpu" in reason
    with pytest.raises(EngineUnavailable, match="cannot use the GPU"), open_engine("onnxruntime_cuda", model, SHAPE, 1):
        pass


def test_takes_every_network_as_it_is(model: Model) -> None:
    assert unready("onnxruntime_cuda", model) is None


def test_operators_elsewhere_keep_it_out_of_a_graph() -> None:
    conv, nms = (SimpleNamespace(op_type=kind, name=kind.lower()) for kind in ("Conv", "NonMaxSuppression"))
    session = Assigned({"CUDAExecutionProvider": [conv], "CPUExecutionProvider": [nms] * 6})
    reason = not_on("CUDAExecutionProvider", session)
    assert reason == "ONNX Runtime runs operators on the CPU: " + "NonMaxSuppression 'nonmaxsuppression', " * 3 + (
        "NonMaxSuppression 'nonmaxsuppression' and 2 more"
    )
    assert not_on("CUDAExecutionProvider", Assigned({"CUDAExecutionProvider": [conv]})) is None
    assert "1.24" in (not_on("CUDAExecutionProvider", object()) or "")


class Assigned:
    """A session that tells who runs its operators."""

    def __init__(self, nodes: dict[str, list[SimpleNamespace]]) -> None:
        self._nodes = nodes

    def get_provider_graph_assignment_info(self) -> list[SimpleNamespace]:
        return [
            SimpleNamespace(ep_name=name, get_nodes=lambda nodes=nodes: nodes) for name, nodes in self._nodes.items()
        ]


def test_the_operators_of_a_real_session_are_told(model: Model) -> None:
    with OnnxRuntimeDeviceEngine(model, SHAPE, ON_CPU) as opened:
        assert opened.not_capturable is None
        assert "'nt0'" in (not_on("CUDAExecutionProvider", opened._session) or "")


def test_outputs_of_unknown_length_are_refused(tmp_path: Path) -> None:
    graph = GraphBuilder((1, 3, 32, 32))
    scores = graph.op("Sigmoid", graph.weighted(1, 84, 21))
    graph.output(scores, "output0", (1, 84, 21))
    graph.output(graph.op("NonZero", scores), "found", (3, "n"), "int64")
    model = described(graph.save(tmp_path / "m.onnx"))
    with pytest.raises(EngineUnavailable, match=r"'found' of m\.onnx depends on the picture"), engine(model):
        pass


def test_outputs_whose_length_the_file_does_not_tell_are_measured(tmp_path: Path) -> None:
    graph = GraphBuilder((1, 3, "h", "w"))
    scores = graph.op("Sigmoid", graph.weighted(1, 84, 21))
    graph.output(scores, "output0", (1, 84, "cells"))
    with engine(described(graph.save(tmp_path / "m.onnx"))) as opened:
        assert opened.outputs[0].shape == (1, 84, 21)


def test_a_file_that_is_no_network_any_more(model: Model) -> None:
    content = model.path.read_bytes()
    model.path.write_bytes(content.replace(b"Sigmoid", b"Sigmoix"))
    with pytest.raises(EngineUnavailable, match="Sigmoix"), engine(model):
        pass


def test_where_the_gpu_takes_no_session_the_cpu_is_used(tmp_path: Path) -> None:
    model = tiny(tmp_path / "m.onnx")
    refused = replace(model, graph=replace(model.graph, path=model.path.with_name("refused.onnx")))
    refused.path.write_bytes(model.path.read_bytes().replace(b"Sigmoid", b"Sigmoix"))
    on_gpu = CudaDetector(refused, "onnxruntime_cuda", 1, makers(Queued))
    with FirstThatOpens([on_gpu, CpuDetector(model, "onnxruntime")]) as opened:
        assert opened.info.backend == "onnxruntime"
        assert "onnxruntime_cuda was passed over: ONNX Runtime cannot open refused.onnx" in opened.info.notes[-1]


def test_a_broken_network_is_told_in_the_words_of_the_cpu(tmp_path: Path) -> None:
    model = tiny(tmp_path / "m.onnx")
    model.path.write_bytes(model.path.read_bytes().replace(b"Sigmoid", b"Sigmoix"))
    on_gpu = CudaDetector(model, "onnxruntime_cuda", 1, makers(Queued))
    with pytest.raises(ModelUnreadable, match="Sigmoix"), FirstThatOpens([on_gpu, CpuDetector(model, "onnxruntime")]):
        pass


def test_a_run_that_is_refused(model: Model) -> None:
    with engine(model) as opened, pytest.raises(EngineUnavailable, match=r"cannot run m\.onnx") as caught:
        opened.enqueue()
    assert "\n" not in str(caught.value)


def engine(model: Model) -> DeviceEngine:
    return OnnxRuntimeDeviceEngine(model, SHAPE, ON_CPU)


def test_float16(tmp_path: Path) -> None:
    graph = GraphBuilder(SHAPE, "float16")
    scores = graph.op("Cast", graph.op("Sigmoid", graph.weighted(1, 84, 21)), to=TensorProto.FLOAT16)
    graph.output(scores, "output0", (1, 84, 21), "float16")
    model = described(graph.save(tmp_path / "m.onnx"), "float16")
    with OnnxRuntimeDeviceEngine(model, SHAPE, ON_CPU) as opened:
        assert opened.precision == "FP16"
        assert opened.inputs[0].dtype == opened.outputs[0].dtype == "float16"
        picture, answer = np.full(SHAPE, 0.5, np.float16), np.zeros((1, 84, 21), np.float16)
        opened.bind("images", picture.ctypes.data)
        opened.bind("output0", answer.ctypes.data)
        opened.enqueue()
    assert 0 < answer.min() < answer.max() < 1
