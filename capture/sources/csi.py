"""`csi://0?width=1280&height=720&fps=30&flip=0`: a CSI camera of an NVIDIA Jetson, through its Argus service.

The number is the sensor's; `flip` is nvvidconv's: 0 none, 1 counterclockwise, 2 by 180 degrees, 3 clockwise,
4 horizontal, 5 along the upper right diagonal, 6 vertical, 7 along the upper left diagonal. Not yet run on a board.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from capture.address import split
from capture.gstreamer.delivery import TO_BGR
from capture.gstreamer.source import Pipeline, PipelineSource
from capture.source import CaptureOptions
from capture.uri import with_parameters
from core.buffers import FrameBuffers
from core.errors import UsageError
from core.pixels import PixelFormat

EXAMPLE = "csi://0?width=1280&height=720&fps=30&flip=0"
REMEDY = (
    "A CSI camera needs a Jetson with the camera plugged in at start; where it worked before, another program or a"
    " crash holds it: sudo systemctl restart nvargus-daemon."
)

_CONVERSION = {PixelFormat.BGRX: "", PixelFormat.BGR: f" ! {TO_BGR}"}


@dataclass(frozen=True)
class Parameters:
    """What may follow the question mark."""

    width: int = 1280
    height: int = 720
    fps: float = 30.0
    flip: int = 0

    def __post_init__(self) -> None:
        if self.flip not in range(8):
            raise UsageError(f"there is no flip {self.flip} of a CSI camera", "Give 0 to 7, 2 for upside down.")
        if min(self.width, self.height, self.fps) <= 0:
            raise UsageError(
                "a CSI camera needs a size and a rate above 0", "For example width=1280&height=720&fps=30."
            )


def claims(uri: str) -> bool:
    """What begins with `csi://`."""
    return uri.startswith("csi://")


def open(uri: str, buffers: FrameBuffers, options: CaptureOptions) -> PipelineSource:
    """An unopened CSI camera; `options` has the size and rate that the address does not name."""
    defaults = Parameters(options.width or 1280, options.height or 720, options.fps or 30.0)
    format = PixelFormat.BGRX if PixelFormat.BGRX in buffers.formats else PixelFormat.BGR
    launch = pipeline(_sensor(uri), with_parameters(uri, defaults), format)
    return PipelineSource(Pipeline("csi", uri, launch, REMEDY, (format,)), buffers, options)


def pipeline(sensor: int, wanted: Parameters, format: PixelFormat) -> str:
    """The launch line: the newest picture only, whatever the sink's clock says.

    nvvidconv makes BGRx without the CPU, and BGR takes `videoconvert` in addition. NV12 would have fewer bytes, but no
    board has shown yet by which matrix its colours are to be read.
    """
    rate = Fraction(wanted.fps).limit_denominator(1001)
    return (
        f"nvarguscamerasrc sensor-id={sensor} ! video/x-raw(memory:NVMM),width={wanted.width},height={wanted.height},"
        f"framerate={rate.numerator}/{rate.denominator},format=NV12 ! nvvidconv flip-method={wanted.flip}"
        f" ! video/x-raw,format=BGRx{_CONVERSION[format]} ! appsink drop=true max-buffers=1 sync=false"
    )


def _sensor(uri: str) -> int:
    name = split(uri).netloc or "0"
    if not name.isdecimal():
        raise UsageError(f"'{name}' is no CSI sensor", "Give its number, for example csi://0.")
    return int(name)
