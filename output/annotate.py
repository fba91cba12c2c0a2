"""Draws an overlay on a BGR picture with OpenCV."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from core import tint
from core.overlay import Box, Overlay, Row, Style, overlay, place_labels
from core.palette import RGB, WHITE, text_colour
from core.pixels import U8
from core.types import Result
from output.lettering import Lettering

Area: TypeAlias = tuple[float, float, float, float]  # left, top, right, bottom

DIMMED = 0.35  # brightness of the picture under the panel


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
        tint.lay(marks.tint, picture)
    for box in marks.boxes:
        _draw_box(picture, box, style)
    _draw_labels(picture, marks.boxes, style, lettering)
    if marks.rows:
        _draw_panel(picture, marks.rows, style, lettering)


def _draw_box(picture: U8, box: Box, style: Style) -> None:
    """Bars of whole pixels, the same and crisp in every version of OpenCV."""
    rim = 1
    _draw_frame(picture, box.xyxy, (style.line // 2 + rim, style.line + 2 * rim), style.rim)
    _draw_frame(picture, box.xyxy, (style.line // 2, style.line), box.colour)


def _draw_frame(picture: U8, xyxy: Area, line: tuple[int, int], colour: RGB) -> None:
    """`line`: how far it begins outside the box, and its width."""
    outside, width = line
    left, top, right, bottom = (round(edge) for edge in xyxy)
    left, top, right, bottom = left - outside, top - outside, right - outside, bottom - outside
    for bar in (
        (left, top, right + width, top + width),
        (left, bottom, right + width, bottom + width),
        (left, top, left + width, bottom + width),
        (right, top, right + width, bottom + width),
    ):
        _fill(picture, bar, colour)


def _draw_labels(picture: U8, boxes: tuple[Box, ...], style: Style, lettering: Lettering) -> None:
    height, width = picture.shape[:2]
    sizes = [(lettering.width(box.label) + 2 * style.padding, style.row) for box in boxes]
    corners = place_labels(boxes, sizes, (width, height))
    for box, size, (left, top) in zip(boxes, sizes, corners, strict=True):
        _fill(picture, (left - style.line // 2, top, left + size[0], top + style.row), box.colour)
        lettering.write(picture, box.label, (left + style.padding, top + style.row / 2), text_colour(box.colour))


def _draw_panel(picture: U8, rows: tuple[Row, ...], style: Style, lettering: Lettering) -> None:
    gap, chip = 2 * style.padding, style.text
    names = max(lettering.width(row.name) for row in rows)
    values = max(lettering.width(row.value) for row in rows)
    right = gap + gap + chip + gap + names + 2 * gap + values + gap
    ground = picture[gap : gap + gap + len(rows) * style.row, gap:right]
    ground[:] = (ground * np.float32(DIMMED)).astype(np.uint8)
    for index, row in enumerate(rows):
        middle = 1.5 * gap + (index + 0.5) * style.row
        _fill(picture, (2 * gap, middle - chip / 2, 2 * gap + chip, middle + chip / 2), row.colour)
        lettering.write(picture, row.name, (3 * gap + chip, middle), WHITE)
        lettering.write(picture, row.value, (right - gap - lettering.width(row.value), middle), WHITE)


def _fill(picture: U8, area: Area, colour: RGB) -> None:
    left, top, right, bottom = (max(0, round(edge)) for edge in area)
    picture[top:bottom, left:right] = colour[::-1]
