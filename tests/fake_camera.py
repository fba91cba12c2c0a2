"""A camera's driver in Python: it answers the kernel's requests, so that everything above them is the real thing."""

from __future__ import annotations

import errno
import mmap
import os
import time
from collections.abc import Callable
from ctypes import Structure
from dataclasses import dataclass, field
from typing import TypeVar

import av
import cv2
import numpy as np
from av.video.plane import VideoPlane
from clips import numbered

from capture.video4linux import abi
from core.pixels import U8

T = TypeVar("T")
Modes = dict[str, dict[tuple[int, int], float]]  # the greatest rate by format and size
MJPG_AND_YUYV: Modes = {"YUYV": {(64, 48): 30.0, (128, 96): 10.0}, "MJPG": {(64, 48): 30.0, (128, 96): 30.0}}
PLAIN = {"YUYV": "yuyv422", "UYVY": "uyvy422", "NV12": "nv12", "YU12": "yuv420p", "GREY": "gray"}
PLAIN |= {"BGR3": "bgr24", "RGB3": "rgb24"}
BYTES_PER_PIXEL = {"YUYV": 2, "UYVY": 2, "BGR3": 3, "RGB3": 3}  # of the first plane; else 1
PERIOD_S = 0.002


@dataclass
class FakeCamera:
    """What is wrong with it is up to the test.

    `refusals` has an errno by request, `padding` is bytes after each row, `buffers` are granted at most, `waiting` of
    them are full at first.
    """

    modes: Modes = field(default_factory=lambda: MJPG_AND_YUYV)
    refusals: dict[int, int] = field(default_factory=dict)
    abilities: int = abi.CAP_VIDEO_CAPTURE | abi.CAP_STREAMING
    sizes_are_ranges: bool = False
    padding: int = 0
    paint: Callable[[int, int, int], U8] = numbered
    damaged: Callable[[int], bool] = lambda number: False
    clock_ns: Callable[[], int] = time.perf_counter_ns
    unplugged_at: int | None = None
    silent_from: int | None = None
    buffers: int = 32
    waiting: int = 0
    open_devices: int = 0

    def connect(self, path: str) -> FakeDevice:
        """Open it, as `Node` does."""
        self.open_devices += 1
        return FakeDevice(self)


