"""Device memory that is given back together."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.pixels import U8
from detector.cuda.driver import Device, Stream


class Memory(ExitStack):
    """All that was taken from a device through it is freed when its `with` block ends, the last first."""

    def __init__(self, device: Device) -> None:
        super().__init__()
        self._device = device

    def allocate(self, size: int) -> int:
        """The address of `size` bytes, uninitialised."""
        address = self._device.allocate(max(1, size))
        self.callback(self._device.free, address)
        return address

    def store(self, stream: Stream, values: NDArray[Any]) -> int:
        """The address of a copy of an array."""
        address = self.allocate(values.nbytes)
        if values.nbytes:
            stream.upload(address, np.ascontiguousarray(values))
        return address

    def pinned(self, size: int) -> tuple[U8, int]:
        """Page-locked host memory of `size` bytes, and where the device sees it; ordinary memory afterwards."""
        block = self._device.pinned(size)
        self.callback(self._device.unregister, block)
        return block, self._device.seen_at(block)
