"""A generated street: the same picture for the same index, for tests and machines without a camera.

`pattern:?width=640&height=360&fps=30&frames=0&fail_at=-1&live=0` are the parameters and what they are when left out.
`frames=0` never ends; `fail_at=N` loses the source at frame N; `live=1` comes in real time, like a camera.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType

import numpy as np

from capture.cadence import SECOND_NS, first_index, time_of
from capture.source import CaptureOptions, Source
from capture.uri import with_parameters
from core.buffers import FrameBuffers
from core.errors import SourceLost, UsageError
from core.pixels import U8, PixelFormat
from core.types import Frame, SourceInfo

EXAMPLE = "pattern:?width=640&height=360&fps=30"

# Digits of three by five pixels, row by row.
_DIGITS = (
    "111101101101111",
    "010110010010111",
    "111001111100111",
    "111001111001111",
    "101101111001001",
    "111100111001111",
    "111100111101111",
    "111001001001001",
    "111101111101111",
    "111101111001111",
)
# Of each vehicle: its colour (BGR), lane, length and speed, in parts of the picture's height and width.
_VEHICLES = (
    ((40, 40, 220), 0.55, 0.18, 1 / 90),
    ((230, 160, 30), 0.70, 0.24, 1 / 150),
    ((60, 200, 90), 0.85, 0.30, 1 / 60),
)


@dataclass(frozen=True)
class Parameters:
    """What may follow the question mark."""

    width: int = 640
    height: int = 360
    fps: float = 30.0
    frames: int = 0
    fail_at: int = -1
    live: bool = False

    def __post_init__(self) -> None:
        if not (1 <= self.width <= 8192 and 1 <= self.height <= 8192):
            raise UsageError(f"a pattern cannot be {self.width}x{self.height}", "Give sizes of 1 to 8192 pixels.")
        if not 0.1 <= self.fps <= 1000:
            raise UsageError(f"a pattern cannot run at {self.fps:g} fps", "Give 0.1 to 1000.")


def claims(uri: str) -> bool:
    """`pattern:`, with or without parameters."""
    return uri == "pattern:" or uri.startswith("pattern:?")


def open(uri: str, buffers: FrameBuffers, options: CaptureOptions) -> Source:
    """The pattern; size and rate of `options` stand in for parameters that are left out."""
    usual = Parameters()
    defaults = Parameters(options.width or usual.width, options.height or usual.height, options.fps or usual.fps)
    return PatternSource(uri, buffers, with_parameters(uri, defaults))


class PatternSource:
    """A live or a recorded source of generated pictures."""

    def __init__(self, uri: str, buffers: FrameBuffers, parameters: Parameters) -> None:
        self._buffers = buffers
        self._parameters = parameters
        self._background = _street(parameters.width, parameters.height)
        self._vehicles = _vehicles(parameters.width, parameters.height)
        self._digits = _digits(pixel=max(1, parameters.height // 90))
        live, frames = parameters.live, parameters.frames
        self.info = SourceInfo(
            uri=uri,
            kind="pattern",
            width=parameters.width,
            height=parameters.height,
            fps=parameters.fps,
            format="BGR",
            live=live,
            seekable=not live,
            duration_ns=time_of(frames, parameters.fps) if frames and not live else None,
            decoder="generated",
        )

    def __enter__(self) -> PatternSource:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def frames(self, start_ns: int = 0) -> Iterator[Frame]:
        """The frames from the first at or after `start_ns`; where live from frame 0, each when it is due."""
        p = self._parameters
        begun_ns = time.perf_counter_ns()
        index = 0 if p.live else first_index(start_ns, p.fps)
        while not p.frames or index < p.frames:
            if index == p.fail_at:
                raise SourceLost(f"the pattern failed at frame {index}", "Leave out fail_at.")
            if p.live:
                _sleep_until(begun_ns + time_of(index, p.fps))
            yield self._frame(index)
            index += 1
        if p.live:
            raise SourceLost(f"the pattern ended after {p.frames} frames", "Leave out frames.")

    def _frame(self, index: int) -> Frame:
        p = self._parameters
        captured_ns = time.perf_counter_ns()
        planes = self._buffers.take(PixelFormat.BGR, p.width, p.height)
        np.copyto(planes[0], self._background)
        _draw_vehicles(planes[0], index, self._vehicles)
        _draw_counter(planes[0], index, self._digits)
        media_ns = None if p.live else time_of(index, p.fps)
        return Frame(planes, p.width, p.height, index, captured_ns, media_ns)


def _street(width: int, height: int) -> U8:
    """An empty road under a sky, BGR uint8 [height, width, 3]."""
    rows = np.linspace(0, 1, height)[:, None]
    sky = rows * (-60, -20, 40) + (230, 190, 130)
    road = (rows - 0.5) * (70, 70, 70) + (80, 80, 80)
    picture = np.where(rows < 0.5, sky, road).astype(np.uint8)
    return np.repeat(picture[:, None], width, axis=1)


def _vehicles(width: int, height: int) -> list[U8]:
    """Pictures of the vehicles: copying rows is ten times as fast as filling them with a colour."""
    shapes = [(round(height * 0.1), round(width * length)) for _, _, length, _ in _VEHICLES]
    return [np.full((*shape, 3), colour, np.uint8) for shape, (colour, *_) in zip(shapes, _VEHICLES, strict=True)]


def _draw_vehicles(picture: U8, index: int, vehicles: list[U8]) -> None:
    height, width = picture.shape[:2]
    for vehicle, (_, lane, _, speed) in zip(vehicles, _VEHICLES, strict=True):
        high, long = vehicle.shape[:2]
        right = round(width * speed * index) % (width + long)
        top = round(height * lane)
        place = picture[top : top + high, max(0, right - long) : right]
        place[:] = vehicle[: place.shape[0], : place.shape[1]]


def _draw_counter(picture: U8, index: int, digits: list[U8]) -> None:
    """The index, top left, white on black."""
    height, width = digits[0].shape[:2]
    for place, digit in enumerate(str(index)):
        corner = picture[:height, place * width : (place + 1) * width]
        corner[:] = digits[int(digit)][: corner.shape[0], : corner.shape[1]]


def _digits(pixel: int) -> list[U8]:
    """The digits as BGR pictures with a black margin, each of their pixels `pixel` wide."""
    dots = [np.array(list(rows), np.uint8).reshape(5, 3) * np.uint8(255) for rows in _DIGITS]
    return [np.pad(np.kron(dot, np.ones((pixel, pixel), np.uint8)), pixel)[..., None].repeat(3, 2) for dot in dots]


def _sleep_until(due_ns: int) -> None:
    time.sleep(max(0, due_ns - time.perf_counter_ns()) / SECOND_NS)
