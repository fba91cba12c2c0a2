"""The GPU and its memory. Nothing else opens one; what pycuda lacks is in `graphs` and `libcuda`.

Whatever a `Device` gave out is gone when its `with` block ends, except host memory, which is then only no longer
page-locked. All of it belongs to the thread that opened the device.
"""

from __future__ import annotations

import mmap
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from threading import get_ident
from types import TracebackType
from typing import Any, TypeVar

import numpy as np

from core.errors import EngineUnavailable
from core.pixels import U8
from detector.cuda import compiler, pagelocks, primary
from detector.cuda.graphs import Capture, Event, Graph
from detector.cuda.libcuda import why_no_device
from detector.cuda.streams import Function, Module, Refusals, Stream

__all__ = ("Capture", "Device", "Event", "Function", "Graph", "Module", "Stream", "why_no_device")

Owned = TypeVar("Owned", Module, Event, Stream)


class Device:
    """The first GPU that CUDA sees, through its primary context, which other libraries of this process share.

    Raises `EngineUnavailable` where there is none; so do all calls that CUDA refuses.
    """

    name: str
    architecture: str  # compute capability, e.g. "90"
    integrated: bool  # its memory is the host's, as on a Jetson

    def __enter__(self) -> Device:
        if reason := why_no_device():
            raise EngineUnavailable(f"no GPU can be used: {reason}", "Run on the CPU with --backend onnxruntime.")
        self._thread = get_ident()
        self._cuda = import_module("pycuda.driver")
        self._refusals = Refusals(self._cuda)
        self._memory: dict[int, Any] = {}
        self._locked: dict[int, tuple[U8, int]] = {}
        self._graphs: set[Graph] = set()
        self._owned: list[Module | Event | Stream] = []
        with self._refusals:
            device = primary.first(self._cuda)
            self.name = device.name()
            self.architecture = "{}{}".format(*device.compute_capability())
            self.integrated = bool(device.get_attribute(self._cuda.device_attribute.INTEGRATED))
            primary.enter(device)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if get_ident() != self._thread:
            raise RuntimeError("a device is closed by the thread that opened it")
        with suppress(self._cuda.Error):
            self._cuda.Context.synchronize()
        for thing in (*self._graphs, *reversed(self._owned)):
            thing.close()
        for address in tuple(self._memory):
            self.free(address)
        for block, _ in tuple(self._locked.values()):
            with suppress(EngineUnavailable):
                self.unregister(block)
        primary.leave(self._cuda)

    def allocate(self, size: int) -> int:
        """The address of `size` bytes on the device, uninitialised."""
        with self._refusals:
            allocation = self._cuda.mem_alloc(size)
        self._memory[int(allocation)] = allocation
        return int(allocation)

    def free(self, address: int) -> None:
        """Gives memory back."""
        with self._refusals:
            self._memory.pop(address).free()

    def pinned(self, size: int) -> U8:
        """Page-locked host memory of `size` bytes, all 0."""
        block: U8 = np.frombuffer(mmap.mmap(-1, size), np.uint8)
        self.register(block)
        return block

    def register(self, block: U8) -> int:
        """Page-lock host memory; returns the address at which the device sees it."""
        seen = pagelocks.lock(block)
        self._locked[block.ctypes.data] = block, seen
        return seen

    def seen_at(self, block: U8) -> int:
        """The address at which the device sees a page-locked block."""
        return self._locked[block.ctypes.data][1]

    def unregister(self, block: U8) -> None:
        """Page-lock host memory no longer; nothing that uses it may be under way."""
        del self._locked[block.ctypes.data]
        pagelocks.unlock(block)

    def load(self, source: Path) -> Module:
        """The kernels of a `.cu` file, compiled for this device where that was not done before."""
        compiled = compiler.cubin(source, self.architecture)
        try:
            return self._own(Module(self._cuda, compiled))
        except EngineUnavailable:
            compiler.forget(source, self.architecture)
            raise

    def stream(self) -> Stream:
        """A new queue of work, independent of others."""
        return self._own(Stream(self._cuda, self._graphs))

    def event(self) -> Event:
        """A new mark."""
        return self._own(Event())

    def memory(self) -> tuple[int, int]:
        """Bytes that are free, and bytes in all."""
        with self._refusals:
            free, total = self._cuda.mem_get_info()
        return int(free), int(total)

    def _own(self, thing: Owned) -> Owned:
        self._owned.append(thing)
        return thing
