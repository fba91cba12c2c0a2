"""What a network wants its input to be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import numpy as np

from core.types import F32, TensorSpec

IMAGENET = {"mean": (123.675, 116.28, 103.53), "std": (58.395, 57.12, 57.375)}  # in RGB order
FREE_SIDE = 640  # px: the longest side given to a network that takes any size
FREE_STEP = 32  # px: the coarsest stride of the usual networks


class Fit(Enum):
    """How a frame fills the network's input."""

    LETTERBOX_CENTRE = "letterbox-centre"  # aspect kept, bars on both sides
    LETTERBOX_TOP_LEFT = "letterbox-top-left"  # aspect kept, bars right and below
    STRETCH = "stretch"  # aspect given up
    CROP_CENTRE = "crop-centre"  # classification: shorter side scaled to input / 0.875, centre cut out


@dataclass(frozen=True)
class Preprocessing:
    """From BGR uint8 to the input tensor: fit, colour order, then `(pixel - mean) / std` with pixels of 0..255.

    `width` and `height` are in pixels, `layout` is "NCHW" or "NHWC", `dtype` NumPy's name,
    `colour` "RGB", "BGR" or "GREY"; `mean` and `std` follow the colour order. A network that takes any size has a
    `step`: then `width` and `height` are the most, and a letterboxed frame gets the multiples of `step` it needs.
    """

    width: int
    height: int
    fit: Fit = Fit.LETTERBOX_CENTRE
    colour: str = "RGB"
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (255.0, 255.0, 255.0)
    pad: int = 114
    layout: str = "NCHW"
    dtype: str = "float32"
    step: int | None = None

    @property
    def scale_and_shift(self) -> tuple[F32, F32]:
        """`(pixel - mean) / std` as `pixel * scale + shift`: float32 [3] each, in the colour order."""
        scale: F32 = np.float32(1) / np.array(self.std, np.float32)
        return scale, -np.array(self.mean, np.float32) * scale


def for_input(spec: TensorSpec, **usual: Any) -> Preprocessing | None:
    """Preprocessing for a network's picture input: size, layout and dtype from the tensor, the rest as `usual`.

    None where the tensor is no batch of one grey or colour picture of uint8, float16 or float32. A uint8 network
    gets the pixels as they are, whatever mean and deviation are usual.
    """
    sides = _sides(spec)
    if sides is None or spec.dtype not in ("uint8", "float16", "float32"):
        return None
    layout, channels, height, width = sides
    free = height is None or width is None
    found = Preprocessing(
        width=width or height or FREE_SIDE,
        height=height or width or FREE_SIDE,
        layout=layout,
        dtype=spec.dtype,
        step=FREE_STEP if free else None,
    )
    if spec.dtype == "uint8":
        usual |= {"mean": (0.0, 0.0, 0.0), "std": (1.0, 1.0, 1.0)}
    if channels == 1:
        usual |= {"colour": "GREY"}
    return replace(found, **usual)


def _sides(spec: TensorSpec) -> tuple[str, int, int | None, int | None] | None:
    """Layout, channels, height and width of a picture tensor."""
    match spec.shape:
        case (1 | None, 1 | 3 as channels, height, width):
            return "NCHW", channels, height, width
        case (1 | None, height, width, 1 | 3 as channels):
            return "NHWC", channels, height, width
    return None
