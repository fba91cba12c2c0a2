"""The position in a recording, and the way to another one."""

from __future__ import annotations

from qtpy.QtCore import QSignalBlocker, QTimer, Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QWidget

from core.types import SourceInfo
from ui.controls import JumpSlider

MS_NS = 1_000_000
SEEK_MS = 80  # between two seeks while the handle is dragged
SETTLE_MS = 300  # after a seek, pictures from before it may still come


class SeekBar(QWidget):
    """Emits `sought` with a media time in ns, at most every `SEEK_MS`, the newest wish."""

    sought = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._duration_ns: int | None = None
        self._position_ns: int | None = None
        self._wanted_ns = 0
        self._hold = _single_shot(self, SEEK_MS)
        self._hold.timeout.connect(self._seek)
        self._settling = _single_shot(self, SETTLE_MS)
        self._settling.timeout.connect(self._place)
        self.slider = JumpSlider("Position")
        self.slider.setToolTip("Position in the recording")
        self.slider.setSingleStep(1000)
        self.slider.setPageStep(10_000)
        self.slider.valueChanged.connect(lambda ms: self._want(ms * MS_NS))
        self.clock = QLabel()
        self.clock.setAccessibleName("Position and duration")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        row.addWidget(self.slider, 1)
        row.addWidget(self.clock)

    def follow_source(self, source: SourceInfo | None) -> None:
        """Pictures come from here."""
        self._duration_ns = source.duration_ns if source else None
        self.slider.setEnabled(bool(source and source.seekable and self._duration_ns))
        with QSignalBlocker(self.slider):
            self.slider.setMaximum(max((self._duration_ns or 0) // MS_NS, 1))
        self._place()
        if source is None or source.live:
            self.clock.setText("live" if source else "")

    def follow_position(self, media_ns: int | None) -> None:
        """The picture on the screen is from here."""
        self._position_ns = media_ns
        self._place()
        if media_ns is not None:
            self.clock.setText(clock_words(media_ns, self._duration_ns))

    def seek_again(self) -> None:
        """Look at the present frame once more, where that can be."""
        if self.slider.isEnabled() and self._position_ns is not None:
            self._want(self._position_ns)

    def _place(self) -> None:
        """Move the handle to the position, unless the user has just moved it."""
        if self.slider.isSliderDown() or self._hold.isActive() or self._settling.isActive():
            return
        with QSignalBlocker(self.slider):
            self.slider.setValue((self._position_ns or 0) // MS_NS if self._duration_ns else 0)

    def _want(self, media_ns: int) -> None:
        self._wanted_ns = media_ns
        if not self._hold.isActive():
            self._hold.start()

    def _seek(self) -> None:
        self._settling.start()
        self.sought.emit(self._wanted_ns)


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


def _single_shot(owner: QWidget, ms: int) -> QTimer:
    timer = QTimer(owner)
    timer.setSingleShot(True)
    timer.setInterval(ms)
    return timer
