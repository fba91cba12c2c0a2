"""What a network wants its input to be."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


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
    `colour` "RGB", "BGR" or "GREY".
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
