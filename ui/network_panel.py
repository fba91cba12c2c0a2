"""Which network runs, on what and how, and what there is to know about that."""

from __future__ import annotations

from html import escape

from qtpy.QtCore import QPoint, Qt, QTimer
from qtpy.QtGui import QFocusEvent
from qtpy.QtWidgets import QGridLayout, QLabel, QToolTip, QVBoxLayout, QWidget

from core.types import EngineInfo

FACTS = {
    "network": "The family of the network, the size of its input, and how many classes it tells apart",
    "backend": "What computes the network",
    "device": "Where it is computed",
    "precision": "Of the numbers that it computes with",
    "mode": "Frames under way at a time: one, or two, so that the next one goes up while one is computed",
}
MODES = {1: "lowest latency", 2: "throughput: answers one frame later"}


class NetworkPanel(QWidget):
    """Follows the engine of a run; empty where none runs."""

    def __init__(self) -> None:
        super().__init__()
        self._facts = {name: _fact(name) for name in FACTS}
        self.notes = Notes()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addLayout(self._facts_grid())
        column.addWidget(self.notes)
        self.hide()

    def follow(self, engine: EngineInfo | None) -> None:
        """Describe this one."""
        self.setVisible(engine is not None)
        if engine:
            for name, text in facts(engine).items():
                self._facts[name].setText(text)
            self.notes.follow(engine.notes)

    def _facts_grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(1, 1)
        for row, (name, label) in enumerate(self._facts.items()):
            heading = QLabel(name)
            heading.setProperty("role", "heading")
            for widget in (heading, label):
                widget.setToolTip(FACTS[name])
            grid.addWidget(heading, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(label, row, 1)
        return grid


class Notes(QWidget):
    """A paragraph each; the tool tip, which focus shows as well, has all of them."""

    def __init__(self) -> None:
        super().__init__()
        self._notes: tuple[str, ...] = ()
        self.setObjectName("notes")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Notes on the network")
        self._paragraphs = QVBoxLayout(self)
        self._paragraphs.setContentsMargins(0, 0, 0, 3)
        self._paragraphs.setSpacing(3)
        self.hide()

    def follow(self, notes: tuple[str, ...]) -> None:
        """Show these in place of those before."""
        if notes == self._notes:
            return
        self._notes = notes
        while item := self._paragraphs.takeAt(0):
            if widget := item.widget():
                widget.deleteLater()
        for note in notes:
            self._paragraphs.addWidget(_paragraph(note))
        self.setToolTip("".join(f"<p>{escape(note)}</p>" for note in notes))
        self.setAccessibleDescription("\n".join(notes))
        self.setVisible(bool(notes))

    def focusInEvent(self, event: QFocusEvent | None) -> None:
        """Who comes by key reads all of it, too."""
        super().focusInEvent(event)
        if event and event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            QTimer.singleShot(0, self._tell)  # Qt hides tool tips when the focus changes

    def _tell(self) -> None:
        QToolTip.showText(self.mapToGlobal(QPoint(0, self.height())), self.toolTip(), self)


def facts(engine: EngineInfo) -> dict[str, str]:
    """What `FACTS` names, in words."""
    return {
        "network": f"{engine.head} {engine.input_width}×{engine.input_height}, {len(engine.labels)} classes",
        "backend": engine.backend,
        "device": engine.device,
        "precision": engine.precision,
        "mode": MODES[engine.depth],
    }


def _fact(name: str) -> QLabel:
    label = QLabel()
    label.setAccessibleName(name)
    label.setWordWrap(True)
    return label


def _paragraph(note: str) -> QLabel:
    paragraph = QLabel(note)
    paragraph.setTextFormat(Qt.TextFormat.PlainText)
    paragraph.setProperty("role", "muted")
    paragraph.setWordWrap(True)
    return paragraph
