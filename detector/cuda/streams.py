"""Streams of work on the GPU, and the kernels that are launched on them; made by a `Device`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.cuda.graphs import EXTERNAL, Capture, Event, Graph
from detector.cuda.libcuda import libcuda, refusal

NON_BLOCKING = 1  # a stream does not wait for the default one, which others use

Argument = int | np.int32 | np.float32  # an address, or a number


class Refusals:
    """Turns pycuda's errors into `EngineUnavailable`."""

    def __init__(self, cuda: Any) -> None:
        self._errors = cuda.Error

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, self._errors):
            raise refusal(str(error)) from error


class Function:
    """A kernel."""

    def __init__(self, symbol: str, call: Any) -> None:
        self.symbol = symbol
        self.call = call


class Module:
    """Kernels that were compiled together."""

    def __init__(self, cuda: Any, cubin: bytes) -> None:
        self._refusals = Refusals(cuda)
        self._functions: list[Function] = []
        with self._refusals:
            self._module = cuda.module_from_buffer(cubin)

    def function(self, symbol: str) -> Function:
        """The kernel of that name; `EngineUnavailable` where there is none."""
        with self._refusals:
            self._functions.append(Function(symbol, self._module.get_function(symbol)))
        return self._functions[-1]

    def close(self) -> None:
        """Unloads them."""
        for function in self._functions:
            function.call = None
        self._module = None


class Stream:
    """Work in order: every call queues something and returns. Host arrays are contiguous and live until it is done."""

    def __init__(self, cuda: Any, graphs: set[Graph]) -> None:
        self._cuda = cuda
        self._graphs = graphs
        self._refusals = Refusals(cuda)
        self._calls = libcuda()
        self._record_flags = 0
        with self._refusals:
            self._stream = cuda.Stream(NON_BLOCKING)
        self.handle: int = self._stream.handle

    def upload(self, address: int, host: NDArray[Any]) -> None:
        """Copy a host array to the device."""
        with self._refusals:
            self._cuda.memcpy_htod_async(address, host, self._stream)

    def download(self, host: NDArray[Any], address: int) -> None:
        """Copy from the device over a host array."""
        with self._refusals:
            self._cuda.memcpy_dtoh_async(host, address, self._stream)

    def fill(self, address: int, byte: int, size: int) -> None:
        """Set `size` bytes."""
        with self._refusals:
            self._cuda.memset_d8_async(address, byte, size, self._stream)

    def launch(
        self, function: Function, blocks: Sequence[int], threads: Sequence[int], arguments: Sequence[Argument]
    ) -> None:
        """Run a kernel; `blocks` and `threads` are up to three numbers."""
        values = [np.uintp(value) if isinstance(value, int) else value for value in arguments]
        with self._refusals:
            function.call(*values, grid=_three(blocks), block=_three(threads), stream=self._stream)

    def record(self, event: Event) -> None:
        """Let an event mark this point. In a graph it takes the time of each replay and cannot be waited for."""
        self._calls.cuEventRecordWithFlags(event.handle, self.handle, self._record_flags)

    def wait(self, event: Event) -> None:
        """Go on only when another stream has come to an event."""
        self._calls.cuStreamWaitEvent(self.handle, event.handle, 0)

    @contextmanager
    def capture(self) -> Iterator[Capture]:
        """Record a graph instead of doing what is queued: see `Capture`."""
        self._record_flags = EXTERNAL
        try:
            with Capture(self.handle, self._graphs) as capture:
                yield capture
        finally:
            self._record_flags = 0

    def replay(self, graph: Graph) -> None:
        """Do what was recorded."""
        self._calls.cuGraphLaunch(graph.handle, self.handle)

    def synchronize(self) -> None:
        """Wait until all is done."""
        with self._refusals:
            self._stream.synchronize()

    def close(self) -> None:
        """Ends it."""
        self._stream = None


def _three(numbers: Sequence[int]) -> tuple[int, ...]:
    return (*numbers, *(1,) * (3 - len(numbers)))
