"""A pytest plug-in: the tests of the kernels, written for `cuda_on_cpu`, on a real GPU instead.

    python -m pytest -p cuda_on_gpu tests/detector/cuda/test_suppress.py …

An array whose address a test takes gets memory on the GPU; it goes up before each launch and comes back after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from cuda_on_cpu import compiled as on_cpu
from cuda_on_cpu import device as stand_in

from detector.cuda.driver import Device, Module, Stream, why_no_device

_arrays: dict[int, tuple[np.ndarray, int]] = {}  # by host address: the array and its place on the GPU
_device = Device()
_modules: dict[Path, Module] = {}
_stream: list[Stream] = []


class OnGpu(on_cpu.Compiled):
    """The kernels of one file."""

    def __init__(self, file: Path) -> None:
        super().__init__(file)
        self._file = file

    def launch(
        self, symbol: str, blocks: Sequence[int], threads: Sequence[int], arguments: Sequence[on_cpu.Argument]
    ) -> None:
        """Run a kernel to its end."""
        if self._file not in _modules:
            _modules[self._file] = _device.load(self._file)
        for array, place in _arrays.values():
            _stream[0].upload(place, array)
        values = [
            value if isinstance(value, int) else np.int32(value) if isinstance(value, np.integer) else np.float32(value)
            for value in arguments
        ]
        _stream[0].launch(_modules[self._file].function(symbol), blocks, threads, values)
        for array, place in _arrays.values():
            if array.flags.writeable:
                _stream[0].download(array, place)
        _stream[0].synchronize()


def address(array: np.ndarray) -> int:
    """Where an array lies on the GPU."""
    host = array.ctypes.data
    if host not in _arrays or _arrays[host][0].nbytes < array.nbytes:
        assert array.flags.c_contiguous
        _arrays[host] = array, _device.allocate(max(array.nbytes, 1))
    return _arrays[host][1]


def _no_stand_in(_device: object) -> None:
    pytest.skip("a stand-in for a GPU has no place on one")


stand_in.Device.__enter__ = _no_stand_in
on_cpu.compiled_file = OnGpu
on_cpu.address = address


def pytest_configure() -> None:
    """Ends at once where there is no GPU, with the reason."""
    if reason := why_no_device():
        pytest.exit(f"no kernel can run on a GPU here: {reason}", returncode=0)


@pytest.fixture(scope="session", autouse=True)
def _gpu() -> Iterator[None]:
    with _device:
        _stream.append(_device.stream())
        yield


@pytest.fixture(autouse=True)
def _fresh_arrays() -> Iterator[None]:
    yield
    for _, place in _arrays.values():
        _device.free(place)
    _arrays.clear()
