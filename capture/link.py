"""An open connection to something that sends video, through PyAV."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from capture.address import masked, refusal
from capture.cadence import time_of
from capture.decoding import live_decoder
from capture.source import CaptureOptions
from core.errors import SourceLost, SourceUnreadable

if TYPE_CHECKING:
    from av import Packet, VideoFrame
    from av.container import InputContainer
    from av.video.stream import VideoStream

# Enough to know the picture's size, and no more waiting than that. FFmpeg's `nobuffer` is not wanted: it throws away
# what was read for this, the first key frame among it.
PROBE_BYTES, PROBE_US = 500_000, 200_000
USUAL_FPS = 25.0
_STILL = "_pipe"  # FFmpeg's demuxers of one picture: jpeg_pipe, png_pipe …
_UNTIMED = frozenset({"mpjpeg", "mjpeg"})  # FFmpeg makes up their times


@dataclass(frozen=True, eq=False)
class Received:
    """A packet, its time from the stream's start, when it came, and how long it had to be waited for."""

    packet: Packet[VideoStream]
    media_ns: int | None
    captured_ns: int
    waited_ns: int


class Link:
    """Opened by its constructor.

    Every wait for the other side ends after `options.timeout_s`, and nothing ends it sooner: FFmpeg cannot go on with
    a message that it was stopped in.

    `fps` and `duration_ns` are None where the sender does not say; a `prompt` sender sends each packet when it is due.
    Raises `SourceNotFound`, `SourceUnreadable` or `UsageError` where the address cannot be played.
    """

    def __init__(self, uri: str, options: CaptureOptions) -> None:
        self.shown = masked(uri)
        self._timeout_s = options.timeout_s
        self._container = _connect(uri, options)
        self._stream = self._video()
        self._origin = self._stream.start_time
        self.demuxer = self._container.format.name
        self.in_bursts = self.demuxer == "hls"
        self.codec = self._stream.codec_context.name
        self._decoder = live_decoder(self._stream)
        rate = self._stream.average_rate or self._stream.guessed_rate
        self.fps = float(rate) if rate and self.demuxer not in _UNTIMED else None
        self._period_ns = time_of(1, self.fps or USUAL_FPS)
        self._last_ns = -self._period_ns
        self.duration_ns = None if self._container.duration is None else self._container.duration * 1000
        self.live = self.duration_ns is None and not self.demuxer.endswith(_STILL)
        self.prompt = self.live and not self.in_bursts

    def close(self) -> None:
        """Hang up."""
        self._decoder.close()
        self._container.close()

    @property
    def decoder(self) -> str:
        """Which decoder runs."""
        return self._decoder.words

    def packets(self) -> Iterator[Received]:
        """What comes, until it ends. Raises `SourceLost` where it is cut or stays away."""
        import av

        packets = self._container.demux(self._stream)
        while True:
            asked_ns = time.perf_counter_ns()
            packet = fault = None
            try:
                packet = next(packets, None)
            except av.FFmpegError as error:  # not to be chained: it has the password in its text
                fault = error
            now_ns = time.perf_counter_ns()
            # After a time-out FFmpeg hands out the packet that it held back, and only then the fault.
            if now_ns - asked_ns >= self._timeout_s * 1e9:
                raise self.silent()
            if fault:
                raise self.lost(f"was cut: {fault.strerror}")
            if packet is None:
                return
            yield Received(packet, self._media_ns(packet.pts), now_ns, now_ns - asked_ns)

    def pictures(self, packet: Packet[VideoStream]) -> list[tuple[VideoFrame, int | None]]:
        """The pictures that a packet completes, none where it is damaged, with times that only ever grow."""
        import av

        try:
            return [(picture, self._growing_ns(picture.pts)) for picture in self._decoder.decode(packet)]
        except av.FFmpegError:
            return []

    def silent(self) -> SourceLost:
        """Nothing came in time."""
        return self.lost(f"sent no picture for {self._timeout_s:g} s")

    def lost(self, what: str) -> SourceLost:
        """The stream stopped in this way."""
        return SourceLost(f"{self.shown} {what}", "Check the camera and the network.")

    def _video(self) -> VideoStream:
        videos = self._container.streams.video
        if not videos:
            self._container.close()
            raise SourceUnreadable(f"{self.shown} sends no pictures", "Give the address of a video.")
        return videos[0]

    def _growing_ns(self, pts: int | None) -> int | None:
        """A picture without a time, or with an earlier one, comes a period after the last: cameras start anew too."""
        if self.demuxer in _UNTIMED:
            return None
        media_ns, due_ns = self._media_ns(pts), self._last_ns + self._period_ns
        self._last_ns = due_ns if media_ns is None or media_ns <= self._last_ns else media_ns
        return self._last_ns

    def _media_ns(self, pts: int | None) -> int | None:
        clock = self._stream.time_base
        if pts is None or clock is None or self.demuxer in _UNTIMED:
            return None
        self._origin = pts if self._origin is None else self._origin
        return (pts - self._origin) * clock.numerator * 1_000_000_000 // clock.denominator


def _connect(uri: str, options: CaptureOptions) -> InputContainer:
    import av

    wanted = {"probesize": str(PROBE_BYTES), "analyzeduration": str(PROBE_US)}
    if uri.lower().startswith("rtsp"):
        wanted |= {"rtsp_transport": "tcp", "max_delay": str(options.latency_ms * 1000)}
    asked_s = time.monotonic()
    try:
        return av.open(uri, options=wanted, timeout=(options.timeout_s, options.timeout_s), metadata_errors="replace")
    except av.FFmpegError as error:
        silent = time.monotonic() - asked_s >= options.timeout_s
        # Its cause has the password in its text.
        raise refusal(uri, error, silent) from None
