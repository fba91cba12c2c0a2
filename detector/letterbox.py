"""From a frame to a network's input and back: geometry, and the tensor itself.

Coordinates are continuous with the origin at the outer corner of the top left pixel, as OpenCV's resize has it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.pixels import U8
from core.types import F32
from detector.preprocessing import Fit, Preprocessing

CROP_SHARE = 0.875  # of the shorter side that a classifier sees


@dataclass(frozen=True)
class Window:
    """A rectangle of whole pixels."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Transform:
    """The `source` window of a frame fills the `target` window of a network's input."""

    frame_width: int
    frame_height: int
    input_width: int
    input_height: int
    source: Window
    target: Window

    @property
    def scale_x(self) -> float:
        """Input pixels for one frame pixel, across."""
        return self.target.width / self.source.width

    @property
    def scale_y(self) -> float:
        """Input pixels for one frame pixel, down."""
        return self.target.height / self.source.height

    @property
    def shift_x(self) -> float:
        """Where the frame's left edge lies in the input, in its pixels."""
        return self.target.x - self.source.x * self.scale_x

    @property
    def shift_y(self) -> float:
        """Where the frame's upper edge lies in the input, in its pixels."""
        return self.target.y - self.source.y * self.scale_y

    def to_frame(self, xyxy: F32) -> F32:
        """Boxes [N, 4] in input pixels -> frame pixels, cut at the frame's edges."""
        shift = np.array((self.shift_x, self.shift_y) * 2, np.float32)
        scale = np.array((self.scale_x, self.scale_y) * 2, np.float32)
        limits = np.array((self.frame_width, self.frame_height) * 2, np.float32)
        inside: F32 = np.clip((xyxy - shift) / scale, np.float32(0), limits)
        return inside


def geometry(width: int, height: int, preprocessing: Preprocessing) -> Transform:
    """Where a frame of that size in pixels lands in the network's input."""
    whole = Window(0, 0, width, height)
    target = Window(0, 0, preprocessing.width, preprocessing.height)
    if preprocessing.fit is Fit.STRETCH:
        windows = whole, target
    elif preprocessing.fit is Fit.CROP_CENTRE:
        windows = _cropped(whole, target), target
    else:
        windows = whole, _boxed(whole, target, preprocessing.fit)
    return Transform(width, height, preprocessing.width, preprocessing.height, *windows)


def _boxed(whole: Window, target: Window, fit: Fit) -> Window:
    """The frame's aspect within the input; a bar of odd width is thinner on the left or above."""
    scale = min(target.width / whole.width, target.height / whole.height)
    width = max(1, round(whole.width * scale))
    height = max(1, round(whole.height * scale))
    if fit is Fit.LETTERBOX_TOP_LEFT:
        return Window(0, 0, width, height)
    return Window((target.width - width) // 2, (target.height - height) // 2, width, height)


def _cropped(whole: Window, target: Window) -> Window:
    """The centre of the frame with the input's aspect and `CROP_SHARE` of what fits."""
    scale = CROP_SHARE * min(whole.width / target.width, whole.height / target.height)
    width = max(1, round(target.width * scale))
    height = max(1, round(target.height * scale))
    return Window((whole.width - width) // 2, (whole.height - height) // 2, width, height)


def sized(preprocessing: Preprocessing, width: int, height: int) -> Preprocessing:
    """For a network that takes any size: the input that a frame of that size in pixels needs; others as they are."""
    step = preprocessing.step
    if step is None or preprocessing.fit in (Fit.STRETCH, Fit.CROP_CENTRE):
        return preprocessing
    target = geometry(width, height, preprocessing).target
    return replace(preprocessing, width=-(-target.width // step) * step, height=-(-target.height // step) * step)


class Letterbox:
    """The input tensor for frames of one size. One buffer, refilled by each `prepare`; the bars are written once."""

    def __init__(self, width: int, height: int, preprocessing: Preprocessing) -> None:
        self.transform = geometry(width, height, preprocessing)
        self._grey = preprocessing.colour == "GREY"
        window = self.transform.target
        self._size = window.width, window.height
        self._picture = np.empty((window.height, window.width, 3), np.uint8)
        self._split: list[U8] = [np.empty((window.height, window.width), np.uint8) for _ in range(3)]
        self._scale, self._shift = preprocessing.scale_and_shift
        self.tensor, channels = _tensor(preprocessing)
        for channel, scale, shift in zip(channels, self._scale, self._shift, strict=False):
            channel[...] = preprocessing.pad * scale + shift
        rows = slice(window.y, window.y + window.height)
        columns = slice(window.x, window.x + window.width)
        self._channels = [channel[rows, columns] for channel in channels]
        self._bgr = preprocessing.colour == "BGR"

    def prepare(self, bgr: U8) -> NDArray[Any]:
        """The tensor for a picture [H, W, 3]; valid until the next call."""
        for place, plane, scale, shift in zip(
            self._channels, self._planes(bgr), self._scale, self._shift, strict=False
        ):
            np.multiply(plane, scale, out=place, casting="unsafe")
            if shift:
                np.add(place, shift, out=place, casting="unsafe")
        return self.tensor

    def _planes(self, bgr: U8) -> list[U8]:
        """The resized picture's planes in the network's colour order."""
        import cv2

        source = self.transform.source
        window = bgr[source.y : source.y + source.height, source.x : source.x + source.width]
        cv2.resize(window, self._size, dst=self._picture, interpolation=cv2.INTER_LINEAR)
        if self._grey:
            return [np.asarray(cv2.cvtColor(self._picture, cv2.COLOR_BGR2GRAY), np.uint8)]
        cv2.split(self._picture, self._split)
        return self._split if self._bgr else self._split[::-1]


def _tensor(preprocessing: Preprocessing) -> tuple[NDArray[Any], list[NDArray[Any]]]:
    """A batch of one, and views of its channels [H, W]."""
    channels = 1 if preprocessing.colour == "GREY" else 3
    size = preprocessing.height, preprocessing.width
    if preprocessing.layout == "NCHW":
        tensor = np.empty((1, channels, *size), preprocessing.dtype)
        return tensor, list(tensor[0])
    tensor = np.empty((1, *size, channels), preprocessing.dtype)
    return tensor, [tensor[0, :, :, channel] for channel in range(channels)]
