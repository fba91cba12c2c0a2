"""CUDA's compiler as a library, which is there where nvcc is not: NVIDIA's package on the Python index has it."""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import site
import sys
from collections.abc import Iterator
from ctypes import POINTER, c_char_p, c_int, c_size_t, c_void_p
from functools import lru_cache
from pathlib import Path
from typing import Any

from core.errors import EngineUnavailable
from detector.cuda.nvcc import complaint

OPTIONS = ("--std=c++17", "--fmad=false")
FOLDERS = Path("/usr/local")
COMPILATION = 6  # NVRTC_ERROR_COMPILATION
_TEXTS = POINTER(c_char_p)
_SIZE = POINTER(c_size_t)
_SIGNATURES: dict[str, tuple[Any, ...]] = {
    "nvrtcCreateProgram": (POINTER(c_void_p), c_char_p, c_char_p, c_int, _TEXTS, _TEXTS),
    "nvrtcCompileProgram": (c_void_p, c_int, _TEXTS),
    "nvrtcGetProgramLogSize": (c_void_p, _SIZE),
    "nvrtcGetProgramLog": (c_void_p, c_void_p),
    "nvrtcGetCUBINSize": (c_void_p, _SIZE),
    "nvrtcGetCUBIN": (c_void_p, c_void_p),
    "nvrtcDestroyProgram": (POINTER(c_void_p),),
}


@lru_cache
def find() -> ctypes.CDLL | None:
    """The library, wherever it lies; None where it is not."""
    for place in _places():
        try:
            library = ctypes.CDLL(place)
        except OSError:
            continue
        _bind(library)
        return library
    return None


def compile_file(source: Path, architecture: str) -> bytes:
    """A file's cubin; `EngineUnavailable` with the compiler's words where there is none."""
    library = find()
    if library is None:
        raise EngineUnavailable("not installed")
    program = c_void_p()
    headers = {path.name: path.read_bytes() for path in source.parent.glob("*.cuh")}
    library.nvrtcCreateProgram(
        ctypes.byref(program),
        source.read_bytes(),
        source.name.encode(),
        len(headers),
        _texts([*headers.values()]),
        _texts([name.encode() for name in headers]),
    )
    try:
        return _compile(library, program, architecture)
    finally:
        library.nvrtcDestroyProgram(ctypes.byref(program))


def _compile(library: ctypes.CDLL, program: c_void_p, architecture: str) -> bytes:
    options = _texts([option.encode() for option in (f"--gpu-architecture=sm_{architecture}", *OPTIONS)])
    try:
        library.nvrtcCompileProgram(program, len(options), options)
    except EngineUnavailable as error:
        log = _text(library, program, "ProgramLog").rstrip(b"\0").decode("utf-8", "replace")
        raise EngineUnavailable(complaint(log) if log.strip() else error.what) from error
    return _text(library, program, "CUBIN")


def _text(library: ctypes.CDLL, program: c_void_p, what: str) -> bytes:
    size = c_size_t()
    getattr(library, f"nvrtcGet{what}Size")(program, ctypes.byref(size))
    buffer = ctypes.create_string_buffer(size.value)
    getattr(library, f"nvrtcGet{what}")(program, buffer)
    return buffer.raw


def _texts(values: list[bytes]) -> ctypes.Array[c_char_p]:
    return (c_char_p * len(values))(*values)


def _bind(library: ctypes.CDLL) -> None:
    def check(code: int, function: Any, _arguments: tuple[Any, ...]) -> int:
        if code:
            raise EngineUnavailable(f"{function.__name__} failed: {library.nvrtcGetErrorString(code).decode()}")
        return code

    library.nvrtcGetErrorString.restype = c_char_p
    for name, kinds in _SIGNATURES.items():
        function = getattr(library, name)
        function.argtypes = kinds
        function.errcheck = check


def _places() -> Iterator[str]:
    """Where the library may lie, the packages of this Python first."""
    packages = [*site.getsitepackages(), site.getusersitepackages(), *sys.path]
    for folder in dict.fromkeys(packages):
        yield from map(str, sorted(Path(folder).glob("nvidia/*/lib/libnvrtc.so.*")))
    if known := ctypes.util.find_library("nvrtc"):
        yield known
    for home in (*(Path(p) for p in [os.environ.get("CUDA_HOME", "")] if p), *sorted(FOLDERS.glob("cuda*"))):
        yield from map(str, sorted(home.glob("lib*/libnvrtc.so*")))
