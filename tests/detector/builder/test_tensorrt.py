"""What TensorRT is told, version by version, and what it says when it refuses."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import replace
from enum import IntEnum
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnx
import pytest
from builder_library import tensorrt as trt10
from onnx import TensorProto, helper
from onnx_graphs import GraphBuilder

from core.errors import EngineUnavailable
from detector.builder.options import BuildOptions, Job
from detector.builder.progress import Report
from detector.builder.shapes import Range
from detector.builder.tensorrt import EngineBuilder
from detector.recipe import Target

FIXED = {"images": Range((1, 3, 8, 8), (1, 3, 8, 8), (1, 3, 8, 8))}
MISSING = object()


def library(**changed: Any) -> SimpleNamespace:
    """TensorRT 10.3 with other or missing members."""
    members = {**vars(trt10), **changed}
    return SimpleNamespace(**{name: value for name, value in members.items() if value is not MISSING})


TRT_8 = library(
    __version__="8.6.1",
    IProgressMonitor=MISSING,
    NetworkDefinitionCreationFlag=SimpleNamespace(EXPLICIT_BATCH=0),
)
TRT_11 = library(
    __version__="11.4.1",
    NetworkDefinitionCreationFlag=SimpleNamespace(STRONGLY_TYPED=1),
    BuilderFlag=SimpleNamespace(TF32=trt10.BuilderFlag.TF32, GPU_FALLBACK=trt10.BuilderFlag.GPU_FALLBACK),
)


@pytest.fixture
def network(tmp_path: Path) -> Path:
    graph = GraphBuilder((1, 3, 8, 8))
    features = graph.op("Conv", "images", graph.constant(np.ones((3, 3, 1, 1))))
    graph.output(graph.op("Relu", features), "y", (1, 3, 8, 8))
    return graph.save(tmp_path / "net.onnx")


@pytest.fixture
def job(tmp_path: Path, network: Path) -> Job:
    options = BuildOptions(Target("tensorrt", "10.3.0", "Orin", "87"), "fp16")
    return Job(network, "yolov8", options, tmp_path / "built.engine", tmp_path / "timings")


def made(library: Any, job: Job, **changed: Any) -> dict[str, Any]:
    """How an engine is made with other options."""
    job = replace(job, options=replace(job.options, **changed))
    EngineBuilder(library, job, Report(io.StringIO())).build(job.model, FIXED, 0.0)
    description: dict[str, Any] = json.loads(job.engine.read_bytes())
    return description


@pytest.mark.parametrize(
    ("library", "precision", "network_flags", "flags"),
    [
        (trt10, "fp32", 0b11, []),
        (trt10, "fp16", 0b11, ["TF32"]),
        (trt10, "int8", 0b11, ["TF32"]),
        (TRT_11, "fp16", 0b10, ["TF32"]),
        (TRT_8, "fp32", 0b1, []),
        (TRT_8, "fp16", 0b1, ["FP16", "PREFER_PRECISION_CONSTRAINTS", "TF32"]),
        (TRT_8, "int8", 0b1, ["FP16", "INT8", "PREFER_PRECISION_CONSTRAINTS", "TF32"]),
    ],
)
def test_flags_follow_the_version(library: Any, job: Job, precision: str, network_flags: int, flags: list[str]) -> None:
    engine = made(library, job, precision=precision)
    assert (engine["network_flags"], engine["flags"]) == (network_flags, flags)


def test_engines_that_a_cuda_graph_takes_are_asked_for(job: Job) -> None:
    flags = IntEnum("BuilderFlag", {**trt10.BuilderFlag.__members__, "REQUIRE_USER_ALLOCATION": 20})
    assert "REQUIRE_USER_ALLOCATION" in made(library(BuilderFlag=flags), job)["flags"]


def test_without_types_float_layers_are_asked_to_stay_so(job: Job) -> None:
    assert "Relu" in made(TRT_8, job)["in_float"]
    assert "Conv" not in made(TRT_8, job)["in_float"]
    assert made(TRT_8, job, precision="fp32")["in_float"] == []
    assert made(trt10, job)["in_float"] == []


def test_the_workspace_is_bounded_in_bytes(job: Job) -> None:
    assert made(trt10, job)["pools"] == {}
    assert made(trt10, job, workspace_mb=512)["pools"] == {"WORKSPACE": 512 << 20}


class WithDla(trt10.Builder):
    num_DLA_cores = 2


@pytest.mark.parametrize(("base", "network_flags"), [(trt10, 0b1), (TRT_11, 0b10)])
def test_the_accelerator_is_typed_weakly_where_it_can_be(job: Job, base: Any, network_flags: int) -> None:
    engine = made(SimpleNamespace(**{**vars(base), "Builder": WithDla}), job, dla=True)
    assert (engine["device"], engine["network_flags"]) == ("DLA", network_flags)
    assert "GPU_FALLBACK" in engine["flags"]


def test_a_machine_without_the_accelerator_says_so(job: Job) -> None:
    with pytest.raises(EngineUnavailable, match="--dla"):
        made(trt10, job, dla=True)


def test_timings_are_kept_for_the_next_build(job: Job) -> None:
    made(trt10, job)
    assert job.timings.read_bytes() == b"timed "
    made(trt10, job)
    assert job.timings.read_bytes() == b"timed timed "


def test_timings_of_another_gpu_are_begun_anew(job: Job) -> None:
    job.timings.write_bytes(b"of another GPU")
    made(trt10, job)
    assert job.timings.read_bytes() == b"timed "


def refused(tmp_path: Path, job: Job, library: Any, *operators: str) -> EngineUnavailable:
    """The error for a graph of these operators, one after another."""
    names = ["images", *(f"t{number}" for number in range(len(operators)))]
    nodes = [helper.make_node(kind, [names[n]], [names[n + 1]], name=f"n{n}") for n, kind in enumerate(operators)]
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in (names[0], names[-1])]
    graph = helper.make_graph(nodes, "refused", values[:1], values[1:])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), tmp_path / "refused.onnx")
    with pytest.raises(EngineUnavailable) as raised:
        made(library, replace(job, model=tmp_path / "refused.onnx"))
    return raised.value


class OlderParser(trt10.OnnxParser):
    """TensorRT 8 tells a node's number and not its type."""

    def get_error(self, index: int) -> Any:
        error = super().get_error(index)
        return SimpleNamespace(node=error.node, desc=error.desc)


