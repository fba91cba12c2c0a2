from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.errors import ModelUnreadable
from detector.enginefile import read

PLAN = b"ftrt" + bytes(20) + bytes([10, 3, 0, 26]) + bytes(100)


def prefixed(metadata: object, plan: bytes = PLAN) -> bytes:
    text = json.dumps(metadata).encode()
    return len(text).to_bytes(4, "little") + text + plan


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "some.engine"


@pytest.mark.parametrize("mark", [b"ptrt", b"ftrt", b"vtrt"])
def test_as_the_library_writes_it(path: Path, mark: bytes) -> None:
    path.write_bytes(mark + PLAN[4:])
    file = read(path)
    assert file.plan == mark + PLAN[4:]
    assert file.names is None
    assert file.metadata == {}


def test_as_ultralytics_writes_it(path: Path) -> None:
    names = {str(i): f"class {i}" for i in range(12)}
    path.write_bytes(prefixed({"stride": 32, "names": names}))
    file = read(path)
    assert file.plan == PLAN
    assert file.names == tuple(f"class {i}" for i in range(12))
    assert file.metadata["stride"] == 32


@pytest.mark.parametrize(
    ("names", "expected"), [(["a", "b"], ("a", "b")), ({"one": "a"}, None), ("a, b", None), (None, None), ([], ())]
)
def test_names_in_other_forms(path: Path, names: object, expected: tuple[str, ...] | None) -> None:
    path.write_bytes(prefixed({"names": names}))
    assert read(path).names == expected


def test_the_version_that_built_it(path: Path) -> None:
    path.write_bytes(PLAN)
    assert read(path).version == "10.3.0.26"
    path.write_bytes(b"ptrt" + PLAN[4:])
    assert read(path).version is None


@pytest.mark.parametrize(("mark", "backend"), [(b"ptrt", "tensorrt"), (b"ftrt", "tensorrt"), (b"vtrt", "tensorrt_rtx")])
def test_whose_engine_it_is(path: Path, mark: bytes, backend: str) -> None:
    path.write_bytes(mark + PLAN[4:])
    assert read(path).backend == backend


@pytest.mark.parametrize(
    ("args", "precision"),
    [
        ({"half": True, "int8": False}, "FP16"),
        ({"half": False, "int8": True}, "INT8"),
        ({"half": False, "int8": False}, "FP32"),
        ({"quantize": 16}, "FP16"),
        ({"quantize": 8}, "INT8"),
        ({"quantize": None}, "FP32"),
        (None, None),
    ],
)
def test_the_precision_that_was_asked_for(path: Path, args: object, precision: str | None) -> None:
    path.write_bytes(prefixed({"args": args}))
    assert read(path).precision == precision


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "0 bytes are too few"),
        (b"ftrt", "4 bytes are too few"),
        (prefixed({"names": []}, b""), "0 bytes are too few"),
        (b"PK\x03\x04" + bytes(100), "an archive"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22e", "Git LFS"),
        (b"\x08\x07\x12\x07pytorch" + bytes(100), "something else"),
        (prefixed([1, 2]), "something else"),
        (b"\x10\x00\x00\x00{not json at all" + bytes(100), "something else"),
        (b"\xff\xff\xff\xff" + bytes(100), "something else"),
    ],
)
def test_a_file_that_is_none(path: Path, content: bytes, reason: str) -> None:
    path.write_bytes(content)
    with pytest.raises(ModelUnreadable, match=reason):
        read(path)


def test_a_file_that_is_not_there(path: Path) -> None:
    with pytest.raises(ModelUnreadable, match="cannot be read"):
        read(path)


def test_what_tensorrt_rtx_writes(path: Path) -> None:
    trt = pytest.importorskip("tensorrt_rtx_bindings", reason="TensorRT-RTX is not installed")
    builder = trt.Builder(trt.Logger(trt.Logger.ERROR))
    network = builder.create_network(1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED))
    inputs = network.add_input("x", trt.float32, (1, 8))
    network.mark_output(network.add_activation(inputs, trt.ActivationType.RELU).get_output(0))
    config = builder.create_builder_config()
    config.num_compute_capabilities = 1
    config.set_compute_capability(trt.ComputeCapability.SM89, 0)
    path.write_bytes(builder.build_serialized_network(network, config))
    assert read(path).version == trt.__version__
