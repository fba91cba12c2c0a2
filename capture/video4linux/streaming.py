"""Pictures out of the kernel's buffers."""

from __future__ import annotations

import mmap
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType

from capture.video4linux import abi
from capture.video4linux.node import Device

BUFFERS = 4
LONG_AGO_NS = 2_000_000_000


@dataclass(frozen=True)
class Shot:
    """What a camera delivered, as it came; `number` counts the camera's pictures, lost ones included."""

    data: bytes
    captured_ns: int
    number: int


class Streaming:
    """A camera that delivers, from `__enter__` to `__exit__`; every call may raise the kernel's `OSError`."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._memory: list[mmap.mmap] = []

    def __enter__(self) -> Streaming:
        granted = abi.RequestBuffers(BUFFERS, abi.VIDEO_CAPTURE, abi.MEMORY_MMAP)
        self._device.ioctl(abi.REQBUFS, granted)
        for index in range(granted.count):
            buffer = _buffer(index)
            self._device.ioctl(abi.QUERYBUF, buffer)
            self._memory.append(self._device.map(buffer.length, buffer.offset))
            self._device.ioctl(abi.QBUF, buffer)
        self._device.ioctl(abi.STREAMON, abi.BufferType(abi.VIDEO_CAPTURE))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):  # the camera may be unplugged
            self._device.ioctl(abi.STREAMOFF, abi.BufferType(abi.VIDEO_CAPTURE))
        for memory in self._memory:
            memory.close()
        with suppress(OSError):
            self._device.ioctl(abi.REQBUFS, abi.RequestBuffers(0, abi.VIDEO_CAPTURE, abi.MEMORY_MMAP))

    def shot(self, timeout_s: float) -> Shot | None:
        """The newest whole picture; None where there is none in time.

        Where all buffers are full nobody has looked for a while, and the camera has stopped filling them: they are old.
        Fewer than three fill up too soon to say so.
        """
        deadline = time.monotonic() + timeout_s
        while (left_s := deadline - time.monotonic()) > 0:
            if self._device.wait(left_s):
                waiting = list(self._waiting())
                whole = [shot for shot in waiting if shot]
                old = len(waiting) == len(self._memory) > 2
                if whole and not old:
                    return whole[-1]
        return None

    def _waiting(self) -> Iterator[Shot | None]:
        """All that lies there, oldest first; None for damaged ones."""
        for _ in self._memory:
            buffer = _buffer(0)
            try:
                self._device.ioctl(abi.DQBUF, buffer)
            except BlockingIOError:
                return
            data = self._memory[buffer.index][: buffer.bytesused]
            whole = data and not buffer.flags & abi.BUF_FLAG_ERROR
            yield Shot(data, _captured_ns(buffer), buffer.sequence) if whole else None
            self._device.ioctl(abi.QBUF, _buffer(buffer.index))


def _buffer(index: int) -> abi.Buffer:
    return abi.Buffer(index=index, type=abi.VIDEO_CAPTURE, memory=abi.MEMORY_MMAP)


def _captured_ns(buffer: abi.Buffer) -> int:
    """The kernel's own time of the picture: Linux's monotonic clock, which `time.perf_counter_ns` reads too.

    Drivers that read another clock are given away by times that are yet to come, or long gone.
    """
    now_ns = time.perf_counter_ns()
    stamp_ns = int(buffer.seconds) * 1_000_000_000 + int(buffer.microseconds) * 1000
    monotonic = buffer.flags & abi.BUF_FLAG_TIMESTAMP_MASK == abi.BUF_FLAG_TIMESTAMP_MONOTONIC
    return stamp_ns if monotonic and 0 <= now_ns - stamp_ns < LONG_AGO_NS else now_ns
