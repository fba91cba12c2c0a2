"""Which GPU and driver a measurement was made on."""

from __future__ import annotations

import ctypes
from typing import Any

from detector.cuda.driver import Device
from detector.cuda.libcuda import LIBRARY

MANAGEMENT = "libnvidia-ml.so.1"
VERSION_BYTES = 80  # NVML_SYSTEM_DRIVER_VERSION_BUFFER_SIZE


def gpu(device: Device) -> dict[str, Any]:
    """Its name and compute capability, the driver, and the newest CUDA that the driver runs; None where it is unknown.

    A Jetson's driver has the version of its system.
    """
    return {
        "gpu": device.name,
        "architecture": device.architecture,
        "integrated": device.integrated,
        "driver": _driver(),
        "cuda": _cuda(),
    }


def _cuda() -> str | None:
    version = ctypes.c_int()
    library = _library(LIBRARY)
    if library is None or library.cuDriverGetVersion(ctypes.byref(version)):
        return None
    return f"{version.value // 1000}.{version.value % 1000 // 10}"


def _driver() -> str | None:
    library, version = _library(MANAGEMENT), ctypes.create_string_buffer(VERSION_BYTES)
    if library is None or library.nvmlInit_v2():
        return None
    failed = library.nvmlSystemGetDriverVersion(version, VERSION_BYTES)
    library.nvmlShutdown()
    return None if failed else version.value.decode(errors="replace")


def _library(name: str) -> ctypes.CDLL | None:
    try:
        return ctypes.CDLL(name)
    except OSError:
        return None
