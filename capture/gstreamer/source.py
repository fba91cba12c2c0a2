"""A source that is a GStreamer pipeline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType

from capture.gstreamer.library import opencv
from capture.gstreamer.native import parse_fault
from capture.gstreamer.reader import Reader
from capture.source import CaptureOptions
from core.buffers import FrameBuffers
from core.errors import SourceLost, SourceUnreadable
from core.pixels import PixelFormat
from core.slot import Closed
from core.types import Frame, SourceInfo


@dataclass(frozen=True)
class Pipeline:
    """A pipeline that ends in an appsink, which gives one of `formats`; its address; what to do where it fails."""

    kind: str
    uri: str
    description: str
    remedy: str
    formats: tuple[PixelFormat, ...] = (PixelFormat.BGR,)


class PipelineSource:
    """Runs `launch`; open once it has delivered a picture. A read waits for `options.timeout_s` at most."""

    info: SourceInfo
    _reader: Reader
    _first: Frame | None

    def __init__(self, pipeline: Pipeline, buffers: FrameBuffers, options: CaptureOptions) -> None:
        self.launch = pipeline
        self._buffers = buffers
        self._timeout_s = options.timeout_s

    def __enter__(self) -> PipelineSource:
        cv2 = opencv()
        pipeline = self.launch
        if fault := parse_fault(pipeline.description):
            raise SourceUnreadable(f"GStreamer cannot build {pipeline.uri}: {fault}", pipeline.remedy)
        self._reader = Reader(cv2, pipeline.description, pipeline.formats, self._buffers)
        self._reader.start()
        try:
            self._first = self._take()
        except SourceLost as error:
            self._reader.stop()
            raise SourceUnreadable(f"{pipeline.uri} gives no picture", pipeline.remedy) from error
        self.info = self._describe(self._first)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._reader.stop()

    def frames(self, start_ns: int = 0) -> Iterator[Frame]:  # noqa: ARG002 - something live has no other start
        """Every picture as it comes; `SourceLost` at the end of the pipeline."""
        if self._first:
            yield self._first
            self._first = None
        while True:
            yield self._take()

    def _take(self) -> Frame:
        try:
            frame = self._reader.frames.take(self._timeout_s)
        except Closed as end:
            raise SourceLost(f"{self.launch.uri} ended", self.launch.remedy) from end
        if frame is None:
            raise SourceLost(f"{self.launch.uri} gave no picture for {self._timeout_s:g} s", self.launch.remedy)
        return frame

    def _describe(self, first: Frame) -> SourceInfo:
        fps = self._reader.fps
        return SourceInfo(
            uri=self.launch.uri,
            kind=self.launch.kind,
            width=first.width,
            height=first.height,
            fps=fps,
            format=first.format.name + (f" at {fps:g} fps" if fps else ""),
            live=True,
            decoder="GStreamer",
        )
