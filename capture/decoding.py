"""Which decoder makes pictures of packets: a Jetson's hardware where it can, else FFmpeg on the CPU, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capture.gstreamer.hardware import DecoderFault, PipelineDecoder, jetson, unfit
from capture.listing import is_jetson

if TYPE_CHECKING:
    from av import Packet, VideoFrame
    from av.video.stream import VideoStream

FFMPEG = "FFmpeg (CPU)"
RECORDED_AHEAD, LIVE_AHEAD = 8, 0
MOST_KEPT = 120  # packets in which hardware has to show its first picture


class Decoder:
    """FFmpeg, or hardware until it fails; then FFmpeg, which gets all packets that no picture came of so far."""

    def __init__(self, hardware: PipelineDecoder | None = None, reason: str = "") -> None:
        self._hardware = hardware
        self._reason = reason
        self._kept: list[Packet[VideoStream]] | None = []

    @property
    def words(self) -> str:
        """Which decoder runs, and why hardware that is there does not."""
        if self._hardware:
            return self._hardware.words
        return f"{FFMPEG}: {self._reason}" if self._reason else FFMPEG

    def close(self) -> None:
        """Let go of the hardware and of what is under way, as before packets from another place."""
        if self._hardware:
            self._hardware.close()
        if self._kept:
            self._kept = []

    def decode(self, packet: Packet[VideoStream]) -> list[VideoFrame]:
        """The pictures that are ready now; an empty packet brings out the rest. Raises FFmpeg's errors."""
        if self._hardware is None:
            return packet.decode()
        try:
            return self._proving(packet, self._hardware.decode(packet))
        except DecoderFault as fault:
            return self._give_up(packet, str(fault))

    def _proving(self, packet: Packet[VideoStream], pictures: list[VideoFrame]) -> list[VideoFrame]:
        if pictures:
            self._kept = None
        if self._kept is not None and (len(self._kept) == MOST_KEPT or not packet.size):
            raise DecoderFault("it gave no picture")
        if self._kept is not None:
            self._kept.append(packet)
        return pictures

    def _give_up(self, packet: Packet[VideoStream], reason: str) -> list[VideoFrame]:
        if self._hardware:
            self._reason = f"{self._hardware.words} failed: {reason}"
            self._hardware.close()
        self._hardware = None
        return [picture for each in (*(self._kept or ()), packet) for picture in each.decode()]


def recording_decoder(stream: VideoStream, turned: bool) -> Decoder:
    """For a recording; pictures that have to be turned are left to FFmpeg, which tells by how much."""
    return _decoder(stream, RECORDED_AHEAD, "it is not used for turned pictures" if turned else "")


def live_decoder(stream: VideoStream) -> Decoder:
    """For something that comes as it happens: no picture is kept waiting for the next packet."""
    return _decoder(stream, LIVE_AHEAD, "")


def _decoder(stream: VideoStream, ahead: int, reason: str) -> Decoder:
    """Only a Jetson is asked for its hardware, so that nobody else reads of what was never there."""
    if not is_jetson():
        return Decoder()
    reason = reason or unfit(stream.codec_context.name) or ""
    return Decoder(None, f"no hardware, {reason}") if reason else Decoder(PipelineDecoder(stream, jetson(), ahead))
