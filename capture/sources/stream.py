"""`rtsp://`, `rtsps://` and `http(s)://`: cameras on the network, Motion-JPEG, HLS, and recordings that are served."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from itertools import chain
from types import TracebackType

from capture.backlog import Backlog
from capture.conversion import Converter
from capture.link import Link
from capture.pace import Pace
from capture.source import CaptureOptions
from core.buffers import FrameBuffers
from core.errors import SourceLost, SourceUnreadable
from core.types import Frame, SourceInfo

EXAMPLE = "rtsp://user:password@camera/stream"
SCHEMES = ("rtsp://", "rtsps://", "http://", "https://")
CUT_NS = 1_000_000_000  # a recording that ends so long before the end it promised was cut off


def claims(uri: str) -> bool:
    """Addresses on the network."""
    return uri.lower().startswith(SCHEMES)


def open(uri: str, buffers: FrameBuffers, options: CaptureOptions) -> Stream:
    """An unopened stream."""
    return Stream(uri, buffers, options)


class Stream:
    """A stream that names its length, or is one picture, is a recording, which plays from its start; else it is live.

    It is open once it has delivered a picture. RTSP comes over TCP, and up to `options.latency_ms` are waited for what
    is out of order; HLS, which comes in bursts, is held back to its own rate. A read waits for `options.timeout_s` at
    most.
    """

    info: SourceInfo
    _link: Link
    _arriving: Iterator[Frame]

    def __init__(self, uri: str, buffers: FrameBuffers, options: CaptureOptions) -> None:
        self._uri = uri
        self._buffers = buffers
        self._options = options
        self._begun = False

    def __enter__(self) -> Stream:
        self._converter = Converter(self._buffers)
        self._link = Link(self._uri, self._options)
        with ExitStack() as fault:
            fault.callback(self._link.close)
            arriving = self._arrivals()
            first = self._first(arriving)
            self._arriving = chain([first], arriving)
            self.info = _describe(self._link, first)
            fault.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._link.close()

    def frames(self, start_ns: int = 0) -> Iterator[Frame]:  # noqa: ARG002 - nothing here can be wound
        """What comes. Something live raises `SourceLost` at its end; a recording ends, and begins again when asked."""
        return self._live() if self.info.live else self._recorded()

    def _first(self, arriving: Iterator[Frame]) -> Frame:
        try:
            return next(arriving)
        except (SourceLost, StopIteration) as error:
            raise SourceUnreadable(f"{self._link.shown} answers and sends no picture", "Check the camera.") from error

    def _live(self) -> Iterator[Frame]:
        pace = Pace()
        for frame in self._arriving:
            if self._link.in_bursts and frame.media_ns is not None:
                pace.wait(frame.media_ns)
                yield replace(frame, captured_ns=time.perf_counter_ns())
            else:
                yield frame
        raise self._link.lost("ended")

    def _recorded(self) -> Iterator[Frame]:
        if self._begun:
            self._link.close()
            self._link = Link(self._uri, self._options)
            self._arriving = self._arrivals()
        self._begun = True
        media_ns = 0
        for frame in self._arriving:
            media_ns = frame.media_ns or media_ns
            yield replace(frame, captured_ns=time.perf_counter_ns())
        if media_ns + CUT_NS < (self.info.duration_ns or 0):
            raise self._link.lost("was cut off before its end")

    def _arrivals(self) -> Iterator[Frame]:
        """Every picture, numbered together with those that are let go undecoded."""
        backlog, index = Backlog(), 0
        due_s = time.monotonic() + self._options.timeout_s
        for received in self._link.packets():
            if self._link.prompt and backlog.skips(received):
                index += 1
                continue
            for picture, media_ns in self._link.pictures(received.packet):
                yield replace(self._converter.frame(picture, index, media_ns), captured_ns=received.captured_ns)
                index += 1
                due_s = time.monotonic() + self._options.timeout_s
            if time.monotonic() > due_s:
                raise self._link.silent()


def _describe(link: Link, first: Frame) -> SourceInfo:
    return SourceInfo(
        uri=link.shown,
        kind="stream",
        width=first.width,
        height=first.height,
        fps=link.fps,
        format=f"{link.codec} ({link.demuxer}) as {first.format.name}",
        live=link.live,
        duration_ns=link.duration_ns,
        decoder=link.decoder,
    )
