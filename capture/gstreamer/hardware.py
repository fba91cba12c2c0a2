"""Packets decoded by the hardware of an NVIDIA Jetson; not yet run on a board.

The pictures come as BGRx, which nvvidconv makes without the CPU and knows the colours of.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from capture.gstreamer.native import Running, Sample, has_property, lacks
from core.pixels import U8

if TYPE_CHECKING:
    from av import Packet, VideoFrame
    from av.video.codeccontext import VideoCodecContext
    from av.video.stream import VideoStream

DECODER, CONVERTER = "nvv4l2decoder", "nvvidconv"
_FAST = "enable-max-performance"  # gone since JetPack 7
# FFmpeg's name of a codec: GStreamer's, what cuts it into pictures, and its form with lengths in place of start codes.
_CODECS = {"h264": ("x-h264", "h264parse", "avc"), "hevc": ("x-h265", "h265parse", "hvc1")}
_START_NS = 3600 * 1_000_000_000  # room for pictures from before the first packet
_LEARNING_S, _STALLED_S = 0.05, 1.0
MOST_AHEAD = 24  # more than any codec holds back to put pictures in order


class DecoderFault(Exception):
    """A decoder gave up; says why in a few words."""


@dataclass(frozen=True)
class Decoding:
    """The elements that decode, from the packets' parser to BGRx, and how users know them."""

    elements: str
    words: str


def unfit(codec: str) -> str | None:
    """Why this machine's hardware does not decode a codec, in FFmpeg's name; None where it does."""
    return lacks(DECODER, CONVERTER) if codec in _CODECS else f"it is not used for {codec}"


def jetson() -> Decoding:
    """NVIDIA's elements with the properties that this version of them has."""
    fast = f" {_FAST}=true" if has_property(DECODER, _FAST) else ""
    return Decoding(f"{DECODER}{fast} ! {CONVERTER}", f"{DECODER} (hardware)")


def pipeline(codec: VideoCodecContext, elements: str) -> str:
    """The launch line for packets as FFmpeg's demuxers give them."""
    name, parser, with_lengths = _CODECS[codec.name]
    header = codec.extradata or b""
    form = f"{with_lengths},codec_data=(buffer){header.hex()}" if _has_lengths(header) else "byte-stream"
    caps = f"video/{name},stream-format={form},alignment=au"
    return (
        f'appsrc name=source format=time caps="{caps}" ! {parser} ! {elements}'
        " ! video/x-raw,format=BGRx ! appsink name=sink sync=false"
    )


class PipelineDecoder:
    """From packets to pictures, in the order in which they are shown.

    A picture is waited for where more than `ahead` packets are under way. A decoder that needs more of them to put
    pictures in order shows it by giving none in time: then it may have that many. Raises `DecoderFault`.
    """

    def __init__(self, stream: VideoStream, decoding: Decoding, ahead: int) -> None:
        codec = stream.codec_context
        self.words = decoding.words
        self._description = pipeline(codec, decoding.elements)
        header = codec.extradata or b""
        self._header = b"" if _has_lengths(header) else header
        self._tick_ns = Fraction(stream.time_base or 0) * 1_000_000_000
        self._ahead = ahead
        self._running: Running | None = None

    def close(self) -> None:
        """Let go of the hardware and of all that is under way; the next packet begins anew."""
        if self._running:
            self._running.close()
        self._running = None

    def decode(self, packet: Packet[VideoStream]) -> list[VideoFrame]:
        """What is ready once this packet is in; an empty packet brings out the rest."""
        running = self._running or self._start(packet)
        try:
            pictures = list(self._due(running, packet) if packet.size else self._rest(running))
        except ValueError as error:
            raise DecoderFault(str(error)) from error
        if reason := running.fault():
            raise DecoderFault(reason)
        for picture in pictures:
            picture.time_base = packet.time_base
        return pictures

    def _start(self, packet: Packet[VideoStream]) -> Running:
        try:
            self._running = Running(self._description)
        except (OSError, ValueError) as error:
            raise DecoderFault(str(error)) from error
        self._origin = packet.pts or 0
        self._pending: dict[int, int] = {}
        self._begun = False
        self._prefix = self._header
        return self._running

    def _push(self, running: Running, packet: Packet[VideoStream]) -> None:
        time_ns = None
        if packet.pts is not None:
            time_ns = max(0, _START_NS + int((packet.pts - self._origin) * self._tick_ns))
            self._pending[time_ns] = packet.pts
        running.push(self._prefix + bytes(packet), time_ns)
        self._prefix = b""

    def _due(self, running: Running, packet: Packet[VideoStream]) -> Iterator[VideoFrame]:
        self._push(running, packet)
        while sample := running.pull(self._patience_s()):
            yield self._shown(sample)
        if self._begun:
            self._ahead = min(MOST_AHEAD, max(self._ahead, len(self._pending)))

    def _rest(self, running: Running) -> Iterator[VideoFrame]:
        running.end()
        return map(self._shown, iter(lambda: running.pull(_STALLED_S), None))

    def _patience_s(self) -> float:
        if len(self._pending) <= self._ahead:
            return 0.0
        return _LEARNING_S if self._ahead < MOST_AHEAD else _STALLED_S

    def _shown(self, sample: Sample) -> VideoFrame:
        """A picture with its packet's time; what is to be shown before it will not come any more."""
        picture, shown_ns = _picture(sample.pixels), sample.time_ns
        if shown_ns is not None:
            picture.pts = self._pending.get(shown_ns)
            self._pending = {each: pts for each, pts in self._pending.items() if each > shown_ns}
        self._begun = True
        return picture


def _picture(pixels: U8) -> VideoFrame:
    from av import VideoFrame

    height, width = pixels.shape[:2]
    picture = VideoFrame(width, height, "bgr0")
    plane = picture.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    np.copyto(rows[:height, : 4 * width], pixels.reshape(height, -1))
    return picture


def _has_lengths(header: bytes) -> bool:
    """Whether packets carry lengths, as in mp4, and no start codes: their header begins with its version, 1."""
    return header[:1] == b"\x01"
