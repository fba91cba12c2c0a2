"""What went wrong, over the lower edge of the picture, so that nothing moves when it comes and goes."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject, Qt, QTimer
from qtpy.QtWidgets import QAction, QFrame, QHBoxLayout, QLabel, QWidget

from core.status import State
from ui.controls import Button
from ui.icons import icon
from ui.style import BAD, FIELD, LINE, WARN

MARGIN = 12
LASTING = (State.STALLED, State.RECONNECTING, State.FAILED)
LINGER_MS = 12_000
SHEET = f"""
MessageBar {{{{ background: {FIELD}; border: 1px solid {LINE}; border-left: 4px solid {{edge}}; }}}}
"""


class MessageBar(QFrame):
    """Lies in `over`, hidden while there is nothing to say.

    A message goes when it is put away, or by itself after a while where the run goes on all the same.
    """

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self._said = "", False
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        close = QAction(icon("close"), "Put this message away", self)
        close.triggered.connect(self.hide)
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 8, 8)
        row.addWidget(self._text, 1)
        row.addWidget(Button(close), 0, Qt.AlignmentFlag.AlignTop)
        self._lingering = QTimer(self)
        self._lingering.setSingleShot(True)
        self._lingering.setInterval(LINGER_MS)
        self._lingering.timeout.connect(self.hide)
        over.installEventFilter(self)
        self.hide()

    def follow(self, message: str, state: State) -> None:
        """Show a message that is new; hide where there is none."""
        bad = state is State.FAILED
        if (message, bad) != self._said:
            self._said = message, bad
            self.setStyleSheet(SHEET.format(edge=BAD if bad else WARN))
            self._text.setText(message)
            self.setAccessibleName(message)
            self.setVisible(bool(message))
            self._settle()
            self._lingering.start()
        if state in LASTING:
            self._lingering.stop()

    def eventFilter(self, _over: QObject | None, event: QEvent | None) -> bool:
        """Stay at the lower edge."""
        if event and event.type() == QEvent.Type.Resize:
            self._settle()
        return False

    def _settle(self) -> None:
        over = self.parentWidget()
        if over:
            width = over.width() - 2 * MARGIN
            height = self._row.heightForWidth(width)
            self.setGeometry(MARGIN, over.height() - height - MARGIN, width, height)
            self.raise_()
