"""Where frames are decoded into.

A source asks its `FrameBuffers` for the planes of each frame and never keeps them; a buffer returns to the pool when
the last array that looks into it is gone. The owner of the pool says in `formats` which pixel formats it can take,
the dearest to it first, so that no source converts more than it must; BGR is always among them. They may change: the
next frame follows.

Blocks begin on a page of their own and fill whole pages, so that whoever sends frames to a GPU may lock them in memory
and release them again; to everyone else they are ordinary memory.
"""

from __future__ import annotations

import mmap
import weakref
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from itertools import accumulate
from math import prod

import numpy as np

from core.pixels import U8, PixelFormat, plane_shapes


class FrameBuffers:
    """A pool of plain host memory."""

    def __init__(self, formats: tuple[PixelFormat, ...] = (PixelFormat.BGR,)) -> None:
        self.formats = formats
        self._free: deque[U8] = deque()
        self._size = 0

    def take(self, format: PixelFormat, width: int, height: int) -> tuple[U8, ...]:
        """Uninitialised planes for one frame of that size in pixels."""
        places, size = _places(format, width, height)
        lent = self._lend(size)
        return tuple(lent[place].reshape(shape) for place, shape in places)

    def allocate(self, size: int) -> U8:
        """A new block of `size` bytes in pages of its own, all 0."""
        pages = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        with suppress(OSError):  # a kernel without huge pages
            pages.madvise(mmap.MADV_HUGEPAGE)
        return np.frombuffer(pages, np.uint8)

    def _lend(self, size: int) -> U8:
        if size != self._size:
            self._free = deque()
            self._size = size
        block = self._free.pop() if self._free else self.allocate(size)
        # A memoryview between the block and the array keeps every slice of the array holding on to the array itself.
        lent: U8 = np.frombuffer(block.data, np.uint8)
        weakref.finalize(lent, self._free.append, block).atexit = False
        return lent


@lru_cache(maxsize=64)
def _places(format: PixelFormat, width: int, height: int) -> tuple[tuple[tuple[slice, tuple[int, ...]], ...], int]:
    """Where each plane lies in a block, with its shape, and how many bytes all take."""
    shapes = plane_shapes(format, width, height)
    ends = list(accumulate(map(prod, shapes)))
    return tuple((slice(end - prod(shape), end), shape) for end, shape in zip(ends, shapes, strict=True)), ends[-1]


def block_of(planes: Sequence[U8]) -> U8 | None:
    """The block of a pool that these planes fill, one after another; None where they lie otherwise or elsewhere.

    It is the same object for every frame in that block, and outlives the pool while it is held.
    """
    block = _exporter(planes[0])
    if not isinstance(block, np.ndarray) or not isinstance(_exporter(block), mmap.mmap):
        return None
    end = start = _address(block)
    for plane in planes:
        if _address(plane) != end or not plane.flags.c_contiguous:
            return None
        end += plane.nbytes
    return block if end == start + block.nbytes else None


def _exporter(array: object) -> object:
    """Who gave an array its memory."""
    while isinstance(array, np.ndarray):
        array = array.base
    return array.obj if isinstance(array, memoryview) else None


def _address(array: U8) -> int:
    address: int = array.__array_interface__["data"][0]
    return address
