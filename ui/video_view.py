"""The picture with what was found in it."""

from __future__ import annotations

from qtpy.QtCore import QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from qtpy.QtWidgets import QWidget

from ui.overlay_painter import OverlayPainter
from ui.picture import Picture, fitted
from ui.style import BACK, MUTED, TEXT

GROUND = QColor(BACK)
VEIL = QColor(14, 16, 18, 150)  # over a picture that is not of now


class VideoView(QWidget):
    """Emits `painted` once for each result that reached the screen, and `resized` with its size in device pixels."""

    painted = Signal()
    resized = Signal(int, int)

    def __init__(self) -> None:
        super().__init__()
        self._picture: Picture | None = None
        self._painted: object = None
        self._words = "", ""
        self._veiled = False
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(320, 180)
        self.setAccessibleName("Picture")

    @property
    def empty(self) -> bool:
        """No picture was shown yet."""
        return self._picture is None

    def show_picture(self, picture: Picture) -> None:
        """Paint this from now on."""
        self._picture = picture
        self.update()

    def show_words(self, heading: str, text: str) -> None:
        """What to read where there is no picture."""
        if (heading, text) != self._words:
            self._words = heading, text
            self.setAccessibleDescription(f"{heading}. {text}")
            self.update()

    def set_veiled(self, veiled: bool) -> None:
        """Darken a picture that is not of now."""
        if veiled != self._veiled:
            self._veiled = veiled
            self.update()

    def sizeHint(self) -> QSize:
        """A sixteenth by ninth."""
        return QSize(1024, 576)

    def area(self) -> tuple[int, int]:
        """The widget's size in device pixels."""
        ratio = self.devicePixelRatioF()
        return round(self.width() * ratio), round(self.height() * ratio)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Tell the new size."""
        super().resizeEvent(event)
        self.resized.emit(*self.area())

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """The ground, the picture, its boxes."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), GROUND)
        if self._picture:
            self._paint_picture(painter, self._picture)
        else:
            self._paint_words(painter)
        painter.end()

    def _paint_picture(self, painter: QPainter, picture: Picture) -> None:
        frame = picture.result.frame
        place = self._place(frame.width, frame.height)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(place, picture.image)
        OverlayPainter(painter, place, (frame.width, frame.height)).paint(picture.overlay)
        if self._veiled:
            painter.fillRect(place, VEIL)
        if picture.result is not self._painted:
            self._painted = picture.result
            self.painted.emit()

    def _paint_words(self, painter: QPainter) -> None:
        """The heading above the middle, the text below."""
        upper, lower = self.rect().adjusted(40, 0, -40, 0), self.rect().adjusted(40, 0, -40, 0)
        upper.setBottom(self.rect().center().y())
        lower.setTop(self.rect().center().y() + 12)
        heading, text = self._words
        painter.setPen(QColor(MUTED))
        painter.drawText(lower, _BELOW, text)
        font = painter.font()
        font.setPointSizeF(font.pointSizeF() * 1.5)
        painter.setFont(font)
        painter.setPen(QColor(TEXT))
        painter.drawText(upper, _ABOVE, heading)

    def _place(self, width: int, height: int) -> QRectF:
        """Where a frame of that size lies: in the middle, on whole device pixels."""
        ratio = self.devicePixelRatioF()
        area = self.area()
        across, down = fitted(width, height, area)
        left, top = (area[0] - across) // 2, (area[1] - down) // 2
        return QRectF(left / ratio, top / ratio, across / ratio, down / ratio)


_MIDDLE = int(Qt.AlignmentFlag.AlignHCenter) | int(Qt.TextFlag.TextWordWrap)
_ABOVE = _MIDDLE | int(Qt.AlignmentFlag.AlignBottom)
_BELOW = _MIDDLE | int(Qt.AlignmentFlag.AlignTop)
