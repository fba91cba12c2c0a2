"""Which encoder writes a video: the board's own where it opens, else x264 tuned for a busy processor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, cast

from core.errors import OutputError

if TYPE_CHECKING:
    from av import VideoCodecContext

TICKS = Fraction(1, 90_000)  # s; the time base of a video
BITS_PER_PIXEL = 0.15  # for encoders that know no constant quality
SLICES = 2  # threads of x264: more of them cost quality and the detector's time

# AVCOL_* of FFmpeg's libavutil/pixfmt.h (ITU-T H.273): OpenCV's conversion is BT.601 in limited range.
PRIMARIES_BT709 = TRANSFER_BT709 = 1
MATRIX_BT601 = 6
RANGE_LIMITED = 1


@dataclass(frozen=True)
class Encoder:
    """An encoder by FFmpeg's name, its options, and what the user is told of it."""

    name: str
    words: str
    options: Mapping[str, str]


# Ultrafast with the deblocking filter switched back on: 5.4 ms of processor time per 1280x720 frame and 37.1 dB on a
# motorway clip, where superfast takes 11 ms for 37.2 dB and a quarter fewer bytes, veryfast 17 ms.
X264 = {"preset": "ultrafast", "tune": "zerolatency", "crf": "23", "x264-params": "deblock=0,0"}
NVENC = {"preset": "p4", "tune": "ll", "rc": "vbr", "cq": "23", "forced-idr": "1", "delay": "0"}

ENCODERS = (
    Encoder("h264_nvenc", "H.264 by the GPU (h264_nvenc)", NVENC),
    Encoder("h264_v4l2m2m", "H.264 by the board (h264_v4l2m2m)", {}),
    Encoder("libx264", "H.264 by the CPU (libx264)", X264),
    Encoder("libopenh264", "H.264 by the CPU (libopenh264)", {}),
    Encoder("mpeg4", "MPEG-4 part 2 by the CPU: this FFmpeg has no H.264 encoder", {}),
)


def choose(width: int, height: int, fps: float) -> Encoder:
    """The first encoder that opens for pictures of that size."""
    import av

    for encoder in ENCODERS:
        if encoder.name not in av.codecs_available:
            continue
        context = cast("VideoCodecContext", av.CodecContext.create(encoder.name, "w"))
        configure(context, encoder, (width, height), fps)
        try:
            context.open()
        except av.error.FFmpegError:
            continue
        return encoder
    raise OutputError(f"no encoder takes {width}x{height} pixels", "Record a smaller picture.")


def configure(context: VideoCodecContext, encoder: Encoder, size: tuple[int, int], fps: float) -> None:
    """Prepare a codec context: size, colours as they are converted, no B-frames, key frames by request."""
    context.width, context.height = size
    context.pix_fmt = "yuv420p"
    context.time_base = TICKS
    context.framerate = Fraction(fps).limit_denominator(1001)
    context.thread_count = SLICES
    context.color_primaries = PRIMARIES_BT709
    context.color_trc = TRANSFER_BT709
    context.colorspace = MATRIX_BT601
    context.color_range = RANGE_LIMITED
    bits_per_second = round(BITS_PER_PIXEL * size[0] * size[1] * fps)
    context.options = {"bf": "0", "g": str(10 * round(fps)), **(encoder.options or {"b": str(bits_per_second)})}
