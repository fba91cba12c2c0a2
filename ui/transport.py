"""Play, step, seek, speed and loop of a recording."""

from __future__ import annotations

import math
from dataclasses import dataclass

from qtpy.QtCore import QSignalBlocker, QTimer, Signal
from qtpy.QtWidgets import QAction, QComboBox, QHBoxLayout, QLabel, QWidget

from core.status import State, Status
from core.types import SourceInfo
from ui.controls import ARROWS, ENDS, Button, JumpSlider, KeyKeeper

MS_NS = 1_000_000
SEEK_MS = 80  # between two seeks while the handle is dragged
SPEEDS = {"0.25×": 0.25, "0.5×": 0.5, "1×": 1.0, "2×": 2.0, "4×": 4.0, "max": math.inf}


@dataclass(frozen=True)
class TransportActions:
    """What the buttons do."""

    restart: QAction
    play: QAction
    step: QAction
    loop: QAction


class Transport(QWidget):
    """Emits `sought` with a media time in ns and `speed_chosen` with a factor; the rest are the actions given."""

    sought = Signal(object)
    speed_chosen = Signal(float)

    def __init__(self, actions: TransportActions, speed: float) -> None:
        super().__init__()
        self.setObjectName("bar")
        self._actions = actions
        self._duration_ns: int | None = None
        self._hold = QTimer(self)
        self._hold.setSingleShot(True)
        self._hold.setInterval(SEEK_MS)
        self._hold.timeout.connect(self._seek)
        self.slider = self._made_slider()
        self.clock = QLabel()
        self.clock.setAccessibleName("Position and duration")
        self.speed = self._made_speed(speed)
        self._lay_out()

    def follow(self, status: Status) -> None:
        """Enable what the source can do."""
        source = status.source
        recorded = source is not None and not source.live
        running = status.state not in (State.STARTING, State.FAILED)
        self._actions.play.setEnabled(source is not None and running)
        self._actions.step.setEnabled(recorded and running and status.state is not State.ENDED)
        self._actions.restart.setEnabled(recorded and status.state is not State.FAILED)
        self._actions.loop.setEnabled(recorded)
        self.speed.setEnabled(recorded)
        self._follow_source(source)

    def _follow_source(self, source: SourceInfo | None) -> None:
        self._duration_ns = source.duration_ns if source else None
        self.slider.setEnabled(bool(source and source.seekable and self._duration_ns))
        with QSignalBlocker(self.slider):
            self.slider.setMaximum(max((self._duration_ns or 0) // MS_NS, 1))
        if not self._duration_ns:
            self._place(0)
        if source is None or source.live:
            self.clock.setText("live" if source else "")

    def seek_again(self) -> None:
        """Look at the present frame once more."""
        self._hold_seek()

    def follow_position(self, media_ns: int | None) -> None:
        """The picture on the screen is from here."""
        if media_ns is None:
            return
        if self._duration_ns and not self.slider.isSliderDown() and not self._hold.isActive():
            self._place(media_ns // MS_NS)
        self.clock.setText(clock_words(media_ns, self._duration_ns))

    def _place(self, ms: int) -> None:
        with QSignalBlocker(self.slider):
            self.slider.setValue(ms)

    def _made_slider(self) -> JumpSlider:
        slider = JumpSlider("Position")
        slider.setToolTip("Position in the recording")
        slider.setSingleStep(1000)
        slider.setPageStep(10_000)
        slider.valueChanged.connect(self._hold_seek)
        return slider

    def _made_speed(self, speed: float) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName("Speed")
        box.setToolTip("Speed of the recording")
        for words, factor in {**SPEEDS, **({} if speed in SPEEDS.values() else {f"{speed:g}×": speed})}.items():
            box.addItem(words, factor)
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
        row.addWidget(self.slider, 1)
        row.addSpacing(6)
        row.addWidget(self.clock)
        row.addSpacing(6)
        row.addWidget(self.speed)
        row.addWidget(Button(self._actions.loop))

    def _hold_seek(self) -> None:
        """The newest wish is carried out when the last one has had its time."""
        if not self._hold.isActive():
            self._hold.start()

    def _seek(self) -> None:
        self.sought.emit(self.slider.value() * MS_NS)


def clock_words(position_ns: int, duration_ns: int | None) -> str:
    """Position and duration, e.g. "0:03.2 / 1:12.0"."""
    if duration_ns is None:
        return _clock(position_ns)
    return f"{_clock(position_ns)} / {_clock(duration_ns)}"


def _clock(ns: int) -> str:
    tenths = ns // 100_000_000
    minutes, seconds = divmod(tenths // 10, 60)
    hours, minutes = divmod(minutes, 60)
    head = f"{hours}:{minutes:02}" if hours else f"{minutes}"
    return f"{head}:{seconds:02}.{tenths % 10}"
