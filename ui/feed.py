"""The only crossing of threads and Qt: one timer asks, and tells the widgets by signals."""

from __future__ import annotations

import time

from qtpy.QtCore import QObject, Qt, QTimer, Signal

from core.slot import Closed
from pipeline.session import Session
from ui.renderer import Renderer

STATUS_S = 0.25
USUAL_HZ, LEAST_HZ, MOST_HZ = 60.0, 24.0, 240.0


class Feed(QObject):
    """Emits the newest `Picture` at most once a display interval, and the `Status` a few times a second."""

    pictured = Signal(object)
    told = Signal(object)

    def __init__(self, session: Session, renderer: Renderer, refresh_hz: float = USUAL_HZ) -> None:
        super().__init__()
        self._session = session
        self._renderer = renderer
        self._told_s = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(interval_ms(refresh_hz))
        self._timer.timeout.connect(self._tick)

    def start(self) -> None:
        """Begin to ask."""
        self._timer.start()

    def stop(self) -> None:
        """Ask no more."""
        self._timer.stop()

    def refresh(self) -> None:
        """Tell the status now: something was changed."""
        self._told_s = time.monotonic()
        self.told.emit(self._session.status())

    def _tick(self) -> None:
        try:
            picture = self._renderer.take()
        except Closed:
            self.stop()
            return
        if picture:
            self.pictured.emit(picture)
        if time.monotonic() - self._told_s >= STATUS_S:
            self.refresh()


def interval_ms(refresh_hz: float) -> int:
    """The time between two pictures of a display; some say 0 or nonsense."""
    if not refresh_hz > 0:
        refresh_hz = USUAL_HZ
    return int(1000 / min(max(refresh_hz, LEAST_HZ), MOST_HZ))
