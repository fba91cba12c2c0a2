"""What a machine tells of itself."""

from __future__ import annotations

import json

from selftest.check import Context, Status
from selftest.checks import environment


def test_everything_has_an_answer_or_a_reason() -> None:
    outcome = environment.run(Context())
    assert outcome.status is Status.OK
    assert outcome.figures.keys() >= {"python", "system", "gpu", "driver", "tensorrt", "onnxruntime_providers", "nvcc"}
    assert outcome.figures["tensorrt"].keys() == {"tensorrt", "tensorrt_rtx"}
    assert "CPUExecutionProvider" in outcome.figures["onnxruntime_providers"]
    json.dumps(outcome.figures)


def test_a_program_that_is_not_here_has_its_reason() -> None:
    assert environment._says("nothing-of-this-name") == "(not installed)"
    assert environment._says("sh", "-c", "echo no such package >&2; exit 1") == "(no such package)"
    assert environment._says("echo", "NV Power Mode: 25W\n1") == "NV Power Mode: 25W; 1"


def test_the_release_of_nvcc() -> None:
    words = "nvcc: NVIDIA (R) Cuda compiler driver; Cuda compilation tools, release 13.0, V13.0.48; Build cuda_13.0.r13"
    assert environment._release(words) == "Cuda compilation tools, release 13.0, V13.0.48"
    assert environment._release("(nvcc fatal)") == "(nvcc fatal)"
