"""Where frames are decoded into.

A source asks its `FrameBuffers` for the planes of each frame and never keeps them; a buffer returns to the pool when
the last array that looks into it is gone. The owner of the pool says in `formats` which pixel formats it can take,
the dearest to it first, so that no source converts more than it must; BGR is always among them.
"""

from __future__ import annotations

import weakref
from collections import deque
from math import prod

import numpy as np

from core.pixels import U8, PixelFormat, plane_shapes


class FrameBuffers:
    """A pool of plain host memory."""

    formats: tuple[PixelFormat, ...] = (PixelFormat.BGR,)

    def __init__(self) -> None:
        self._free: deque[U8] = deque()
        self._size = 0

    def take(self, format: PixelFormat, width: int, height: int) -> tuple[U8, ...]:
        """Uninitialised planes for one frame of that size in pixels."""
        shapes = plane_shapes(format, width, height)
        sizes = [prod(shape) for shape in shapes]
        lent = self._lend(sum(sizes))
        starts = np.cumsum([0, *sizes])
        return tuple(lent[s : s + n].reshape(shape) for s, n, shape in zip(starts, sizes, shapes, strict=False))

    def allocate(self, size: int) -> U8:
        """A new block of `size` bytes."""
        return np.empty(size, np.uint8)

    def _lend(self, size: int) -> U8:
        if size != self._size:
            self._free = deque()
            self._size = size
        block = self._free.pop() if self._free else self.allocate(size)
        # A memoryview between the block and the array keeps every slice of the array holding on to the array itself.
        lent: U8 = np.frombuffer(block.data, np.uint8)
        weakref.finalize(lent, self._free.append, block).atexit = False
        return lent
