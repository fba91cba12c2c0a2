from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pytest
from contracts.device_engine_contract import SHAPE, DeviceEngineContract, Opener, Running, detection_network
from cuda_on_cpu.device import Device
from cuda_on_cpu.onnx_network import OnnxNetwork
from fake_tensorrt import TensorRt, tensor

from core.errors import EngineUnavailable, ModelUnreadable
from core.types import TensorSpec
from detector.builder.library import target
from detector.cuda.engine import open_engine, unavailable, unready
from detector.cuda.identity import gpu
from detector.cuda.tensorrt_runtime import Built, TensorRtEngine
from detector.engine_cache import EngineCache, default_folder, file_hash
from detector.model import Model
from detector.recipe import Recipe

STREAM = 0x5000


def plan(library: TensorRt, model: Model) -> list[dict[str, Any]]:
    """The tensors of an engine of that network."""
    inputs = [tensor("INPUT", spec) for spec in model.graph.inputs]
    return [*inputs, *(tensor("OUTPUT", spec) for spec in model.graph.outputs)]


def engine_of(
    library: TensorRt, model: Model, tensors: Sequence[dict[str, Any]] | None = None, shape: tuple[int, ...] = SHAPE
) -> TensorRtEngine:
    """An engine that was built from the network."""
    path = model.path.with_suffix(".engine")
    path.write_bytes(library.plan(list(tensors or plan(library, model))))
    return TensorRtEngine(library, Built(path, "FP32", {"images": shape}), STREAM)


class Contract(DeviceEngineContract):
    rtx = False

    @pytest.fixture
    def device(self) -> Iterator[Device]:
        with Device() as device:
            yield device

    @pytest.fixture
    def opener(self) -> Opener:
        def open_it(model: Model, shape: tuple[int, ...], stream: int) -> TensorRtEngine:
            library = TensorRt(OnnxNetwork(model.path), rtx=self.rtx)
            path = model.path.with_suffix(".engine")
            path.write_bytes(library.plan(plan(library, model)))
            return TensorRtEngine(library, Built(path, "FP32", {"images": shape}), stream)

        return open_it


class TestTensorRt(Contract):
    pass


class TestTensorRtRtx(Contract):
    rtx = True


@pytest.fixture
def model(tmp_path: Path) -> Model:
    return detection_network(tmp_path / "m.onnx")


@pytest.fixture(params=[False, True], ids=["TensorRT", "TensorRT-RTX"])
def library(request: pytest.FixtureRequest, model: Model) -> TensorRt:
    return TensorRt(OnnxNetwork(model.path), rtx=request.param)


def test_everything_is_freed(library: TensorRt, model: Model) -> None:
    engine = engine_of(library, model)
    with engine:
        assert len(library.alive) == 3
        assert library.plugins == 1
    assert not list(library.alive)


def test_everything_is_freed_after_a_failure(library: TensorRt, model: Model) -> None:
    engine = engine_of(library, model, shape=(1, 3, 64, 64))
    with pytest.raises(EngineUnavailable) as caught, engine:
        pass
    assert "does not take 1x3x64x64 for the input 'images' of m.engine" in caught.value.what
    assert "do not satisfy any optimization profiles" in caught.value.what
    assert not list(library.alive)


def test_says_what_it_is_before_it_is_open(model: Model) -> None:
    network = OnnxNetwork(model.path)
    assert engine_of(TensorRt(network, "8.6.1.6"), model).device == "TensorRT 8.6.1.6"
    assert engine_of(TensorRt(network, "1.7.1.116", rtx=True), model).device == "TensorRT-RTX 1.7.1.116"


def test_another_version(library: TensorRt, model: Model) -> None:
    engine = engine_of(library, model)
    newer = TensorRt(library.network, "11.4.0.7", rtx=library.mark == b"vtrt")
    other = TensorRtEngine(newer, engine._built, STREAM)
    with (
        pytest.raises(EngineUnavailable, match=r"m\.engine was built with 10\.3\.0\.26, this is .* 11\.4\.0\.7") as e,
        other,
    ):
        pass
    assert "jetsight build" in e.value.remedy


def test_an_engine_of_the_other_library(library: TensorRt, model: Model) -> None:
    engine = engine_of(library, model)
    other = TensorRtEngine(TensorRt(library.network, rtx=library.mark != b"vtrt"), engine._built, STREAM)
    with pytest.raises(EngineUnavailable, match=r"cannot load m\.engine: .*magicTag"), other:
        pass


def test_a_file_that_is_no_engine(library: TensorRt, model: Model) -> None:
    engine = engine_of(library, model)
    engine._built.path.write_bytes(b"PK\x03\x04" + bytes(100))
    with pytest.raises(ModelUnreadable, match="archive"), engine:
        pass


def test_an_engine_of_ultralytics(library: TensorRt, model: Model) -> None:
    engine = engine_of(library, model)
    path, header = engine._built.path, b'{"names": {"0": "cat"}}'
    path.write_bytes(len(header).to_bytes(4, "little") + header + path.read_bytes())
    with engine:
        assert engine.inputs[0].name == "images"


def test_too_little_memory(library: TensorRt, model: Model) -> None:
    library.no_memory = True
    with pytest.raises(EngineUnavailable, match=r"no execution context .*OutOfMemory"), engine_of(library, model):
        pass
    assert not list(library.alive)


