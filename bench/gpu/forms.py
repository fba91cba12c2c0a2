"""The sizes and pixel formats that frames come in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.buffers import FrameBuffers
from core.pixels import PixelFormat
from core.types import Frame

FORMATS = (PixelFormat.BGR, PixelFormat.I420)
IN_TURN = 3  # frames in buffers of their own, so that none is in any cache only because it was just sent


@dataclass(frozen=True)
class Form:
    """A size in pixels and a format."""

    width: int
    height: int
    format: PixelFormat

    def __str__(self) -> str:
        return f"{self.width}x{self.height} {self.format.name}"


def forms(source: Frame, sizes: Sequence[tuple[int, int]]) -> list[Form]:
    """The source's own size and these, each in every format."""
    every = dict.fromkeys(((source.width, source.height), *sizes))
    return [Form(width, height, pixels) for width, height in every for pixels in FORMATS]


def frames(picture: Frame, form: Form) -> list[Frame]:
    """The picture in that form, `IN_TURN` times in buffers of a pool, as a source fills them."""
    import av

    from capture.conversion import Converter

    decoded = av.VideoFrame.from_ndarray(picture.bgr(), "bgr24")
    decoded = decoded.reformat(form.width, form.height, format=form.format.value)
    converter = Converter(FrameBuffers((form.format,)))
    return [converter.frame(decoded, index, None) for index in range(IN_TURN)]
