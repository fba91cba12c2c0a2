"""Frames from all over a source, to calibrate and compare networks on."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from capture.source import Source, open_source
from core.buffers import FrameBuffers
from core.types import Frame

USUAL_FPS = 30.0
APART = 10  # frames of a live source between two that are taken


def sampled(uri: str, count: int) -> Iterator[Frame]:
    """At most `count` frames: evenly over a recording that can be sought in, else every tenth."""
    with open_source(uri, FrameBuffers()) as source:
        duration_ns = source.info.duration_ns
        if source.info.seekable and duration_ns:
            yield from _evenly(source, duration_ns, min(count, _frames(source, duration_ns)))
        else:
            yield from islice(source.frames(), 0, count * APART, APART)


def _frames(source: Source, duration_ns: int) -> int:
    """About how many there are."""
    return max(1, round(duration_ns / 1e9 * (source.info.fps or USUAL_FPS)))


def _evenly(source: Source, duration_ns: int, count: int) -> Iterator[Frame]:
    """The first frames at or after evenly spaced times, each once."""
    last = -1
    for number in range(count):
        frame = next(iter(source.frames(duration_ns * number // count)), None)
        if frame is not None and frame.index > last:
            last = frame.index
            yield frame
