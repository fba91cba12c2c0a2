"""What the checks of a GPU run on."""

from __future__ import annotations

from dataclasses import replace

import pytest
from onnx_graphs import GraphBuilder

from core.errors import EngineUnavailable
from core.pixels import PixelFormat
from detector.backends import Probes
from detector.cuda.libcuda import why_no_device
from detector.model import load_model
from selftest import choice
from selftest.check import Context, Missing, Options, Skipped


def test_a_machine_without_a_gpu_is_skipped_with_the_reason(context: Context) -> None:
    if why_no_device() is None:
        pytest.skip("there is a GPU here")
    without = replace(context, probes=Probes())
    with pytest.raises(Skipped, match="driver"):
        choice.require_gpu(without)


def test_the_fastest_runtime_that_is_there(context: Context) -> None:
    assert choice.device_backend(context, load_model(context.options.model)) == "onnxruntime_cuda"


def test_no_runtime_at_all(context: Context) -> None:
    without = replace(context, probes=replace(context.probes, runtime=lambda backend: f"no {backend}"))
    with pytest.raises(Missing, match="tensorrt was passed over: no tensorrt; tensorrt_rtx was passed over: no"):
        choice.device_backend(without, load_model(context.options.model))


def test_a_network_for_the_cpu_only(context: Context) -> None:
    graph = GraphBuilder((1, 3, 64, 64))
    graph.output(graph.op("Cast", graph.weighted(1, 1), to=6), "num_dets", (1, 1), "int32")
    graph.output(graph.weighted(1, 12, 4), "det_boxes", (1, 12, 4))
    graph.output(graph.op("Sigmoid", graph.weighted(1, 12)), "det_scores", (1, 12))
    graph.output(graph.op("Cast", graph.weighted(1, 12), to=6), "det_classes", (1, 12), "int32")
    with pytest.raises(Skipped, match="runs on the CPU: its suppression"):
        choice.device_backend(context, load_model(graph.save(context.options.model)))


def chosen(context: Context, backend: str) -> Context:
    return replace(context, options=replace(context.options, backend=backend))


def test_the_backend_that_is_asked_for(context: Context) -> None:
    model = load_model(context.options.model)
    assert choice.device_backend(chosen(context, "onnxruntime_cuda"), model) == "onnxruntime_cuda"
    with pytest.raises(EngineUnavailable, match="tensorrt is not installed"):
        choice.device_backend(chosen(context, "tensorrt"), model)
    with pytest.raises(Skipped, match="onnxruntime runs on the CPU"):
        choice.device_backend(chosen(context, "onnxruntime"), model)


def test_frames_in_blocks_of_a_pool(context: Context) -> None:
    given = choice.frames(context, 3)
    assert [(frame.width, frame.height, frame.format) for frame in given] == [(90, 50, PixelFormat.BGR)] * 3
    assert len({frame.planes[0].ctypes.data for frame in given}) == 3
    assert given[0].planes[0].any()


def test_the_source_where_none_is_asked_for() -> None:
    assert choice.source(Context(Options(source=None))) in (choice.DEMO, choice.PATTERN)
