"""What a camera says of itself, and what can be agreed with it."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from ctypes import Structure
from dataclasses import dataclass
from typing import Protocol, TypeVar

from capture.video4linux import abi

_RAW = "BA81 GBRG GRBG RGGB BG10 GB10 BA10 RG10 BG12 GB12 BA12 RG12 BYR2 GB16 GR16 RG16 pBAA pGAA pgAA pRAA"
BAYER = frozenset(_RAW.split())  # what a sensor gives that no image processor has seen

MOST_ANSWERS = 100

S = TypeVar("S", abi.FormatDescription, abi.FrameSize, abi.FrameInterval)


class Requests(Protocol):
    """The one call of `Node` that is needed here."""

    def ioctl(self, request: int, argument: Structure) -> None:
        """One request to the kernel."""
        ...


@dataclass(frozen=True)
class Identity:
    """`pictures` tells a camera from the other nodes that it brings (metadata, radio, output)."""

    name: str
    driver: str
    pictures: bool


@dataclass(frozen=True)
class Mode:
    """One way to take pictures; `fps` is the greatest rate, None where the camera does not say."""

    fourcc: str
    width: int
    height: int
    fps: float | None

    def __str__(self) -> str:
        return f"{self.fourcc} {self.width}x{self.height}" + (f" at {self.fps:g} fps" if self.fps else "")


@dataclass(frozen=True)
class Agreed:
    """What the camera made of a wish: the mode, and the bytes from one row to the next (0 where compressed)."""

    mode: Mode
    stride: int


def identity(node: Requests) -> Identity:
    """Name and driver; raises `OSError` (ENOTTY) for what is no video device at all."""
    answer = abi.Capability()
    node.ioctl(abi.QUERYCAP, answer)
    abilities = answer.device_caps if answer.capabilities & abi.CAP_DEVICE_CAPS else answer.capabilities
    needed = abi.CAP_VIDEO_CAPTURE | abi.CAP_STREAMING
    return Identity(abi.text(answer.card), abi.text(answer.driver), abilities & needed == needed)


def fourccs(node: Requests) -> list[str]:
    """The pixel formats, in the camera's order."""
    formats = _enumerate(node, abi.ENUM_FMT, abi.FormatDescription(type=abi.VIDEO_CAPTURE))
    return [abi.fourcc_name(each.pixelformat) for each in formats]


def modes(node: Requests) -> list[Mode]:
    """Every format with every size and its greatest rate; of a range of sizes, the greatest."""
    return [
        Mode(name, width, height, _greatest_fps(node, name, width, height))
        for name in fourccs(node)
        for width, height in _sizes(node, name)
    ]


def is_busy(node: Requests) -> bool:
    """Whether another program takes pictures: asking for no buffers changes nothing and needs the right to stream."""
    try:
        node.ioctl(abi.REQBUFS, abi.RequestBuffers(0, abi.VIDEO_CAPTURE, abi.MEMORY_MMAP))
    except OSError as error:
        return error.errno == errno.EBUSY
    return False


def agree(node: Requests, wish: Mode) -> Agreed:
    """Set a mode; the camera takes what comes nearest. Raises `OSError` (EBUSY) while another program streams."""
    answer = abi.Format(type=abi.VIDEO_CAPTURE)
    answer.fmt.pix = abi.PixelLayout(wish.width, wish.height, abi.fourcc(wish.fourcc))
    node.ioctl(abi.S_FMT, answer)
    pix = answer.fmt.pix
    fps = _agree_fps(node, wish.fps) if wish.fps else None
    return Agreed(Mode(abi.fourcc_name(pix.pixelformat), pix.width, pix.height, fps), pix.bytesperline)


def _agree_fps(node: Requests, fps: float) -> float | None:
    answer = abi.StreamParameters(type=abi.VIDEO_CAPTURE)
    try:
        node.ioctl(abi.G_PARM, answer)
        if answer.capability & abi.CAP_TIMEPERFRAME:
            answer.timeperframe = abi.Fraction(1000, round(fps * 1000))
            node.ioctl(abi.S_PARM, answer)
    except OSError as error:
        if error.errno != errno.ENOTTY:
            raise
    return _per_second(answer.timeperframe)


def _sizes(node: Requests, name: str) -> list[tuple[int, int]]:
    answers = _enumerate(node, abi.ENUM_FRAMESIZES, abi.FrameSize(pixel_format=abi.fourcc(name)))
    return [
        (each.values[0], each.values[1]) if each.type == abi.FRAME_DISCRETE else (each.values[1], each.values[4])
        for each in answers
    ]


def _greatest_fps(node: Requests, name: str, width: int, height: int) -> float | None:
    start = abi.FrameInterval(pixel_format=abi.fourcc(name), width=width, height=height)
    rates = [_per_second(each.values[0]) for each in _enumerate(node, abi.ENUM_FRAMEINTERVALS, start)]
    return max((rate for rate in rates if rate), default=None)


def _per_second(interval: abi.Fraction) -> float | None:
    return round(interval.denominator / interval.numerator, 3) if interval.numerator else None


def _enumerate(node: Requests, request: int, question: S) -> Iterator[S]:
    """The kernel's answers for index 0, 1, 2 … until it has no more; bounded, for drivers that ignore the index."""
    for index in range(MOST_ANSWERS):
        answer = type(question).from_buffer_copy(question)
        answer.index = index
        try:
            node.ioctl(request, answer)
        except OSError:
            return
        yield answer
