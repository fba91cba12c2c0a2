"""Everything that a key can do, as actions of the window."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import QAction, QMainWindow

from core.status import State, Status
from ui.icons import icon
from ui.source_bar import SourceActions
from ui.transport import TransportActions


class Commands:
    """Makes the actions and their keys; the window connects them."""

    def __init__(self, window: QMainWindow) -> None:
        self._window = window
        self.source = SourceActions(
            open_source=self._made("Open a video or a picture", ("Ctrl+O",), "folder"),
            open_model=self._made("Open a network", ("Ctrl+M",), "folder"),
            build_engine=self._made("Build an engine for this network", ("Ctrl+B",), "engine"),
        )
        self.type_source = self._made("Type a source", ("Ctrl+L",))
        self.more_confidence = self._made("Raise the confidence", ("]",))
        self.less_confidence = self._made("Lower the confidence", ("[",))
        self.cancel_build = self._made("Cancel the building of the engine", ("Ctrl+Shift+B",), "close")
        self.close = self._made("Close", ("Ctrl+Q", "Ctrl+W"))
        self.transport = TransportActions(
            restart=self._made("To the beginning", ("Home",), "restart"),
            play=self._made("Pause", ("Space",), "pause"),
            step=self._made("One frame further", ("Right", "."), "step"),
            loop=self._made("Loop", ("L",), "loop"),
        )
        self.transport.loop.setCheckable(True)

    def show_playing(self, playing: bool) -> None:
        """The play button says what it will do."""
        play = self.transport.play
        words = "Pause" if playing else "Play"
        if play.text() != words:
            _name(play, words)
            play.setIcon(icon(words.lower()))

    def show_building(self, status: Status) -> None:
        """One build at a time, for a network that runs."""
        idle = status.building is None and status.state is not State.FAILED
        self.source.build_engine.setEnabled(status.engine is not None and idle)
        self.cancel_build.setEnabled(status.building is not None)

    def _made(self, words: str, keys: Sequence[str], icon_name: str | None = None) -> QAction:
        action = QAction(self._window)
        action.setShortcuts([QKeySequence(key) for key in keys])
        _name(action, words)
        if icon_name:
            action.setIcon(icon(icon_name))
        self._window.addAction(action)
        return action


def _name(action: QAction, words: str) -> None:
    keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    action.setText(words)
    action.setToolTip(f"{words} ({keys})")


def connect(action: QAction, act: Callable[[], object]) -> None:
    """Call `act` without the checked state that Qt hands over."""

    def triggered(_checked: bool) -> None:
        act()

    action.triggered.connect(triggered)
