"""Which of a camera's modes to ask for."""

from __future__ import annotations

from collections.abc import Sequence

from capture.source import CaptureOptions
from capture.video4linux.decoding import READABLE
from capture.video4linux.device import Mode

WIDTH, HEIGHT, FPS = 1280, 720, 30.0


def wish(fourccs: Sequence[str], modes: Sequence[Mode], options: CaptureOptions) -> Mode | None:
    """What to ask for, for the mode nearest to `options`; None where no format can be read.

    What nobody asked for is 720p at 30 fps. A size that was asked for comes before the rate, and else the rate before
    the size: uncompressed 720p is more than USB 2 carries at 30 fps. Of equals the first in `READABLE` is taken, MJPG.
    """
    readable = [name for name in READABLE if name in fourccs]
    if not readable:
        return None
    width, height, fps = options.width or WIDTH, options.height or HEIGHT, options.fps or FPS
    sized = options.width is not None or options.height is not None

    def distance(mode: Mode) -> tuple[float, float, int]:
        size = abs(mode.width - width) + abs(mode.height - height)
        slowness = max(0.0, fps - (mode.fps or fps))
        first, second = (size, slowness) if sized else (slowness, size)
        return first, second, readable.index(mode.fourcc)

    known = [mode for mode in modes if mode.fourcc in readable]
    best = min(known, key=distance, default=Mode(readable[0], width, height, fps))
    return Mode(best.fourcc, width, height, fps) if sized else Mode(best.fourcc, best.width, best.height, fps)
