"""Building an engine, or why not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from detector.model import Model
from selftest.check import Context, Missing, Skipped, Status
from selftest.checks import build


def with_tensorrt(context: Context, network: str | None) -> Context:
    probes = replace(context.probes, runtime=lambda _: None, network=lambda _backend, _model: network)
    return replace(context, probes=probes)


def test_no_tensorrt_is_missing_and_how_to_get_it_is_told(context: Context) -> None:
    with pytest.raises(Missing, match=r"tensorrt is not installed\. Jetson: sudo apt-get install nvidia-jetpack"):
        build.run(context)


def test_an_engine_that_is_there(context: Context) -> None:
    outcome = build.run(with_tensorrt(context, None))
    assert outcome.status is Status.OK
    assert outcome.words == "the tensorrt engine of m.onnx was there"


def test_an_engine_is_built(context: Context) -> None:
    built: list[tuple[str, str]] = []

    def remember(model: Model, backend: str) -> None:
        built.append((model.path.name, backend))

    outcome = build.run(replace(with_tensorrt(context, "it was not built yet"), build=remember))
    assert built == [("m.onnx", "tensorrt")]
    assert outcome.status is Status.OK
    assert outcome.figures["seconds"] >= 0


def test_a_backend_without_engines(context: Context) -> None:
    options = replace(context.options, backend="onnxruntime_cuda")
    with pytest.raises(Skipped, match="needs no engine"):
        build.run(replace(with_tensorrt(context, None), options=options))


def test_no_gpu(context: Context) -> None:
    with pytest.raises((Skipped, Missing), match="no driver"):
        build.run(replace(context, probes=replace(context.probes, device=lambda: "no driver")))
