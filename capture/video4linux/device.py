"""What a camera says of itself, and what can be agreed with it."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from capture.video4linux import abi
from capture.video4linux.node import Device

_RAW = "BA81 GBRG GRBG RGGB BG10 GB10 BA10 RG10 BG12 GB12 BA12 RG12 BYR2 GB16 GR16 RG16 pBAA pGAA pgAA pRAA"
BAYER = frozenset(_RAW.split())  # what a sensor gives that no image processor has seen

MOST_ANSWERS = 100
USUAL = ((640, 480), (1280, 720), (1920, 1080))

S = TypeVar("S", abi.FormatDescription, abi.FrameSize, abi.FrameInterval)


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


def identity(device: Device) -> Identity:
    """Name and driver; raises `OSError` (ENOTTY) for what is no video device at all."""
    answer = abi.Capability()
    device.ioctl(abi.QUERYCAP, answer)
    abilities = answer.device_caps if answer.capabilities & abi.CAP_DEVICE_CAPS else answer.capabilities
    needed = abi.CAP_VIDEO_CAPTURE | abi.CAP_STREAMING
    return Identity(abi.text(answer.card), abi.text(answer.driver), abilities & needed == needed)


def fourccs(device: Device) -> list[str]:
    """The pixel formats, in the camera's order."""
    formats = _enumerate(device, abi.ENUM_FMT, abi.FormatDescription(type=abi.VIDEO_CAPTURE))
    return [abi.fourcc_name(each.pixelformat) for each in formats]


def modes(device: Device) -> list[Mode]:
    """Every format with every size and its greatest rate; of a range of sizes, the usual ones and the greatest."""
    return [
        Mode(name, width, height, _greatest_fps(device, name, width, height))
        for name in fourccs(device)
        for width, height in _sizes(device, name)
    ]


def is_busy(device: Device) -> bool:
    """Whether another program takes pictures: asking for no buffers changes nothing and needs the right to stream."""
    try:
        device.ioctl(abi.REQBUFS, abi.RequestBuffers(0, abi.VIDEO_CAPTURE, abi.MEMORY_MMAP))
    except OSError as error:
        return error.errno == errno.EBUSY
    return False


def agree(device: Device, wish: Mode) -> Agreed:
    """Set a mode; the camera takes what comes nearest. Raises `OSError` (EBUSY) while another program streams."""
    answer = abi.Format(type=abi.VIDEO_CAPTURE)
    answer.fmt.pix = abi.PixelLayout(wish.width, wish.height, abi.fourcc(wish.fourcc))
    device.ioctl(abi.S_FMT, answer)
    pix = answer.fmt.pix
    fps = _agree_fps(device, wish.fps) if wish.fps else None
    return Agreed(Mode(abi.fourcc_name(pix.pixelformat), pix.width, pix.height, fps), pix.bytesperline)


def _agree_fps(device: Device, fps: float) -> float | None:
    answer = abi.StreamParameters(type=abi.VIDEO_CAPTURE)
    try:
        device.ioctl(abi.G_PARM, answer)
        if answer.capability & abi.CAP_TIMEPERFRAME:
            answer.timeperframe = abi.Fraction(1000, round(fps * 1000))
            device.ioctl(abi.S_PARM, answer)
    except OSError as error:
        if error.errno != errno.ENOTTY:
            raise
    return _per_second(answer.timeperframe)


def _sizes(device: Device, name: str) -> list[tuple[int, int]]:
    answers = _enumerate(device, abi.ENUM_FRAMESIZES, abi.FrameSize(pixel_format=abi.fourcc(name)))
    return [size for each in answers for size in _sizes_of(each)]


def _sizes_of(answer: abi.FrameSize) -> list[tuple[int, int]]:
    if answer.type == abi.FRAME_DISCRETE:
        return [(answer.values[0], answer.values[1])]
    least_width, most_width, _, least_height, most_height, _ = answer.values
    usual = [size for size in USUAL if least_width <= size[0] <= most_width and least_height <= size[1] <= most_height]
    return list(dict.fromkeys([*usual, (most_width, most_height)]))


def _greatest_fps(device: Device, name: str, width: int, height: int) -> float | None:
    start = abi.FrameInterval(pixel_format=abi.fourcc(name), width=width, height=height)
    rates = [_per_second(each.values[0]) for each in _enumerate(device, abi.ENUM_FRAMEINTERVALS, start)]
    return max((rate for rate in rates if rate), default=None)


def _per_second(interval: abi.Fraction) -> float | None:
    return round(interval.denominator / interval.numerator, 3) if interval.numerator else None


def _enumerate(device: Device, request: int, question: S) -> Iterator[S]:
    """The kernel's answers for index 0, 1, 2 … until it has no more; bounded, for drivers that ignore the index."""
    for index in range(MOST_ANSWERS):
        answer = type(question).from_buffer_copy(question)
        answer.index = index
        try:
            device.ioctl(request, answer)
        except OSError:
            return
        yield answer
