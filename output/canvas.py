"""Pictures of any size on one of a fixed, even size: H.264 halves its colour planes, and a video keeps its size."""

from __future__ import annotations

import numpy as np

from core.pixels import U8


def even(pixels: int) -> int:
    """The next even number, at least 2."""
    return max(2, pixels + pixels % 2)


def fit(picture: U8, width: int, height: int) -> U8:
    """A BGR picture [H, W, 3] at that size: as it is, its last row and column repeated, or scaled between bars."""
    import cv2

    rows, columns = picture.shape[:2]
    if (columns, rows) == (width, height):
        return picture
    if (even(columns), even(rows)) == (width, height):
        return _framed(picture, (0, height - rows, 0, width - columns), cv2.BORDER_REPLICATE)
    scale = min(width / columns, height / rows)
    columns, rows = max(1, round(columns * scale)), max(1, round(rows * scale))
    scaled = cv2.resize(picture, (columns, rows), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    top, left = (height - rows) // 2, (width - columns) // 2
    bars = top, height - rows - top, left, width - columns - left
    return _framed(np.asarray(scaled, np.uint8), bars, cv2.BORDER_CONSTANT)


def _framed(picture: U8, bars: tuple[int, int, int, int], border: int) -> U8:
    import cv2

    return np.asarray(cv2.copyMakeBorder(picture, *bars, border), np.uint8)
