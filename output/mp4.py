"""A video file that can be read whenever the program dies.

The file is a row of fragments of at most a second (ISO/IEC 14496-12, movie fragments), each written out when it is
full and begun with a key frame. There are no B-frames, and the encoder looks at no later frame.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from core.pixels import U8
from output.encoder import TICKS, choose, configure
from output.files import cannot_write
from output.fragments import keep_whole_fragments

if TYPE_CHECKING:
    from av import VideoStream

FRAGMENT_NS = 1_000_000_000
MUXING = {
    "movflags": "frag_keyframe+empty_moov+default_base_moof",
    "frag_duration": str(FRAGMENT_NS // 1000),
    "flush_packets": "1",
}


class Mp4:
    """Open from creation to `close`. Every method raises `OutputError`; what was written until then stays readable.

    `width` and `height` in pixels are even; `fps` is a hint to the encoder.
    """

    def __init__(self, path: Path, width: int, height: int, fps: float) -> None:
        import av

        self.path, self.width, self.height = path, width, height
        encoder = choose(width, height, fps)
        self.encoder = encoder.words
        self._key_ns = -FRAGMENT_NS
        with self._errors():
            self._container = av.open(str(path), "w", format="mp4", options=MUXING)
            self._stream = cast("VideoStream", self._container.add_stream(encoder.name))
            configure(self._stream.codec_context, encoder, (width, height), fps)

    def write(self, picture: U8, time_ns: int, duration_ns: int) -> None:
        """Append a BGR picture [H, W, 3], shown `time_ns` after the first one and for at least `duration_ns`."""
        import av
        import cv2
        from av.video.frame import PictureType

        planes: U8 = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420), np.uint8)
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts = _ticks(time_ns)
        frame.time_base = TICKS
        if time_ns + duration_ns > self._key_ns + FRAGMENT_NS:
            frame.pict_type = PictureType.I
            self._key_ns = time_ns
        with self._errors():
            for packet in self._stream.encode(frame):
                packet.duration = _ticks(duration_ns)
                self._container.mux(packet)

    def close(self) -> None:
        """Finish the file."""
        with self._errors(), ExitStack() as last:
            last.callback(keep_whole_fragments, self.path)
            last.callback(self._container.close)
            self._container.mux(self._stream.encode(None))

    @contextmanager
    def _errors(self) -> Iterator[None]:
        import av

        try:
            yield
        except (av.error.FFmpegError, OSError) as error:
            raise cannot_write(self.path, error.strerror) from error


def extent(path: Path) -> tuple[int, int]:
    """Frames and duration in ns of what a full disk left of a video; (0, 0) where nothing is left."""
    import av

    if not path.is_file():
        return 0, 0
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    last = packets[-1] if packets else None
    end = (last.pts or 0) + (last.duration or 0) if last else 0
    return len(packets), round(end * TICKS * 1_000_000_000)


def _ticks(time_ns: int) -> int:
    return round(time_ns / 1_000_000_000 / TICKS)
