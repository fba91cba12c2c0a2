"""What the driver says where there is no GPU; what it does on one is in `tests/gpu`."""

from __future__ import annotations

import pytest

from core.errors import EngineUnavailable
from detector.cuda.driver import Device, why_no_device
from detector.cuda.libcuda import refusal


@pytest.fixture
def reason() -> str:
    reason = why_no_device()
    if reason is None:
        pytest.skip("there is a GPU here")
    return reason


def test_no_gpu(reason: str) -> None:
    device = Device()
    with pytest.raises(EngineUnavailable) as caught:
        device.__enter__()
    assert str(caught.value) == f"no GPU can be used: {reason}. Run on the CPU with --backend onnxruntime."


def test_the_reason_is_the_same_each_time(reason: str) -> None:
    assert why_no_device() == reason


@pytest.mark.parametrize("words", ["cuMemAlloc failed: out of memory", "cuGraphLaunch: CUDA_ERROR_OUT_OF_MEMORY"])
def test_want_of_memory_has_its_own_remedy(words: str) -> None:
    error = refusal(words)
    assert words in error.what
    assert "smaller network" in error.remedy


def test_other_refusals() -> None:
    assert "--backend onnxruntime" in refusal("cuGraphLaunch failed: CUDA_ERROR_ILLEGAL_ADDRESS").remedy
