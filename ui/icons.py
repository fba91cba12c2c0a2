"""Icons drawn from paths, so that they are crisp at every size and need no file."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

from ui.style import DIM, TEXT

SIDES_PX = (20, 25, 30, 40, 60)  # of a 20 px icon at the usual scales
GRID = 20.0  # the paths are drawn on 20 x 20 units


def _play(path: QPainterPath) -> None:
    path.addPolygon(QPolygonF([QPointF(5, 3), QPointF(17, 10), QPointF(5, 17)]))


def _pause(path: QPainterPath) -> None:
    path.addRect(QRectF(4.5, 3.5, 4, 13))
    path.addRect(QRectF(11.5, 3.5, 4, 13))


def _step(path: QPainterPath) -> None:
    path.addRect(QRectF(3.5, 3.5, 3, 13))
    path.addPolygon(QPolygonF([QPointF(9, 3.5), QPointF(17.5, 10), QPointF(9, 16.5)]))


def _restart(path: QPainterPath) -> None:
    path.addRect(QRectF(3.5, 3.5, 2.5, 13))
    path.addPolygon(QPolygonF([QPointF(17, 3.5), QPointF(7.5, 10), QPointF(17, 16.5)]))


def _loop(path: QPainterPath) -> None:
    ring = QPainterPath()
    ring.addEllipse(QRectF(3, 3, 14, 14))
    ring.addEllipse(QRectF(5, 5, 10, 10))
    gap = QPainterPath()
    gap.addRect(QRectF(10, 0, 10, 10))
    path.addPath(ring.subtracted(gap))
    path.addPolygon(QPolygonF([QPointF(9.5, 0.2), QPointF(9.5, 7.8), QPointF(14.5, 4)]))


def _folder(path: QPainterPath) -> None:
    path.addPolygon(
        QPolygonF([QPointF(x, y) for x, y in ((2, 4), (8, 4), (10, 6.5), (18, 6.5), (18, 16.5), (2, 16.5))])
    )


def _close(path: QPainterPath) -> None:
    path.addPolygon(QPolygonF([QPointF(5, 6.2), QPointF(6.2, 5), QPointF(15, 13.8), QPointF(13.8, 15)]))
    path.addPolygon(QPolygonF([QPointF(13.8, 5), QPointF(15, 6.2), QPointF(6.2, 15), QPointF(5, 13.8)]))


def _engine(path: QPainterPath) -> None:
    path.addPolygon(
        QPolygonF([QPointF(x, y) for x, y in ((11.5, 1.5), (3.5, 11.5), (9, 11.5), (7.5, 18.5), (16, 8), (10.5, 8))])
    )


_DRAWN: dict[str, Callable[[QPainterPath], None]] = {
    "play": _play,
    "pause": _pause,
    "step": _step,
    "restart": _restart,
    "loop": _loop,
    "folder": _folder,
    "close": _close,
    "engine": _engine,
}


def icon(name: str) -> QIcon:
    """One of the icons drawn here."""
    path = QPainterPath()
    path.setFillRule(Qt.FillRule.OddEvenFill if name == "loop" else Qt.FillRule.WindingFill)
    _DRAWN[name](path)
    made = QIcon()
    for side in SIDES_PX:
        made.addPixmap(_pixmap(path, side, TEXT), QIcon.Mode.Normal)
        made.addPixmap(_pixmap(path, side, DIM), QIcon.Mode.Disabled)
    return made


def _pixmap(path: QPainterPath, side_px: int, colour: str) -> QPixmap:
    pixmap = QPixmap(side_px, side_px)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(side_px / GRID, side_px / GRID)
    painter.setPen(QPen(Qt.PenStyle.NoPen))
    painter.setBrush(QColor(colour))
    painter.drawPath(path)
    painter.end()
    return pixmap
