"""Which GPU this is, asked of the driver without making a context."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

from core.errors import EngineUnavailable
from detector.cuda.libcuda import LIBRARY

MAJOR, MINOR = 75, 76  # CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_…
NAME_BYTES = 256


@dataclass(frozen=True)
class Card:
    """A GPU's name, e.g. "Orin (nvgpu)", and its compute capability without the point, e.g. "87"."""

    name: str
    architecture: str


def gpu() -> Card:
    """The first GPU. Raises `EngineUnavailable` where there is none."""
    try:
        library = ctypes.CDLL(LIBRARY)
    except OSError as error:
        raise _no_gpu(f"{LIBRARY} is not here") from error
    device, major, minor = ctypes.c_int(), ctypes.c_int(), ctypes.c_int()
    name = ctypes.create_string_buffer(NAME_BYTES)
    failed = (
        library.cuInit(0)
        or library.cuDeviceGet(ctypes.byref(device), 0)
        or library.cuDeviceGetName(name, NAME_BYTES, device)
        or library.cuDeviceGetAttribute(ctypes.byref(major), MAJOR, device)
        or library.cuDeviceGetAttribute(ctypes.byref(minor), MINOR, device)
    )
    if failed:
        raise _no_gpu(f"its driver answers with error {failed}")
    return Card(name.value.decode(errors="replace"), f"{major.value}{minor.value}")


def _no_gpu(reason: str) -> EngineUnavailable:
    return EngineUnavailable(
        f"there is no NVIDIA GPU here ({reason})",
        "Build on the machine that will run the engine; with --backend tensorrt_rtx, --architecture may stand for it.",
    )
