"""NVIDIA's driver library through ctypes: whether there is a GPU at all, and the calls that pycuda lacks."""

from __future__ import annotations

import ctypes
import re
import warnings
from ctypes import POINTER, c_float, c_int, c_size_t, c_uint, c_uint64, c_void_p
from functools import lru_cache
from importlib import import_module
from typing import Any

from core.errors import EngineUnavailable

LIBRARY = "libcuda.so.1"
OLDEST = 11040  # the driver of CUDA 11.4, which brought the last of the calls below
NO_DEVICE = 100
MISMATCH = (803, 804)
NOT_READY = 600
CPU = "Start again, or run on the CPU with --backend onnxruntime."
MEMORY = "Close other programs that use the GPU, or choose a smaller network."

_OUT = POINTER(c_void_p)
_CHECKED: dict[str, tuple[Any, ...]] = {
    "cuCtxPopCurrent_v2": (_OUT,),
    "cuDevicePrimaryCtxRetain": (_OUT, c_int),
    "cuDevicePrimaryCtxRelease_v2": (c_int,),
    "cuEventCreate": (_OUT, c_uint),
    "cuEventDestroy_v2": (c_void_p,),
    "cuEventElapsedTime": (POINTER(c_float), c_void_p, c_void_p),
    "cuEventRecordWithFlags": (c_void_p, c_void_p, c_uint),
    "cuEventSynchronize": (c_void_p,),
    "cuGraphDestroy": (c_void_p,),
    "cuGraphExecDestroy": (c_void_p,),
    "cuGraphInstantiateWithFlags": (_OUT, c_void_p, c_uint64),
    "cuGraphLaunch": (c_void_p, c_void_p),
    "cuMemHostGetDevicePointer_v2": (POINTER(c_uint64), c_void_p, c_uint),
    "cuMemHostRegister_v2": (c_void_p, c_size_t, c_uint),
    "cuMemHostUnregister": (c_void_p,),
    "cuStreamBeginCapture_v2": (c_void_p, c_int),
    "cuStreamEndCapture": (c_void_p, _OUT),
    "cuStreamWaitEvent": (c_void_p, c_void_p, c_uint),
}


def why_no_device() -> str | None:
    """Why no GPU can be used here, and what helps; None where one can. Makes no CUDA context."""
    try:
        library = ctypes.CDLL(LIBRARY)
    except OSError:
        return f"NVIDIA's driver is not installed ({LIBRARY} is not here; on a Jetson it comes with JetPack)"
    return _why_not_ready(library) or _why_no_pycuda()


@lru_cache
def libcuda() -> ctypes.CDLL:
    """The driver's calls of the table above; one that fails raises `EngineUnavailable` with the error's name."""
    library = ctypes.CDLL(LIBRARY)
    for name, kinds in _CHECKED.items():
        function = getattr(library, name)
        function.argtypes = kinds
        function.errcheck = _check
    library.cuEventQuery.argtypes = (c_void_p,)
    return library


def refusal(reason: str) -> EngineUnavailable:
    """The error for a call of CUDA that failed, e.g. for "cuMemAlloc failed: out of memory"."""
    scarce = re.search(r"out.of.memory", reason, re.IGNORECASE)
    return EngineUnavailable(f"the GPU refused a call ({reason})", MEMORY if scarce else CPU)


def _check(code: int, function: Any, _arguments: tuple[Any, ...]) -> int:
    if code:
        raise refusal(f"{function.__name__} failed: {_name(libcuda(), code)}")
    return code


def _name(library: ctypes.CDLL, code: int) -> str:
    """As CUDA's documents call the error, e.g. CUDA_ERROR_OUT_OF_MEMORY."""
    text = ctypes.c_char_p()
    library.cuGetErrorName(code, ctypes.byref(text))
    return (text.value or f"error {code}".encode()).decode()


def _why_not_ready(library: ctypes.CDLL) -> str | None:
    version, devices = c_int(), c_int()
    library.cuDriverGetVersion(ctypes.byref(version))
    if version.value < OLDEST:
        return f"NVIDIA's driver is too old (for CUDA {_dotted(version.value)}; {_dotted(OLDEST)} is needed): update it"
    code = library.cuInit(0) or library.cuDeviceGetCount(ctypes.byref(devices))
    if code in MISMATCH:
        return f"NVIDIA's driver and its kernel module do not fit ({_name(library, code)}): restart the computer"
    if code not in (0, NO_DEVICE):
        return f"NVIDIA's driver does not start ({_name(library, code)}): `nvidia-smi` may say more"
    if code == NO_DEVICE or not devices.value:
        return "NVIDIA's driver finds no GPU (a container sees one only if started with --gpus all or --runtime nvidia)"
    return None


def _why_no_pycuda() -> str | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pycuda warns before it raises
            import_module("pycuda.driver")
    except ModuleNotFoundError:
        return "pycuda is not installed: `pip install pycuda` builds it where CUDA's compiler nvcc is"
    except ImportError as error:
        return f"pycuda does not load ({error}): `pip install --force-reinstall pycuda` builds it anew"
    return None


def _dotted(version: int) -> str:
    return f"{version // 1000}.{version % 1000 // 10}"
