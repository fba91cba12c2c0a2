"""How a frame's pixels come before the GPU: copied into its memory, or read where they lie."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from math import prod
from typing import Protocol

import numpy as np

from core.buffers import block_of
from core.errors import EngineUnavailable
from core.pixels import U8, plane_shapes
from core.types import Frame
from detector.cuda.driver import Device, Stream
from detector.cuda.letterbox import picture_record
from detector.cuda.memory import Memory

MOST_BLOCKS = 32


class PageLocks(ExitStack):
    """Blocks of host memory that are page-locked when first seen; the least recently used one is given up.

    A block is held as long as it is locked, so that nobody frees it; `idle` waits for all work that may use one. Where
    a lock is refused (the user's limit of locked memory), no more are asked for.
    """

    def __init__(self, device: Device, idle: Callable[[], None]) -> None:
        super().__init__()
        self._device = device
        self._idle = idle
        self._refused: str | None = None
        self._seen: OrderedDict[int, tuple[U8, int]] = OrderedDict()
        self.callback(self.release)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know."""
        return (f"frames are not page-locked: {self._refused}",) if self._refused else ()

    def address(self, block: U8 | None) -> int | None:
        """Where the device sees a block; None where it does not."""
        if block is None:
            return None
        key = id(block)
        if key not in self._seen and not self._lock(block):
            return None
        self._seen.move_to_end(key)
        return self._seen[key][1]

    def release(self) -> None:
        """Lock nothing any longer; what is seen again is locked again."""
        self._give_up(0)

    def _lock(self, block: U8) -> bool:
        if self._refused:
            return False
        self._give_up(MOST_BLOCKS - 1)
        try:
            self._seen[id(block)] = block, self._device.register(block)
        except EngineUnavailable as error:
            self._refused = error.what
        return not self._refused

    def _give_up(self, kept: int) -> None:
        while len(self._seen) > kept:
            self._idle()
            block, _ = self._seen.popitem(last=False)[1]
            self._device.unregister(block)


class Upload(Protocol):
    """Brings frames of one form to the GPU, one at a time."""

    words: str  # what becomes of frames
    picture: int  # the device address of a record that tells the letterbox where the frame's planes lie

    def __init__(self, frame: Frame, memory: Memory, locks: PageLocks, stream: Stream) -> None: ...

    def send(self, frame: Frame) -> None:
        """Queue what makes the record point at this frame, which lives until that is done."""
        ...


class Copied:
    """Into the device's own memory: from a page-locked block in one asynchronous copy, from elsewhere slower."""

    words = "copied to the GPU"

    def __init__(self, frame: Frame, memory: Memory, locks: PageLocks, stream: Stream) -> None:
        sizes = plane_sizes(frame)
        self._locks = locks
        self._stream = stream
        self._start = memory.allocate(sum(sizes))
        self._places = [self._start + sum(sizes[:i]) for i in range(len(sizes))]
        self.picture = memory.store(stream, picture_record(frame.format, frame.width, frame.height, self._start))

    def send(self, frame: Frame) -> None:
        """A pool's block in one piece, other planes one by one."""
        block = block_of(frame.planes)
        if block is not None:
            self._locks.address(block)
            self._stream.upload(self._start, block)
            return
        self._sent = [np.ascontiguousarray(plane) for plane in frame.planes]
        for place, plane in zip(self._places, self._sent, strict=True):
            self._stream.upload(place, plane)


class Mapped:
    """Not at all: the GPU reads page-locked blocks where they lie. Frames from elsewhere are copied into one."""

    words = "read by the GPU where they lie"

    def __init__(self, frame: Frame, memory: Memory, locks: PageLocks, stream: Stream) -> None:
        self._record = partial(picture_record, frame.format, frame.width, frame.height)
        self._locks = locks
        self._stream = stream
        self._own, self._own_address = memory.pinned(sum(plane_sizes(frame)))
        self._shown = self._own_address
        self.picture = memory.store(stream, self._record(self._shown))

    def send(self, frame: Frame) -> None:
        """The record is sent where the frame lies elsewhere than the last one."""
        address = self._locks.address(block_of(frame.planes))
        if address is None:
            np.concatenate([plane.reshape(-1) for plane in frame.planes], out=self._own)
            address = self._own_address
        if address != self._shown:
            self._shown = address
            self._stream.upload(self.picture, self._record(address))


def plane_sizes(frame: Frame) -> list[int]:
    """Bytes of each plane."""
    return [prod(shape) for shape in plane_shapes(frame.format, frame.width, frame.height)]
