"""The pictures of a video file and their times, through PyAV."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, cast

from capture.cadence import SECOND_NS, time_of
from capture.decoding import Decoder
from capture.paths import require_file
from core.errors import SourceLost, SourceUnreadable

if TYPE_CHECKING:
    from av import Packet, VideoFrame
    from av.container import InputContainer
    from av.stream import Stream
    from av.video.stream import VideoStream

TimedPicture: TypeAlias = "tuple[VideoFrame, int]"

# Demuxers of FFmpeg that make a moving picture of any text.
_TEXT_ART = frozenset({"tty", "bin", "xbin", "adf", "idf"})
_USUAL_FPS = 25.0
_CUT_S = 0.5
_REMEDY = "Give a video file such as mp4, mkv, webm or avi."


class VideoFile:
    """An open video file. `fps` and `duration_ns` are None where its header does not say."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._container, self._stream = _open(path)
        self._decoder = Decoder()
        self._tick = Fraction(self._stream.time_base or 1)
        rate = self._stream.average_rate or self._stream.guessed_rate
        self.fps = float(rate) if rate else None
        self._period_ns = time_of(1, self.fps or _USUAL_FPS)
        self.duration_ns = self._duration_ns()
        self.codec = self._stream.codec_context.codec.canonical_name

    def close(self) -> None:
        """Let go of the file."""
        self._decoder.close()
        self._container.close()

    @property
    def decoder(self) -> str:
        """Which decoder runs."""
        return self._decoder.words

    def decode_with(self, choose: Callable[[VideoStream], Decoder]) -> None:
        """Decode otherwise than by FFmpeg alone, from the next call of `pictures` on."""
        self._decoder = choose(self._stream)

    def pictures(self, start_ns: int = 0) -> Iterator[TimedPicture]:
        """Pictures with their times in ns from the start of the video, from the first at or after `start_ns`.

        May be called again; earlier iterators end then. Raises `SourceLost` where the data are damaged or cut off.
        """
        for picture, media_ns in self._from_before(start_ns):
            if media_ns >= start_ns or start_ns <= 0:
                yield picture, media_ns

    def index_at(self, media_ns: int) -> int:
        """The index of the picture shown at that time, counted at the mean frame rate."""
        return round(media_ns / self._period_ns)

    def _from_before(self, start_ns: int) -> Iterator[TimedPicture]:
        """From a key frame before `start_ns`; containers that seek wrongly or not at all are read from the start."""
        back_ns = 0
        while back_ns < start_ns and self._seek(start_ns - back_ns):
            timed = self._timed()
            first = next(timed, None)
            if first and first[1] <= start_ns:
                return chain([first], timed)
            back_ns = 2 * back_ns + SECOND_NS
        self.close()
        self._container, self._stream = _open(self.path)
        return self._timed()

    def _seek(self, position_ns: int) -> bool:
        import av

        ticks = position_ns * self._tick.denominator // (self._tick.numerator * SECOND_NS)
        try:
            self._container.seek((self._stream.start_time or 0) + ticks, stream=self._stream)
        except av.FFmpegError:
            return False
        return True

    def _timed(self) -> Iterator[TimedPicture]:
        """Times only ever grow: a picture without one, or with an earlier one, comes a period after the last."""
        origin, last_ns = self._stream.start_time, -self._period_ns
        for picture in self._decoded():
            media_ns = due_ns = last_ns + self._period_ns
            if picture.pts is not None:
                origin = picture.pts if origin is None else origin
                media_ns = self._ns(picture.pts - origin)
            last_ns = media_ns if media_ns > last_ns else due_ns
            yield picture, last_ns

    def _decoded(self) -> Iterator[VideoFrame]:
        import av

        self._decoder.close()
        progress = _Progress(self._container)
        try:
            # Every stream's packets, because a container's length is that of its longest.
            for packet in self._container.demux():
                progress.see(packet)
                if packet.stream is self._stream:
                    yield from self._decoder.decode(cast("Packet[VideoStream]", packet))
        except av.FFmpegError as error:
            raise self._lost("its data are damaged") from error
        if progress.is_cut():
            raise self._lost("it was cut off before its end")

    def _lost(self, reason: str) -> SourceLost:
        return SourceLost(f"{self.path} stops: {reason}", "What was read until there is whole; repair or replace it.")

    def _duration_ns(self) -> int | None:
        if self._stream.duration is not None:
            return self._ns(self._stream.duration)
        return None if self._container.duration is None else self._container.duration * 1000

    def _ns(self, ticks: int) -> int:
        return ticks * self._tick.numerator * SECOND_NS // self._tick.denominator


class _Progress:
    """How far a container was read, to tell one that ends from one that was cut off."""

    def __init__(self, container: InputContainer) -> None:
        self._seconds = [float(stream.time_base or 0) for stream in container.streams]
        self._read_s = 0.0
        self._broken = False
        # Formats without time stamps have no start, and their length is a guess. Matroska counts its length from 0 and
        # others from the start: the earlier end is never a false alarm.
        told = container.start_time is not None and container.duration is not None
        self._end_s = (container.duration or 0) / 1e6 if told else 0.0

    def see(self, packet: Packet[Stream]) -> None:
        ticks = packet.dts if packet.pts is None else packet.pts
        if ticks is not None:
            self._broken = packet.is_corrupt
            end_s = (ticks + (packet.duration or 0)) * self._seconds[packet.stream.index]
            self._read_s = max(self._read_s, end_s)

    def is_cut(self) -> bool:
        """Whether the last packet is not whole, or the file's header promised more."""
        return self._broken or 0 < self._read_s < self._end_s - _CUT_S


def _open(path: Path) -> tuple[InputContainer, VideoStream]:
    import av
    from av.video.stream import VideoStream

    require_file(path)
    try:
        container = av.open(f"file:{path}", metadata_errors="replace")
    except av.FFmpegError as error:
        raise SourceUnreadable(f"{path} is not a video that can be read", _REMEDY) from error
    stream = container.streams.best("video")
    if not isinstance(stream, VideoStream) or not _moves(container, stream):
        container.close()
        raise SourceUnreadable(f"{path} holds no video", _REMEDY)
    # Frames decoded side by side cost a fifth more work in all: worth it only where cores are left for it.
    stream.thread_type = "SLICE" if len(os.sched_getaffinity(0)) <= 2 else "AUTO"
    return container, stream


def _moves(container: InputContainer, stream: VideoStream) -> bool:
    """Whether a stream is video that can be decoded, and not text in disguise or the cover of a record."""
    from av.stream import Disposition

    cover = stream.disposition & Disposition.attached_pic
    return stream.codec_context is not None and container.format.name not in _TEXT_ART and not cover