@pytest.mark.parametrize("library", [trt10, library(OnnxParser=OlderParser)])
def test_operators_that_are_refused_are_named_with_the_way_out(tmp_path: Path, job: Job, library: Any) -> None:
    error = refused(tmp_path, job, library, "Relu", "ConvInteger", "ConvInteger")
    assert error.what == "TensorRT does not take refused.onnx: 2 of ConvInteger"
    assert "export it in float" in error.remedy


def test_the_parsers_reason_is_told_where_it_is_one(tmp_path: Path, job: Job) -> None:
    error = refused(tmp_path, job, trt10, "Det")
    assert error.what == "TensorRT does not take refused.onnx: Det (Determinants are not supported)"


def test_a_failure_for_memory_says_what_helps(job: Job) -> None:
    class Scarce(trt10.Builder):
        def build_serialized_network(self, network: Any, config: Any) -> None:
            self._logger.log(trt10.ILogger.Severity.ERROR, "OutOfMemory (Requested size was 2 GB)")

    with pytest.raises(EngineUnavailable, match=r"Requested size was 2 GB.*swap"):
        made(library(Builder=Scarce), job)


@pytest.mark.parametrize("name", ["Builder", "OnnxParser", "IProgressMonitor", "NetworkDefinitionCreationFlag"])
def test_the_stand_in_has_nothing_that_the_real_one_lacks(name: str) -> None:
    real = getattr(pytest.importorskip("tensorrt_rtx_bindings", reason="TensorRT-RTX is not installed"), name)
    public = {member for member in vars(getattr(trt10, name)) if not member.startswith("_")}
    older = {"EXPLICIT_BATCH"}  # gone from TensorRT-RTX
    assert public - older <= set(dir(real)), sys.modules[real.__module__]
