"""A video file as a source."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from capture.conversion import Converter, upright_size
from capture.decoding import FFMPEG, recording_decoder
from capture.videofile import VideoFile
from core.buffers import FrameBuffers
from core.errors import SourceLost, SourceUnreadable
from core.types import Frame, SourceInfo

if TYPE_CHECKING:
    from av import VideoFrame


class Recording:
    """Every frame of a video file, upright, with its own time stamps and exact seeks.

    After a seek the first frame has the index that its time has at the mean frame rate, exact where the rate is
    constant; from there frames are counted. `locate` gives the path, or raises, when the source is opened.
    """

    info: SourceInfo

    def __init__(self, kind: str, uri: str, locate: Callable[[], Path], buffers: FrameBuffers) -> None:
        self._kind = kind
        self._uri = uri
        self._locate = locate
        self._buffers = buffers

    def __enter__(self) -> Recording:
        self._converter = Converter(self._buffers)
        self._file = VideoFile(self._locate())
        try:
            self.info = self._describe(self._first())
        except SourceUnreadable:
            self._file.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def frames(self, start_ns: int = 0) -> Iterator[Frame]:
        """The frames from the first at or after `start_ns`; `SourceLost` where the data are damaged or cut off."""
        for offset, (picture, media_ns) in enumerate(self._file.pictures(start_ns)):
            if offset == 0:
                first = self._file.index_at(media_ns) if start_ns > 0 else 0
            yield self._converter.frame(picture, first + offset, media_ns)

    def _first(self) -> VideoFrame:
        """As FFmpeg decodes it, which alone tells how it is turned; then as hardware does, where there is any."""
        picture = self._decoded()
        self._file.decode_with(partial(recording_decoder, turned=picture.rotation != 0))
        return self._decoded() if self._file.decoder != FFMPEG else picture

    def _decoded(self) -> VideoFrame:
        try:
            picture, _ = next(self._file.pictures())
        except (StopIteration, SourceLost) as error:
            raise SourceUnreadable(f"{self._file.path} holds no picture that can be decoded", "Repair it.") from error
        return picture

    def _describe(self, picture: VideoFrame) -> SourceInfo:
        width, height = upright_size(picture)
        return SourceInfo(
            uri=self._uri,
            kind=self._kind,
            width=width,
            height=height,
            fps=self._file.fps,
            format=f"{self._file.codec} as {self._converter.format_of(picture).name}",
            live=False,
            seekable=True,
            duration_ns=self._file.duration_ns,
            decoder=self._file.decoder,
        )
