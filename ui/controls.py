"""The small widgets that the bars and panels are made of."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject, QSize, Qt
from qtpy.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from qtpy.QtWidgets import QAction, QLabel, QSizePolicy, QSlider, QStyle, QToolButton, QWidget

from ui.style import HANDLE_PX

ARROWS = {Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down}
ENDS = {Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown}
ICON_PX = 20


class KeyKeeper(QObject):
    """Lets a focused widget keep keys that the window would take as shortcuts, such as a slider its arrows."""

    def __init__(self, widget: QWidget, keys: set[Qt.Key]) -> None:
        super().__init__(widget)
        self._keys = keys
        widget.installEventFilter(self)

    def eventFilter(self, _watched: QObject | None, event: QEvent | None) -> bool:
        """Claim the key before it becomes a shortcut."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and event.key() in self._keys:
            event.accept()
        return False


class JumpSlider(QSlider):
    """A horizontal slider whose handle goes where it is clicked."""

    def __init__(self, name: str) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setAccessibleName(name)
        KeyKeeper(self, ARROWS | ENDS)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Bring the handle under the pointer, then take it as usual."""
        if event and event.button() == Qt.MouseButton.LeftButton:
            left, span = event.pos().x() - HANDLE_PX // 2, self.width() - HANDLE_PX
            self.setValue(QStyle.sliderValueFromPosition(self.minimum(), self.maximum(), left, span))
        super().mousePressEvent(event)


class Button(QToolButton):
    """A flat button for an action; focused, it keeps the space bar."""

    def __init__(self, action: QAction, icon_px: int = ICON_PX) -> None:
        super().__init__()
        self.setDefaultAction(action)
        self.setIconSize(QSize(icon_px, icon_px))
        self.setAutoRaise(True)
        KeyKeeper(self, {Qt.Key.Key_Space})


class ElidedLabel(QLabel):
    """One line that is cut with an ellipsis where room is short; the tool tip has all of it."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def show_text(self, text: str) -> None:
        """Say something else."""
        if text != self.text():
            self.setText(text)
            self.setToolTip(text)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """As much of the text as fits."""
        painter = QPainter(self)
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), int(self.alignment()), shown)
        painter.end()
