"""Draws an overlay with Qt's painter, crisp at every size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from core.overlay import Box, Overlay, Row, Style, place_labels
from core.palette import RGB, WHITE, text_colour

GROUND = QColor(10, 12, 14, 175)  # under the panel


class OverlayPainter:
    """Paints into the rectangle `place` of the widget, which shows a frame `frame` = (width, height) in pixels."""

    def __init__(self, painter: QPainter, place: QRectF, frame: tuple[int, int]) -> None:
        self._painter = painter
        self._place = place
        self._scale = place.width() / frame[0], place.height() / frame[1]
        self._style = Style.for_height(place.height())
        font = QFont(painter.font())
        font.setPixelSize(self._style.text)
        self._metrics = QFontMetricsF(font)
        painter.setFont(font)

    def paint(self, marks: Overlay) -> None:
        """Boxes, their labels, the panel; the tint is in the picture already."""
        self._painter.save()
        self._painter.setClipRect(self._place)
        self._painter.translate(self._place.topLeft())
        self._painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        boxes = [self._placed(box) for box in marks.boxes]
        for box in boxes:
            self._box(box)
        self._labels(boxes)
        if marks.rows:
            self._panel(marks.rows)
        self._painter.restore()

    def _placed(self, box: Box) -> Box:
        """The box in the widget, such that its lines fill whole pixels."""
        half = self._style.line % 2 / 2
        scales = self._scale * 2
        left, top, right, bottom = (round(edge * scale) + half for edge, scale in zip(box.xyxy, scales, strict=True))
        return replace(box, xyxy=(left, top, right, bottom))

    def _box(self, box: Box) -> None:
        left, top, right, bottom = box.xyxy
        self._painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in (
            (QColor(*self._style.rim), self._style.line + 2),
            (QColor(*box.colour), self._style.line),
        ):
            pen = QPen(colour, width)
            pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
            self._painter.setPen(pen)
            self._painter.drawRect(QRectF(left, top, right - left, bottom - top))

    def _labels(self, boxes: Sequence[Box]) -> None:
        sizes = [(self._width(box.label) + 2 * self._style.padding, self._style.row) for box in boxes]
        picture = self._place.width(), self._place.height()
        outer = [_grown(box, self._style.line / 2) for box in boxes]
        for box, size, corner in zip(boxes, sizes, place_labels(outer, sizes, picture), strict=True):
            ground = QRectF(*corner, *size)
            self._painter.fillRect(ground, QColor(*box.colour))
            self._write(box.label, ground, text_colour(box.colour))

    def _panel(self, rows: Sequence[Row]) -> None:
        gap, row_px, chip = 2 * self._style.padding, self._style.row, self._style.text
        names = max(self._width(row.name) for row in rows)
        values = max(self._width(row.value) for row in rows)
        inner = QRectF(2 * gap, 1.5 * gap, chip + gap + names + 2 * gap + values, len(rows) * row_px)
        self._painter.setPen(Qt.PenStyle.NoPen)
        self._painter.setBrush(GROUND)
        self._painter.drawRoundedRect(inner.adjusted(-gap, -gap / 2, gap, gap / 2), 4, 4)
        for index, row in enumerate(rows):
            place = QRectF(inner.left(), inner.top() + index * row_px, inner.width(), row_px)
            self._painter.fillRect(QRectF(place.left(), place.center().y() - chip / 2, chip, chip), QColor(*row.colour))
            self._write(row.name, place.adjusted(chip + gap, 0, 0, 0), WHITE, Qt.AlignmentFlag.AlignLeft)
            self._write(row.value, place, WHITE, Qt.AlignmentFlag.AlignRight)

    def _width(self, text: str) -> float:
        return self._metrics.horizontalAdvance(text)

    def _write(
        self, text: str, place: QRectF, colour: RGB, side: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignHCenter
    ) -> None:
        self._painter.setPen(QColor(*colour))
        middle = place.center().y() + (self._metrics.ascent() - self._metrics.descent()) / 2
        slack = place.width() - self._width(text)
        share = {Qt.AlignmentFlag.AlignLeft: 0.0, Qt.AlignmentFlag.AlignHCenter: 0.5}.get(side, 1.0)
        self._painter.drawText(QPointF(place.left() + slack * share, middle), text)


def _grown(box: Box, by: float) -> Box:
    left, top, right, bottom = box.xyxy
    return replace(box, xyxy=(left - by, top - by, right + by, bottom + by))
