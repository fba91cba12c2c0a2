"""The last link of a pipeline: which pixel formats may leave it, and how they are told apart.

OpenCV keeps a picture's caps to itself. So no two formats are offered that look alike in an array (I420 and NV12), and
of YUV only what is coded by the usual matrix for its size, in the narrow range; all else becomes BGRx. Nor is BGR
offered beside others: OpenCV would take nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.buffers import FrameBuffers
from core.errors import SourceUnreadable
from core.pixels import U8, Colour, ColourMatrix, PixelFormat

TO_BGR = "videoconvert ! video/x-raw,format=BGR"
HD_LINES = 720

_PLANAR = (PixelFormat.I420, PixelFormat.NV12)
_NAMES = {PixelFormat.I420: "I420", PixelFormat.NV12: "NV12", PixelFormat.YUYV: "YUY2", PixelFormat.BGRX: "BGRx"}
_CHANNELS = {2: PixelFormat.YUYV, 3: PixelFormat.BGR, 4: PixelFormat.BGRX}
# OpenCV rounds the chroma of odd sizes down, we up. BT.709 from 720 lines on is GStreamer's own guess too.
_WIDTHS = "width=[2,32768,2]"
_HEIGHTS = {"bt709": f"[{HD_LINES},32768,2]", "bt601": f"[2,{HD_LINES - 2},2]"}


def offered(buffers: FrameBuffers) -> tuple[PixelFormat, ...]:
    """What a pipeline may end in for the owner of these buffers, the dearest first."""
    formats = buffers.formats
    if PixelFormat.BGRX not in formats:
        return (PixelFormat.BGR,)
    dearer = formats[: formats.index(PixelFormat.BGRX)]
    planar = [each for each in dearer if each in _PLANAR][:1]
    return *(each for each in dearer if each in (*planar, PixelFormat.YUYV)), PixelFormat.BGRX


def ending(formats: Sequence[PixelFormat]) -> str:
    """The elements before the sink: leaves what is offered as it comes, and makes BGRx, named first, of the rest."""
    if tuple(formats) == (PixelFormat.BGR,):
        return TO_BGR
    return f'videoconvert ! capsfilter caps="{";".join(caps for each in reversed(formats) for caps in _caps(each))}"'


def form_of(picture: U8, formats: Sequence[PixelFormat]) -> tuple[PixelFormat, int, int]:
    """Format, width and height of an array from OpenCV; raises `SourceUnreadable` where it is none of `formats`."""
    rows, width = picture.shape[:2]
    if picture.ndim == 3:
        found, height = _CHANNELS.get(picture.shape[2]), rows
    else:
        found, height = next(filter(_PLANAR.__contains__, formats), None), rows * 2 // 3
    if found is None or found not in formats:
        raise SourceUnreadable("the pipeline's pictures are not BGR", f"End it with {TO_BGR}.")
    return found, width, height


def colour_of(height: int) -> Colour:
    """How the YUV formats that are offered are to be read."""
    return Colour(ColourMatrix.BT709 if height >= HD_LINES else ColourMatrix.BT601)


def _caps(format: PixelFormat) -> list[str]:
    start = f"video/x-raw,format={_NAMES[format]}"
    if format is PixelFormat.BGRX:  # the full range has to be named, or it keeps the range of what is converted
        return [f"{start},colorimetry=sRGB"]
    return [f"{start},{_WIDTHS},height={heights},colorimetry={name}" for name, heights in _HEIGHTS.items()]
