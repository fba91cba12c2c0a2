"""Play, step, seek, speed and loop of a recording."""

from __future__ import annotations

import math
from dataclasses import dataclass

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QAction, QComboBox, QHBoxLayout, QWidget

from core.status import State, Status
from ui.controls import ARROWS, ENDS, Button, KeyKeeper
from ui.seek_bar import SeekBar

SPEEDS = {"0.25×": 0.25, "0.5×": 0.5, "1×": 1.0, "2×": 2.0, "4×": 4.0, "max": math.inf}


@dataclass(frozen=True)
class TransportActions:
    """What the buttons do."""

    restart: QAction
    play: QAction
    step: QAction
    loop: QAction


class Transport(QWidget):
    """Emits `speed_chosen` with a factor; the seek bar and the actions given do the rest."""

    speed_chosen = Signal(float)

    def __init__(self, actions: TransportActions, speed: float) -> None:
        super().__init__()
        self.setObjectName("bar")
        self._actions = actions
        self.seek_bar = SeekBar()
        self.speed = self._made_speed(speed)
        self._lay_out()

    def follow(self, status: Status) -> None:
        """Enable what the source can do."""
        source = status.source
        recorded = source is not None and not source.live
        running = status.state not in (State.STARTING, State.FAILED)
        self._actions.play.setEnabled(source is not None and running)
        self._actions.step.setEnabled(recorded and running and status.state is not State.ENDED)
        self._actions.restart.setEnabled(recorded and running)
        self._actions.loop.setEnabled(recorded)
        self.speed.setEnabled(recorded)
        self.seek_bar.follow_source(source if running else None)

    def _made_speed(self, speed: float) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName("Speed")
        box.setToolTip("Speed of the recording")
        for words, factor in SPEEDS.items():
            box.addItem(words, factor)
        if box.findData(speed) < 0:
            box.addItem(f"{speed:g}×", speed)
        box.setCurrentIndex(box.findData(speed))
        box.activated.connect(lambda index: self.speed_chosen.emit(box.itemData(index)))
        KeyKeeper(box, ARROWS | ENDS)
        return box

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 12, 0)
        row.setSpacing(4)
        for action in (self._actions.restart, self._actions.play, self._actions.step):
            row.addWidget(Button(action))
        row.addSpacing(6)
        row.addWidget(self.seek_bar, 1)
        row.addSpacing(6)
        row.addWidget(self.speed)
        row.addWidget(Button(self._actions.loop))