def test_a_length_that_depends_on_the_picture(library: TensorRt, model: Model) -> None:
    images, output = plan(library, model)
    count = tensor("OUTPUT", TensorSpec("count", (1,), "int32"), shape=[-1])

    class Unknown(OnnxNetwork):
        def shapes(self, inputs: Any) -> Any:
            return {**super().shapes(inputs), "count": (-1,)}

    library.network = Unknown(model.path)
    with (
        pytest.raises(EngineUnavailable, match="'count'") as caught,
        engine_of(library, model, [images, output, count]),
    ):
        pass
    assert "NMS" in caught.value.remedy


@pytest.mark.parametrize("more", [{"dtype": "BF16"}, {"location": "HOST"}, {"format": "CHW4"}])
def test_tensors_in_other_forms(library: TensorRt, model: Model, more: dict[str, str]) -> None:
    images, output = plan(library, model)
    with (
        pytest.raises(EngineUnavailable, match="'output0' in a form"),
        engine_of(library, model, [images, output | more]),
    ):
        pass


def test_an_input_that_the_network_does_not_have(library: TensorRt, model: Model) -> None:
    extra = tensor("INPUT", TensorSpec("scale", (1, 2), "float32"))
    with (
        pytest.raises(EngineUnavailable, match="an input 'scale'"),
        engine_of(library, model, [*plan(library, model), extra]),
    ):
        pass


def test_tensors_that_are_not_bound(library: TensorRt, model: Model) -> None:
    with engine_of(library, model) as engine, pytest.raises(EngineUnavailable, match="Address is not set for tensor"):
        engine.enqueue()


@pytest.mark.parametrize(("name", "address"), [("pixels", 0x1000), ("images", 0x1004)])
def test_a_wrong_place(library: TensorRt, model: Model, name: str, address: int) -> None:
    with engine_of(library, model) as engine, pytest.raises(EngineUnavailable, match=name):
        engine.bind(name, address)


def test_a_run_that_fails(library: TensorRt, model: Model) -> None:
    library.fails_to_run = "Cask convolution: an illegal memory access was encountered"
    with Device() as device, engine_of(library, model) as engine:
        running = Running(device, device.stream(), engine)
        with pytest.raises(EngineUnavailable, match=r"cannot run m\.engine: .*illegal memory access") as caught:
            running.queue()
        assert "\n" not in str(caught.value)


def test_work_that_no_graph_takes(model: Model) -> None:
    library = TensorRt(OnnxNetwork(model.path), "1.7.1.116", rtx=True)
    library.capturable = False
    with engine_of(library, model) as engine:
        assert engine.not_capturable == "TensorRT-RTX 1.7.1.116 cannot run this network within a CUDA graph"


def test_what_rtx_compiles_is_kept(model: Model) -> None:
    library = TensorRt(OnnxNetwork(model.path), "1.7.1.116", rtx=True)
    kernels = model.path.with_suffix(".kernels")
    with Device() as device:
        stream = device.stream()
        for known in (b"", b"kernels for ", b"kernels for "):
            assert kernels.exists() == bool(known)
            path = engine_of(library, model)._built.path
            with TensorRtEngine(library, Built(path, "FP32", {"images": SHAPE}), stream.handle) as engine:
                assert engine._kernels._known.startswith(known)
                Running(device, stream, engine).queue()
                stream.synchronize()
    assert kernels.read_bytes().startswith(b"kernels for ")


def test_compiled_kernels_that_are_spoilt_cost_only_time(model: Model) -> None:
    library = TensorRt(OnnxNetwork(model.path), "1.7.1.116", rtx=True)
    model.path.with_suffix(".kernels").write_bytes(b"spoilt")
    with engine_of(library, model) as engine:
        assert engine.not_capturable is None


def test_the_one_built_last_is_opened(model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        gpu()
    except EngineUnavailable as error:
        pytest.skip(error.what)
    library = TensorRt(OnnxNetwork(model.path))
    library.__spec__ = ModuleSpec("tensorrt", None)
    monkeypatch.setitem(sys.modules, "tensorrt", library)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert "not built yet" in (unready("tensorrt", model) or "")
    cache = EngineCache(default_folder())
    for precision in ("fp32", "fp16"):
        recipe = Recipe(
            model.path.name, file_hash(model.path), target("tensorrt"), precision, None, False, SHAPE, SHAPE
        )
        with cache.workplace(iter(())) as folder:
            (folder / "engine").write_bytes(library.plan(plan(library, model)))
            cache.add(folder / "engine", recipe, ())
    assert unavailable("tensorrt") is None
    assert unready("tensorrt", model) is None
    with open_engine("tensorrt", model, SHAPE, STREAM) as engine:
        assert engine.precision == "FP16"
        assert engine.inputs[0].shape == SHAPE


def test_the_real_library_says_why_it_refuses(tmp_path: Path) -> None:
    real = pytest.importorskip("tensorrt_rtx_bindings", reason="TensorRT-RTX is not installed")
    path = tmp_path / "some.engine"
    path.write_bytes(b"ftrt" + bytes(20) + bytes([1, 7, 1, 116]) + bytes(100))
    with (
        pytest.raises(EngineUnavailable, match=r"TensorRT-RTX .* cannot load some\.engine: .*magicTag") as caught,
        TensorRtEngine(real, Built(path, "FP32", {}), STREAM),
    ):
        pass
    assert "\n" not in str(caught.value)
