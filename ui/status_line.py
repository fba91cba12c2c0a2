"""One line about the run: its state, its source, what is being opened or built."""

from __future__ import annotations

from qtpy.QtWidgets import QAction, QHBoxLayout, QLabel, QWidget

from core.status import State, Status
from core.types import SourceInfo
from ui import style
from ui.build_progress import BuildProgress
from ui.controls import ElidedLabel

COLOURS = {
    State.STARTING: style.ACCENT,
    State.RUNNING: style.GOOD,
    State.STALLED: style.WARN,
    State.RECONNECTING: style.WARN,
    State.PAUSED: style.MUTED,
    State.ENDED: style.MUTED,
    State.FAILED: style.BAD,
}


class StatusLine(QWidget):
    """Follows the status of a run."""

    def __init__(self, cancel_build: QAction) -> None:
        super().__init__()
        self.setObjectName("bar")
        self.state = QLabel()
        self.state.setAccessibleName("State")
        self.facts = ElidedLabel()
        self.facts.setAccessibleName("Source")
        self.build = BuildProgress(cancel_build)
        self.reconnects = QLabel()
        self.reconnects.setAccessibleName("Reconnects")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 12, 6)
        row.setSpacing(16)
        row.addStrut(self.build.sizeHint().height())  # nothing moves when it comes and goes
        row.addWidget(self.state)
        row.addWidget(self.facts, 1)
        row.addWidget(self.build, 2)
        row.addWidget(self.reconnects)

    def follow(self, status: Status) -> None:
        """Show what is now."""
        self.state.setText(f'<span style="color: {COLOURS[status.state]}">●</span>&nbsp; {status.state.value}')
        self.facts.show_text(f"opening {status.opening} …" if status.opening else source_words(status.source))
        self.build.follow(status.building)
        self.reconnects.setText(reconnect_words(status.reconnects))


def source_words(source: SourceInfo | None) -> str:
    """What was negotiated with the source."""
    if source is None:
        return ""
    facts = [f"{source.width}×{source.height}", f"{source.fps:g} fps" if source.fps else "", source.format]
    return "   ".join(fact for fact in (*facts, source.decoder) if fact)


def reconnect_words(count: int) -> str:
    """How often the source came back; nothing where it never left."""
    if not count:
        return ""
    return "1 reconnect" if count == 1 else f"{count} reconnects"
