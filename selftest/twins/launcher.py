"""Kernels on arrays: whatever runs them takes an array's address for the array, and gives it back changed."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from core.pixels import U8
from detector.cuda.driver import Device, Stream
from detector.cuda.kernels import Kernels
from detector.cuda.memory import Memory

Argument = int | np.int32 | np.float32
Grid = tuple[Sequence[int], Sequence[int]]  # blocks and threads, up to three numbers each


class Launcher(Protocol):
    """Runs kernels of the catalogue."""

    def address(self, array: NDArray[Any]) -> int:
        """Where kernels find a contiguous array as it is now."""
        ...

    def launch(self, kernel: str, dtypes: Sequence[str], grid: Grid, arguments: Sequence[Argument]) -> None:
        """Queue the variant of a kernel for tensors of these number types (NumPy's names)."""
        ...

    def finish(self) -> None:
        """Wait for all kernels; the arrays hold what they left."""
        ...


class OnDevice:
    """On a GPU, with a copy there of each array until its `with` block ends."""

    def __init__(self, device: Device, stream: Stream, kernels: Kernels) -> None:
        self._kernels = kernels
        self._memory = Memory(device)
        self._stream = stream
        self._copies: list[tuple[U8, int]] = []

    def __enter__(self) -> OnDevice:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.synchronize()
        self._memory.close()

    def address(self, array: NDArray[Any]) -> int:
        """Where its copy lies, which is made now."""
        whole = array.reshape(-1).view(np.uint8)
        place = self._memory.store(self._stream, whole)
        self._copies.append((whole, place))
        return place

    def launch(self, kernel: str, dtypes: Sequence[str], grid: Grid, arguments: Sequence[Argument]) -> None:
        """Queue it."""
        self._stream.launch(self._kernels.function(kernel, *dtypes), *grid, arguments)

    def finish(self) -> None:
        """Wait, with what may be written copied back."""
        for array, place in self._copies:
            if array.size and array.flags.writeable:
                self._stream.download(array, place)
        self._stream.synchronize()
