"""The part of linux/videodev2.h that a camera needs, on 64-bit machines.

Names are the kernel's. Structures keep the kernel's size; what is never read of them is `rest`.
"""

from __future__ import annotations

import ctypes
from ctypes import Structure, Union, c_int32, c_int64, c_uint8, c_uint32, c_uint64, sizeof

VIDEO_CAPTURE = 1  # V4L2_BUF_TYPE_VIDEO_CAPTURE
MEMORY_MMAP = 1
CAP_VIDEO_CAPTURE, CAP_STREAMING, CAP_DEVICE_CAPS = 0x1, 0x04000000, 0x80000000
CAP_TIMEPERFRAME = 0x1000
BUF_FLAG_ERROR, BUF_FLAG_TIMESTAMP_MASK, BUF_FLAG_TIMESTAMP_MONOTONIC = 0x40, 0xE000, 0x2000
FRAME_DISCRETE = 1  # V4L2_FRMSIZE_TYPE_DISCRETE and V4L2_FRMIVAL_TYPE_DISCRETE


class Capability(Structure):
    """v4l2_capability."""

    _fields_ = (
        ("driver", c_uint8 * 16),
        ("card", c_uint8 * 32),
        ("bus_info", c_uint8 * 32),
        ("version", c_uint32),
        ("capabilities", c_uint32),
        ("device_caps", c_uint32),
        ("rest", c_uint32 * 3),
    )


class FormatDescription(Structure):
    """v4l2_fmtdesc."""

    _fields_ = (
        ("index", c_uint32),
        ("type", c_uint32),
        ("flags", c_uint32),
        ("description", c_uint8 * 32),
        ("pixelformat", c_uint32),
        ("rest", c_uint32 * 4),
    )


class PixelLayout(Structure):
    """v4l2_pix_format."""

    _fields_ = (
        ("width", c_uint32),
        ("height", c_uint32),
        ("pixelformat", c_uint32),
        ("field", c_uint32),
        ("bytesperline", c_uint32),
        ("sizeimage", c_uint32),
        ("rest", c_uint32 * 6),
    )


class _FormatUnion(Union):
    _fields_ = (("pix", PixelLayout), ("raw", c_uint64 * 25))


class Format(Structure):
    """v4l2_format."""

    _fields_ = (("type", c_uint32), ("fmt", _FormatUnion))


class Fraction(Structure):
    """v4l2_fract."""

    _fields_ = (("numerator", c_uint32), ("denominator", c_uint32))


class StreamParameters(Structure):
    """v4l2_streamparm with its v4l2_captureparm."""

    _fields_ = (
        ("type", c_uint32),
        ("capability", c_uint32),
        ("capturemode", c_uint32),
        ("timeperframe", Fraction),
        ("rest", c_uint8 * 184),
    )


class FrameSize(Structure):
    """v4l2_frmsizeenum; a range (`type` other than discrete) reads as min and max of its six numbers."""

    _fields_ = (
        ("index", c_uint32),
        ("pixel_format", c_uint32),
        ("type", c_uint32),
        ("values", c_uint32 * 6),  # discrete: width, height; else min, max, step of the width, then of the height
        ("rest", c_uint32 * 2),
    )


class FrameInterval(Structure):
    """v4l2_frmivalenum; the first fraction is the interval or, of a range, the shortest one."""

    _fields_ = (
        ("index", c_uint32),
        ("pixel_format", c_uint32),
        ("width", c_uint32),
        ("height", c_uint32),
        ("type", c_uint32),
        ("values", Fraction * 3),
        ("rest", c_uint32 * 2),
    )


class RequestBuffers(Structure):
    """v4l2_requestbuffers."""

    _fields_ = (("count", c_uint32), ("type", c_uint32), ("memory", c_uint32), ("rest", c_uint32 * 2))


class Buffer(Structure):
    """v4l2_buffer."""

    _fields_ = (
        ("index", c_uint32),
        ("type", c_uint32),
        ("bytesused", c_uint32),
        ("flags", c_uint32),
        ("field", c_uint32),
        ("seconds", c_int64),
        ("microseconds", c_int64),
        ("timecode", c_uint32 * 4),
        ("sequence", c_uint32),
        ("memory", c_uint32),
        ("offset", c_uint64),
        ("length", c_uint32),
        ("rest", c_uint32 * 2),
    )


class BufferType(Structure):
    """The bare number that VIDIOC_STREAMON and VIDIOC_STREAMOFF take."""

    _fields_ = (("type", c_int32),)


def _request(number: int, argument: type[Structure], direction: int = 3) -> int:
    return direction << 30 | sizeof(argument) << 16 | ord("V") << 8 | number


QUERYCAP = _request(0, Capability, direction=2)
ENUM_FMT = _request(2, FormatDescription)
G_FMT = _request(4, Format)
S_FMT = _request(5, Format)
REQBUFS = _request(8, RequestBuffers)
QUERYBUF = _request(9, Buffer)
QBUF = _request(15, Buffer)
DQBUF = _request(17, Buffer)
STREAMON = _request(18, BufferType, direction=1)
STREAMOFF = _request(19, BufferType, direction=1)
G_PARM = _request(21, StreamParameters)
S_PARM = _request(22, StreamParameters)
ENUM_FRAMESIZES = _request(74, FrameSize)
ENUM_FRAMEINTERVALS = _request(75, FrameInterval)


def fourcc(name: str) -> int:
    """The number of a pixel format, e.g. of "MJPG"."""
    return int.from_bytes(name.ljust(4).encode("ascii"), "little")


def fourcc_name(number: int) -> str:
    """The letters of a pixel format."""
    return (number & 0x7FFFFFFF).to_bytes(4, "little").decode("ascii", "replace").strip()


def text(letters: ctypes.Array[c_uint8]) -> str:
    """A C string."""
    return bytes(letters).split(b"\0")[0].decode("utf-8", "replace")
