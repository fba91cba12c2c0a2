"""Compiles a kernel file with g++ and launches its kernels on arrays in host memory."""

from __future__ import annotations

import ctypes
import hashlib
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).resolve().parent
KERNELS = HERE.parent.parent / "detector" / "cuda" / "kernels"
FLAGS = ("-std=c++20", "-O2", "-ffp-contract=off", "-fPIC", "-shared", "-w")
# Every file lists its kernels in a comment, for macros make many: // kernels: name_f32 name_f16
LISTED = re.compile(r"^// kernels: (.*)$", re.MULTILINE)

Argument = int | np.integer | np.floating  # an address, an int32, a float32


class Compiled:
    """The kernels of one file."""

    def __init__(self, file: Path) -> None:
        self._library = ctypes.CDLL(str(_library(file, _newest(file))))

    def kinds(self, symbol: str) -> str:
        """A letter for each argument of a kernel: p for an address, i for an int32, f for a float32."""
        kinds = getattr(self._library, f"kinds_{symbol}")
        kinds.restype = ctypes.c_char_p
        return str(kinds().decode())

    def launch(self, symbol: str, blocks: Sequence[int], threads: Sequence[int], arguments: Sequence[Argument]) -> None:
        """Run a kernel to its end; `blocks` and `threads` are up to three numbers."""
        values = [_value(argument) for argument in arguments]
        pointers = (ctypes.c_void_p * len(values))(*(ctypes.addressof(value) for value in values))
        getattr(self._library, f"launch_{symbol}")(_three(blocks), _three(threads), pointers)


def compiled(name: str) -> Compiled:
    """The kernels of `detector/cuda/kernels/<name>.cu`; the test skips where there is no g++."""
    return compiled_file(KERNELS / f"{name}.cu")


def compiled_file(file: Path) -> Compiled:
    """The kernels of any file; the test skips where there is no g++."""
    if shutil.which("g++") is None:
        pytest.skip("g++ is not here, which compiles the kernels for the CPU")
    return _compiled(file, _newest(file))


def address(array: np.ndarray) -> int:
    """Where an array lies, as a kernel's argument."""
    return int(array.ctypes.data)


@lru_cache
def _compiled(file: Path, _stamp: int) -> Compiled:
    return Compiled(file)


def _newest(file: Path) -> int:
    """Changes with every change of a kernel or of this folder's."""
    used = (file, *KERNELS.glob("*.cu*"), HERE / "cuda_on_cpu.h", Path(__file__))
    return max(path.stat().st_mtime_ns for path in used)


def _library(file: Path, stamp: int) -> Path:
    key = hashlib.sha256(f"{file} {stamp}".encode()).hexdigest()[:16]
    library = Path(tempfile.gettempdir()) / f"jetsight-kernels-{key}.so"
    if library.is_file():
        return library
    names = [name for line in LISTED.findall(file.read_text()) for name in line.split()]
    launchers = "".join(
        f'extern "C" void launch_{name}(const unsigned *g, const unsigned *b, void **a) '
        f"{{ cuda_on_cpu::launch({name}, g, b, a); }}\n"
        f'extern "C" const char *kinds_{name}() {{ return cuda_on_cpu::kinds({name}); }}\n'
        for name in names
    )
    with tempfile.TemporaryDirectory() as folder:
        unit = Path(folder) / "unit.cpp"
        unit.write_text(f'#include "{HERE / "cuda_on_cpu.h"}"\n#include "{file}"\n{launchers}')
        built = Path(folder) / "unit.so"
        subprocess.run(["g++", *FLAGS, str(unit), "-o", str(built)], check=True)
        shutil.move(built, library)
    return library


def _value(argument: Argument) -> ctypes._SimpleCData:
    if isinstance(argument, np.integer):
        return ctypes.c_int32(int(argument))
    if isinstance(argument, np.floating):
        return ctypes.c_float(float(argument))
    return ctypes.c_uint64(argument)


def _three(numbers: Sequence[int]) -> ctypes.Array:
    return (ctypes.c_uint * 3)(*numbers, *(1,) * (3 - len(numbers)))
