"""Small videos and pictures whose every frame says which one it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.stream import Disposition

from core.pixels import U8

Painter = Callable[[int, int, int], U8]
_EXACT = 0x2 | 0x40000  # SWS_BILINEAR | SWS_ACCURATE_RND of libswscale, which PyAV 17 has no names for
MILLISECOND = Fraction(1, 1000)


def numbered(index: int, width: int, height: int) -> U8:
    """A grey picture, BGR uint8 [height, width, 3]; `number_of` reads the index (at most 58), also after coding."""
    return np.full((height, width, 3), 16 + 4 * index, np.uint8)


def number_of(picture: U8) -> int:
    return round((float(picture.mean()) - 16) / 4)


def quarters(index: int, width: int, height: int) -> U8:
    """Top left red, top right green, bottom left blue, bottom right white."""
    picture = np.zeros((height, width, 3), np.uint8)
    top, left = height // 2, width // 2
    picture[:top, :left] = (0, 0, 255)
    picture[:top, left:] = (0, 255, 0)
    picture[top:, :left] = (255, 0, 0)
    picture[top:, left:] = 255
    return picture


def corners(picture: U8) -> list[str]:
    """The colours in the quarters of a picture: top left, top right, bottom left, bottom right."""
    names = {(False, False, True): "red", (False, True, False): "green", (True, False, False): "blue"}
    height, width = picture.shape[:2]
    places = ((y, x) for y in (height // 4, 3 * height // 4) for x in (width // 4, 3 * width // 4))
    return [names.get(tuple(bool(value > 127) for value in picture[place]), "white") for place in places]


@dataclass(frozen=True)
class Clip:
    """How a test video is made; `times_ms` are the frames' times, evenly at 25 fps where not given."""

    codec: str = "libx264"
    pixels: str = "yuv420p"
    width: int = 64
    height: int = 48
    frames: int = 30
    times_ms: Sequence[int] = ()
    rotation: int = 0
    options: dict[str, str] = field(default_factory=dict)
    paint: Painter = numbered

    def write(self, path: Path) -> Path:
        """Encode the clip into `path`, whose suffix names the container."""
        times_ms = self.times_ms or [40 * index for index in range(self.frames)]
        with av.open(str(path), "w") as container:
            stream = container.add_stream(self.codec, rate=25, options={"crf": "1"} | self.options)
            stream.width, stream.height, stream.pix_fmt = self.width, self.height, self.pixels
            stream.codec_context.time_base = MILLISECOND
            if self.rotation:
                stream.set_display_rotation(self.rotation)
            for index, time_ms in enumerate(times_ms):
                picture = av.VideoFrame.from_ndarray(self.paint(index, self.width, self.height), "bgr24")
                picture = picture.reformat(format=self.pixels, interpolation=_EXACT)
                picture.pts, picture.time_base = time_ms, MILLISECOND
                container.mux(stream.encode(picture))
            container.mux(stream.encode(None))
        return path


def write_tone(path: Path, cover: bool = False) -> Path:
    """A file with sound alone, or with a cover beside it."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=8000, layout="mono")
        if cover:
            picture = container.add_stream("mjpeg")
            picture.width, picture.height, picture.pix_fmt = 64, 48, "yuvj420p"
            picture.disposition = Disposition.attached_pic
            container.mux(picture.encode(av.VideoFrame(64, 48, "yuvj420p")))
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.float32), "fltp", "mono")
        sound.sample_rate = 8000
        container.mux(stream.encode(sound))
        container.mux(stream.encode(None))
    return path


def cut(path: Path, share: float) -> Path:
    """Leave only the first part of a file's bytes."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path
