"""A machine whose GPU is none, and a tiny network for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from cuda_on_cpu.makers import makers
from detecting import tiny

from detector.backends import Probes
from selftest.check import Context, Options

PATTERN = "pattern:?width=90&height=50&frames=300"
RUNTIME = "onnxruntime_cuda"


@pytest.fixture
def context(tmp_path: Path) -> Context:
    """Everything is there but TensorRT."""
    probes = Probes(
        device=lambda: None,
        runtime=lambda backend: None if backend == RUNTIME else f"{backend} is not installed",
        network=lambda _backend, _model: None,
    )
    options = Options(tiny(tmp_path / "m.onnx").path, source=PATTERN)
    return Context(options, makers(), probes, cameras=list, build=_nothing)


def _nothing(*_: object) -> None:
    raise AssertionError("nothing is to be built")
