"""Class id -> colour.

The hues are the seven chromatic ones of M. Okabe and K. Ito, "Color Universal Design" (2008), chosen so that people
with any of the common colour vision deficiencies can tell them apart. Ids beyond them repeat the hues lighter and
darker; an id has the same colour in every network, picture and window.
"""

from __future__ import annotations

from typing import TypeAlias

RGB: TypeAlias = tuple[int, int, int]

HUES: tuple[RGB, ...] = (
    (230, 159, 0),  # orange
    (0, 158, 115),  # bluish green
    (86, 180, 233),  # sky blue
    (240, 228, 66),  # yellow
    (204, 121, 167),  # reddish purple
    (213, 94, 0),  # vermillion
    (0, 114, 178),  # blue
)
WHITE: RGB = (255, 255, 255)
BLACK: RGB = (0, 0, 0)


def colour(class_id: int) -> RGB:
    """The colour of a class."""
    repeat, hue = divmod(class_id, len(HUES))
    shade = _shade(repeat)
    return _mix(HUES[hue], WHITE if shade > 0 else BLACK, abs(shade))


def text_colour(background: RGB) -> RGB:
    """Black or white, whichever has the higher contrast ratio on it (WCAG 2.1, success criterion 1.4.3)."""
    return BLACK if contrast(BLACK, background) >= contrast(WHITE, background) else WHITE


def contrast(one: RGB, other: RGB) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.1)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _shade(repeat: int) -> float:
    """How far towards white (above 0) or black: 0, 1/2, 1/4, -1/4, 1/8, -3/8 … (the bits of `repeat` mirrored)."""
    mirrored = int(f"{repeat:b}"[::-1], 2) / (1 << repeat.bit_length())
    return mirrored if mirrored <= 0.5 else mirrored - 1.0


def _mix(base: RGB, towards: RGB, share: float) -> RGB:
    red, green, blue = (round(b + (t - b) * share) for b, t in zip(base, towards, strict=True))
    return red, green, blue


def _luminance(rgb: RGB) -> float:
    red, green, blue = (_linear(channel / 255) for channel in rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
