"""A GPU that is none: the API of `detector/cuda/driver.py` on host memory, for tests without a GPU.

Stricter than CUDA: what CUDA would answer with an error, or with nonsense, is an AssertionError. Streams are as late as
CUDA allows: nothing is done before somebody waits for it. Fresh memory is poisoned, its surroundings are guarded, and
what is freed must not be written any more. Addresses are the host's; kernels run through `compiled`.
"""

from __future__ import annotations

import bisect
from collections import deque
from pathlib import Path
from threading import get_ident

import numpy as np
from numpy.typing import DTypeLike

from cuda_on_cpu.compiled import Compiled, compiled_file
from cuda_on_cpu.streams import Event, Function, Graph, Stream

GUARD = 256
FRESH, OUTSIDE, FREED = 0xCD, 0xAB, 0xDD
REMEMBERED = 16  # freed blocks that are still watched


class Block:
    """Memory between guards."""

    def __init__(self, size: int) -> None:
        self._whole = np.full(size + 3 * GUARD, OUTSIDE, np.uint8)
        start = GUARD + -(self._whole.ctypes.data + GUARD) % GUARD
        self.bytes = self._whole[start : start + size]
        self._guards = self._whole[:start], self._whole[start + size :]
        self.bytes[:] = FRESH

    def check(self) -> None:
        assert all((guard == OUTSIDE).all() for guard in self._guards), "memory beside an allocation was written"

    def retire(self) -> None:
        self.check()
        self.bytes[:] = FREED

    def check_retired(self) -> None:
        self.check()
        assert (self.bytes == FREED).all(), "memory was written after it was freed"


class Module:
    """The kernels of one file."""

    def __init__(self, kernels: Compiled) -> None:
        self._kernels = kernels

    def function(self, symbol: str) -> Function:
        return Function(symbol, self._kernels)


class Device:
    """See `detector/cuda/driver.py`; `allocated_bytes`, `registered` and `graphs` are what is not freed yet."""

    name = "a CPU in place of a GPU"
    architecture = "90"

    def __init__(self, integrated: bool = False) -> None:
        self.integrated = integrated
        self.graphs: set[Graph] = set()
        self._blocks: dict[int, Block] = {}
        self._freed: deque[Block] = deque(maxlen=REMEMBERED)
        self._locked: dict[int, np.ndarray] = {}
        self._streams: list[Stream] = []
        self._thread: int | None = None

    def __enter__(self) -> Device:
        assert self._thread is None, "a device is opened once"
        self._thread = get_ident()
        OPEN.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        self.check()
        try:
            self._drain()
            self.check_memory()
        finally:
            OPEN.remove(self)
            self.graphs.clear()
            self._blocks.clear()
            self._locked.clear()
            self._thread = 0

    def check_memory(self) -> None:
        """Nothing was written where nothing belongs."""
        for block in self._blocks.values():
            block.check()
        for block in self._freed:
            block.check_retired()

    @property
    def allocated_bytes(self) -> int:
        return sum(block.bytes.size for block in self._blocks.values())

    @property
    def registered(self) -> int:
        return len(self._locked)

    def check(self) -> None:
        """The caller may use this device."""
        assert self._thread, "the device is not open"
        assert self._thread == get_ident(), "a device belongs to the thread that opened it"

    def check_idle(self) -> None:
        """... and CUDA forbids nothing because of a capture."""
        self.check()
        assert not any(stream.capturing for stream in self._streams), "CUDA forbids this while a graph is captured"

    def allocate(self, size: int) -> int:
        self.check_idle()
        assert size > 0
        block = Block(size)
        address = block.bytes.ctypes.data
        self._blocks[address] = block
        return address

    def free(self, address: int) -> None:
        self.check_idle()
        assert address in self._blocks, "what is freed was not allocated"
        self._drain()
        block = self._blocks.pop(address)
        block.retire()
        self._freed.append(block)

    def pinned(self, size: int) -> np.ndarray:
        block = np.zeros(size, np.uint8)
        self.register(block)
        return block

    def register(self, block: np.ndarray) -> int:
        self.check_idle()
        assert block.flags.c_contiguous
        assert block.nbytes
        assert block.ctypes.data not in self._locked, "the memory is page-locked already"
        self._locked[block.ctypes.data] = block.reshape(-1).view(np.uint8)
        return int(block.ctypes.data)

    def seen_at(self, block: np.ndarray) -> int:
        self.check()
        assert self.locked(block), "the memory is not page-locked"
        return int(block.ctypes.data)

    def unregister(self, block: np.ndarray) -> None:
        self.check_idle()
        assert block.ctypes.data in self._locked, "the memory is not page-locked"
        assert not any(stream.pending for stream in self._streams), "work that may use the memory is under way"
        del self._locked[block.ctypes.data]

    def load(self, source: Path) -> Module:
        self.check_idle()
        return Module(compiled_file(source))

    def stream(self) -> Stream:
        self.check()
        self._streams.append(Stream(self))
        return self._streams[-1]

    def event(self) -> Event:
        self.check()
        return Event(self)

    def memory(self) -> tuple[int, int]:
        self.check()
        total = 1 << 33
        return total - self.allocated_bytes, total

    def locked(self, host: np.ndarray) -> bool:
        """Does an array lie in page-locked memory?"""
        return any(_inside(host.ctypes.data, host.nbytes, block) for block in self._locked.values())

    def bytes_at(self, address: int, size: int) -> np.ndarray | None:
        """A view of memory that the device can reach; None where it cannot."""
        starts = sorted(self._blocks)
        place = bisect.bisect_right(starts, address) - 1
        near = [self._blocks[starts[place]].bytes] if place >= 0 else []
        for block in (*near, *self._locked.values()):
            if _inside(address, size, block):
                start = address - block.ctypes.data
                return block[start : start + size]
        return None

    def _drain(self) -> None:
        for stream in self._streams:
            stream.run()


OPEN: list[Device] = []


def view(address: int, shape: tuple[int, ...], dtype: DTypeLike) -> np.ndarray:
    """Device memory as an array, for the fakes of engines and for what tests compare."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    for device in OPEN:
        if (found := device.bytes_at(address, size)) is not None:
            return found.view(dtype).reshape(shape)
    raise AssertionError(f"no memory of a device: {size} bytes at {address:#x}")


def stream_of(handle: int) -> Stream:
    """The stream with that handle, as engines are given it; its `queue` takes what an engine does."""
    for device in OPEN:
        for stream in device._streams:
            if stream.handle == handle:
                return stream
    raise AssertionError(f"no stream of a device: {handle}")


def _inside(address: int, size: int, block: np.ndarray) -> bool:
    start = block.ctypes.data
    return bool(start <= address and address + size <= start + block.nbytes)