class FakeDevice:
    """One opening of the camera."""

    def __init__(self, camera: FakeCamera) -> None:
        self._camera = camera
        self._number = 0
        self._ready = camera.waiting
        self._memory: list[mmap.mmap] = []
        self._queued: list[int] = []
        self._mode = ("", 0, 0)

    def close(self) -> None:
        self._camera.open_devices -= 1

    def map(self, length: int, offset: int) -> mmap.mmap:
        self._memory.append(mmap.mmap(-1, length))
        return self._memory[-1]

    def wait(self, timeout_s: float) -> bool:
        if self._camera.silent_from is not None and self._number >= self._camera.silent_from:
            time.sleep(timeout_s)
            return False
        time.sleep(PERIOD_S)
        self._ready = max(self._ready, 1)
        return True

    def ioctl(self, request: int, argument: Structure) -> None:
        if request in self._camera.refusals:
            raise _error(self._camera.refusals[request])
        answer = {
            abi.QUERYCAP: self._querycap,
            abi.ENUM_FMT: self._enum_fmt,
            abi.ENUM_FRAMESIZES: self._enum_framesizes,
            abi.ENUM_FRAMEINTERVALS: self._enum_frameintervals,
            abi.S_FMT: self._s_fmt,
            abi.G_PARM: self._parm,
            abi.S_PARM: self._parm,
            abi.REQBUFS: self._reqbufs,
            abi.QUERYBUF: self._querybuf,
            abi.QBUF: lambda argument: self._queued.append(argument.index),
            abi.DQBUF: self._dqbuf,
            abi.STREAMON: lambda argument: None,
            abi.STREAMOFF: lambda argument: None,
        }[request]
        answer(argument)

    def _querycap(self, argument: abi.Capability) -> None:
        argument.card[:4], argument.driver[:4] = b"Fake", b"fake"
        argument.capabilities = abi.CAP_DEVICE_CAPS | abi.CAP_VIDEO_CAPTURE | abi.CAP_STREAMING
        argument.device_caps = self._camera.abilities

    def _enum_fmt(self, argument: abi.FormatDescription) -> None:
        argument.pixelformat = abi.fourcc(_pick(list(self._camera.modes), argument.index))

    def _enum_framesizes(self, argument: abi.FrameSize) -> None:
        size = _pick(list(self._camera.modes[abi.fourcc_name(argument.pixel_format)]), argument.index)
        if self._camera.sizes_are_ranges:
            argument.type, argument.values[:] = 3, (16, size[0], 2, 16, size[1], 2)
        else:
            argument.type, argument.values[:2] = abi.FRAME_DISCRETE, size

    def _enum_frameintervals(self, argument: abi.FrameInterval) -> None:
        sizes = self._camera.modes[abi.fourcc_name(argument.pixel_format)]
        fps = _pick([5.0, sizes.get((argument.width, argument.height), 30.0)], argument.index)
        argument.type = abi.FRAME_DISCRETE
        argument.values[0] = abi.Fraction(1000, round(1000 * fps))

    def _s_fmt(self, argument: abi.Format) -> None:
        pix = argument.fmt.pix
        sizes = self._camera.modes[abi.fourcc_name(pix.pixelformat)]
        if not self._camera.sizes_are_ranges:
            pix.width, pix.height = min(sizes, key=lambda size: abs(size[0] - pix.width) + abs(size[1] - pix.height))
        self._mode = (abi.fourcc_name(pix.pixelformat), pix.width, pix.height)
        pix.bytesperline = self._stride()

    def _parm(self, argument: abi.StreamParameters) -> None:
        name, width, height = self._mode
        argument.capability = abi.CAP_TIMEPERFRAME
        interval = argument.timeperframe
        wanted = interval.denominator / interval.numerator if interval.numerator else 0.0
        most = self._camera.modes[name].get((width, height), 30.0)
        argument.timeperframe = abi.Fraction(1000, round(1000 * min(wanted, most)))

    def _reqbufs(self, argument: abi.RequestBuffers) -> None:
        argument.count = min(argument.count, self._camera.buffers)

    def _querybuf(self, argument: abi.Buffer) -> None:
        argument.length = 1 << 21
        argument.offset = argument.index << 21

    def _dqbuf(self, argument: abi.Buffer) -> None:
        if self._number == self._camera.unplugged_at:
            raise _error(errno.ENODEV)
        if not self._ready:
            raise _error(errno.EAGAIN)
        data = self._data()
        argument.index = self._queued.pop(0)
        self._memory[argument.index][: len(data)] = data
        argument.bytesused, argument.sequence = len(data), 100 + self._number
        argument.flags = abi.BUF_FLAG_TIMESTAMP_MONOTONIC
        argument.seconds, rest_ns = divmod(self._camera.clock_ns(), 1_000_000_000)
        argument.microseconds = rest_ns // 1000
        self._number += 1
        self._ready -= 1

    def _stride(self) -> int:
        name, width, _ = self._mode
        return width * BYTES_PER_PIXEL.get(name, 1) + self._camera.padding if name in PLAIN else 0

    def _data(self) -> bytes:
        name, width, height = self._mode
        picture = self._camera.paint(self._number % 50, width, height)
        if name in PLAIN:
            data = packed(picture, PLAIN[name], self._stride())
        else:
            data = cv2.imencode(".jpg", picture)[1].tobytes()
        return data[:100] if self._camera.damaged(self._number) else data


def packed(picture: U8, pixels: str, stride: int) -> bytes:
    """A BGR picture in another pixel format, `stride` bytes from row to row, half as many in planes of half width."""
    planes = av.VideoFrame.from_ndarray(picture, "bgr24").reformat(format=pixels).planes
    strides = [stride, *[stride // 2 if len(planes) == 3 else stride] * (len(planes) - 1)]
    return b"".join(_rows(plane, width) for plane, width in zip(planes, strides, strict=True))


def _rows(plane: VideoPlane, stride: int) -> bytes:
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: plane.height]
    fitted = np.full((plane.height, stride), 77, np.uint8)
    width = min(stride, plane.line_size)
    fitted[:, :width] = rows[:, :width]
    return fitted.tobytes()


def _pick(values: list[T], index: int) -> T:
    if index >= len(values):
        raise _error(errno.EINVAL)
    return values[index]


def _error(number: int) -> OSError:
    return OSError(number, os.strerror(number))
