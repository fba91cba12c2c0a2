"""The letterbox on the GPU: records that tell its kernel what to do, and its launch."""

from __future__ import annotations

from itertools import accumulate
from math import prod

import numpy as np
from numpy.typing import NDArray

from core.pixels import Colour, ColourMatrix, PixelFormat, plane_shapes
from detector.cuda.driver import Stream
from detector.cuda.kernels import Kernels
from detector.letterbox import Transform, Window
from detector.preprocessing import Preprocessing

THREADS = (32, 8)

# The structs of kernels/picture.cuh and kernels/letterbox.cu.
PICTURE = np.dtype([("planes", "u8", 3), ("pitches", "i4", 3), ("format", "i4"), ("width", "i4")], align=True)
TAP = np.dtype([("first", "u2"), ("second", "u2"), ("first_weight", "i2"), ("second_weight", "i2")])
_SIZES = ("width", "height", "left", "top", "across", "down", "channels", "rgb", "channel_step", "pixel_step")
_FLOATS = ("scale", "shift", "bar")
UNIT = 2048  # of weights

# Red of V, blue of U, green of U, green of V in 1/65536, for chroma of the full range: libswscale/yuv2rgb.c.
_FACTORS = {
    ColourMatrix.BT601: (104597, 132201, 25675, 53279),
    ColourMatrix.BT709: (117489, 138438, 13975, 34925),
}


class LetterboxCall:
    """Fills the tensor at one device address from a picture, as the `fit_record` at another says."""

    def __init__(self, kernels: Kernels, preprocessing: Preprocessing, fit: int, tensor: int) -> None:
        self._function = kernels.function("letterbox", preprocessing.dtype)
        self._blocks = blocks(preprocessing)
        self._fit = fit
        self._tensor = tensor

    def enqueue(self, stream: Stream, picture: int) -> None:
        """Queue the launch; `picture` is the device address of a `picture_record`."""
        stream.launch(self._function, self._blocks, THREADS, (picture, self._fit, self._tensor))


def blocks(preprocessing: Preprocessing) -> tuple[int, int]:
    """How many blocks of `THREADS` cover the tensor, across and down."""
    return -(-preprocessing.width // THREADS[0]), -(-preprocessing.height // THREADS[1])


def picture_record(format: PixelFormat, width: int, height: int, address: int) -> NDArray[np.void]:
    """A picture of that size in pixels whose planes lie one after another from `address` on: `PICTURE` [1]."""
    shapes = plane_shapes(format, width, height)
    record = np.zeros(1, PICTURE)
    record["planes"][0, : len(shapes)] = list(accumulate(map(prod, shapes[:-1]), initial=address))
    record["pitches"][0, : len(shapes)] = [prod(shape[1:]) for shape in shapes]
    record["format"] = list(PixelFormat).index(format)
    record["width"] = width
    return record


def fit_record(colour: Colour, transform: Transform, preprocessing: Preprocessing) -> NDArray[np.void]:
    """How pictures of one size and colour become a tensor: a record [1] of the struct `Fit`."""
    source, target = transform.source, transform.target
    taps = np.concatenate((_taps(source.x, source.width, target.width), _taps(source.y, source.height, target.height)))
    record = np.zeros(1, _fit(len(taps)))
    for name, value in zip(_SIZES, _sizes(target, preprocessing), strict=True):
        record[name] = value
    record["factors"] = _factors(colour)
    scale, shift = preprocessing.scale_and_shift
    for name, values in zip(_FLOATS, (scale, shift, preprocessing.pad * scale + shift), strict=True):
        record[name] = values
    record["taps"] = taps.view("u8")
    return record


def _fit(taps: int) -> np.dtype[np.void]:
    numbers = [(name, "i4") for name in _SIZES]
    arrays = [("factors", "i4", 6), *((name, "f4", 3) for name in _FLOATS), ("taps", "u8", taps)]
    return np.dtype([*numbers, *arrays], align=True)


def _sizes(target: Window, preprocessing: Preprocessing) -> tuple[int, ...]:
    """Tensor, window, channels and their order, and the steps in elements."""
    width, height = preprocessing.width, preprocessing.height
    channels = 1 if preprocessing.colour == "GREY" else 3
    steps = (width * height, 1) if preprocessing.layout == "NCHW" else (1, channels)
    window = target.x, target.y, target.width, target.height
    return width, height, *window, channels, preprocessing.colour == "RGB", *steps


def _factors(colour: Colour) -> tuple[int, ...]:
    """Black times 8, then luma, blue of U, green of U, green of V and red of V in 1/8192, rounded as FFmpeg does."""
    black, luma, chroma = (0, 255, 224) if colour.full_range else (16, 219, 255)
    red_v, blue_u, green_u, green_v = (factor * chroma // 255 for factor in _FACTORS[colour.matrix])
    factors = (255 << 16) // luma, blue_u, -green_u, -green_v, red_v
    return black * 8, *((factor + 4) >> 3 for factor in factors)


def _taps(start: int, length: int, count: int) -> NDArray[np.void]:
    """`TAP` [count]: what is blended where `length` columns or rows from `start` on become `count`.

    The arithmetic of OpenCV's resize (modules/imgproc/src/resize.cpp, INTER_LINEAR on uint8), edges repeated.
    """
    places = ((np.arange(count) + 0.5) * (1 / (count / length)) - 0.5).astype(np.float32)
    before = np.floor(places)
    weight = places - before
    taps = np.empty(count, TAP)
    taps["first"] = start + np.clip(before, 0, length - 1)
    taps["second"] = start + np.clip(before + 1, 0, length - 1)
    taps["first_weight"] = np.rint((1 - weight) * UNIT)
    taps["second_weight"] = np.rint(weight * UNIT)
    return taps
