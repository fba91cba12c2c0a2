"""What a `CudaDetector` is opened with where there is no GPU."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any

import pytest

from cuda_on_cpu.device import OPEN, Device
from cuda_on_cpu.engine import CpuEngine
from detector.cuda.detector import CudaDetector, Makers
from detector.model import Model

NAME = "cuda_on_cpu"


def makers(engine: Callable[..., CpuEngine] = CpuEngine, **device: Any) -> Makers:
    """Devices and engines that are none; the test skips where there is no g++."""
    if shutil.which("g++") is None:
        pytest.skip("g++ is not here, which compiles the kernels for the CPU")
    return Makers(lambda: Device(**device), lambda _, model, shape, stream: engine(model, shape, stream))


def cuda_detector(model: Model, depth: int = 1) -> CudaDetector:
    """An unopened detector on a device that is none."""
    return CudaDetector(model, NAME, depth, makers())


def device() -> Device:
    """The one that is open."""
    (opened,) = OPEN
    return opened
