"""Draws the colours of a class map, for files and for the window alike."""

from __future__ import annotations

import numpy as np

from core.overlay import Tint
from core.pixels import U8


def lay(tint: Tint, picture: U8) -> None:
    """Lay a tint over a BGR picture [H, W, 3] of any size: each class translucent, with an outline in full colour."""
    import cv2

    height, width = picture.shape[:2]
    class_id = cv2.resize(tint.class_id, (width, height), interpolation=cv2.INTER_NEAREST)
    shown = cv2.LUT(class_id, tint.shown[None])
    coloured = cv2.applyColorMap(class_id, np.ascontiguousarray(tint.colours[:, None, ::-1]))
    blended = cv2.addWeighted(picture, 1 - tint.opacity, coloured, tint.opacity, 0)
    cv2.copyTo(blended, shown, picture)
    changes = cv2.morphologyEx(class_id, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    cv2.copyTo(coloured, cv2.min(changes, shown), picture)
