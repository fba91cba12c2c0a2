"""Draws an overlay on a BGR picture with OpenCV."""

from __future__ import annotations

import numpy as np

from core.overlay import Box, Overlay, Row, Style, Tint, overlay, place_labels
from core.palette import RGB, WHITE, text_colour
from core.pixels import U8
from core.types import Result
from output.lettering import Lettering

LINE_HEIGHT = 1.4  # of the em square
DIMMED = 0.35  # brightness of the picture under the panel
OUTLINE = 32  # grey of the rim that keeps a line visible on a ground of its own colour


def annotate(result: Result) -> U8:
    """A BGR copy [H, W, 3] of a result's frame with its prediction drawn on it."""
    picture: U8 = result.frame.bgr().copy()
    draw(picture, overlay(result.prediction, result.labels))
    return picture


def draw(picture: U8, marks: Overlay) -> None:
    """Draw on a BGR picture [H, W, 3]."""
    style = Style.for_height(picture.shape[0])
    lettering = Lettering(style.text)
    if marks.tint:
        _draw_tint(picture, marks.tint)
    for box in marks.boxes:
        _draw_box(picture, box, style)
    _draw_labels(picture, marks.boxes, style, lettering)
    if marks.rows:
        _draw_panel(picture, marks.rows, style, lettering)


def _draw_tint(picture: U8, tint: Tint) -> None:
    import cv2

    coloured = cv2.applyColorMap(tint.class_id, np.ascontiguousarray(tint.colours[:, None, ::-1]))
    blended = cv2.addWeighted(picture, 1 - tint.opacity, coloured, tint.opacity, 0)
    cv2.copyTo(blended, tint.class_id, picture)
    changes = cv2.morphologyEx(tint.class_id, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    cv2.copyTo(coloured, cv2.min(changes, tint.class_id), picture)


def _draw_box(picture: U8, box: Box, style: Style) -> None:
    import cv2

    left, top, right, bottom = _corners(picture, box, style)
    for colour, width in (((OUTLINE,) * 3, style.line + 2), (box.colour[::-1], style.line)):
        cv2.rectangle(picture, (left, top), (right, bottom), colour, width, cv2.LINE_AA)


def _corners(picture: U8, box: Box, style: Style) -> tuple[int, ...]:
    """Whole pixels, at most just outside the picture: OpenCV's own limits are narrower than float's."""
    height, width = picture.shape[:2]
    rim = 2 * style.line + 2
    limits = np.array([width, height, width, height]) + rim
    return tuple(np.clip(np.rint(box.xyxy), -rim, limits).astype(int).tolist())


def _draw_labels(picture: U8, boxes: tuple[Box, ...], style: Style, lettering: Lettering) -> None:
    height, width = picture.shape[:2]
    line = round(LINE_HEIGHT * style.text)
    sizes = [(lettering.width(box.label) + 2 * style.padding, line) for box in boxes]
    corners = place_labels(boxes, sizes, (width, height))
    for box, size, (left, top) in zip(boxes, sizes, corners, strict=True):
        _fill(picture, (left, top), size, box.colour)
        lettering.write(picture, box.label, (left + style.padding, top + line / 2), text_colour(box.colour))


def _draw_panel(picture: U8, rows: tuple[Row, ...], style: Style, lettering: Lettering) -> None:
    gap, line, chip = 2 * style.padding, round(LINE_HEIGHT * style.text), style.text
    names = max(lettering.width(row.name) for row in rows)
    values = max(lettering.width(row.value) for row in rows)
    right = gap + gap + chip + gap + names + 2 * gap + values + gap
    ground = picture[gap : gap + gap + len(rows) * line, gap:right]
    ground[:] = (ground * np.float32(DIMMED)).astype(np.uint8)
    for index, row in enumerate(rows):
        middle = 1.5 * gap + (index + 0.5) * line
        _fill(picture, (2 * gap, middle - chip / 2), (chip, chip), row.colour)
        lettering.write(picture, row.name, (3 * gap + chip, middle), WHITE)
        lettering.write(picture, row.value, (right - gap - lettering.width(row.value), middle), WHITE)


def _fill(picture: U8, corner: tuple[float, float], size: tuple[int, int], colour: RGB) -> None:
    left, top = (max(0, round(value)) for value in corner)
    picture[top : top + size[1], left : left + size[0]] = colour[::-1]
