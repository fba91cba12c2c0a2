"""The window on real sessions: pattern source, built-in network."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt, QTimer
from qtpy.QtGui import QImage
from qtpy.QtWidgets import QAbstractButton, QAbstractSlider, QComboBox, QFileDialog, QWidget

from core.settings import BUILT_IN
from core.status import Building, State, Status
from ui.picture import Picture
from ui.window import Window

OpenWindow = Callable[..., Window]
SMALL = "width=64&height=36"
TWENTY = f"pattern:?{SMALL}&frames=20&fps=20"
ENDLESS = f"pattern:?{SMALL}&fps=30"
LIVE = f"pattern:?{SMALL}&fps=30&live=1"
STILL_S = 0.4
NOWHERE = "/nowhere/at/all.mp4"


class Watch:
    """What the window was told and has shown."""

    def __init__(self, window: Window, qtbot: QtBot) -> None:
        self._qtbot = qtbot
        self.status = Status(State.STARTING)
        self.indices: list[int] = []
        self._shown_s = 0.0
        window.feed.told.connect(lambda status: setattr(self, "status", status))
        window.feed.pictured.connect(self._note)

    def _note(self, picture: Picture) -> None:
        self.indices.append(picture.result.frame.index)
        self._shown_s = time.perf_counter()

    def until(self, condition: Callable[[], object]) -> None:
        self._qtbot.waitUntil(lambda: bool(condition()), timeout=15_000)

    def until_state(self, state: State) -> None:
        self.until(lambda: self.status.state is state)

    def until_pictures(self, count: int = 1) -> None:
        wanted = len(self.indices) + count
        self.until(lambda: len(self.indices) >= wanted)

    def _none_is_under_way(self) -> bool:
        return self.status.captured == self.status.detected + self.status.dropped

    def until_still(self) -> int:
        """The index of the picture that stays."""
        self.until(lambda: self.indices and time.perf_counter() - self._shown_s > STILL_S and self._none_is_under_way())
        return self.indices[-1]


@pytest.fixture
def watch(qtbot: QtBot) -> Callable[[Window], Watch]:
    return lambda window: Watch(window, qtbot)


Watching = Callable[[Window], Watch]


def test_shows_pictures_with_honest_rates(open_window: OpenWindow, watch: Watching) -> None:
    window = open_window(ENDLESS)
    seen = watch(window)
    seen.until(lambda: seen.status.rates.shown_hz > 0 and seen.status.stages)
    assert not window.view.empty
    assert seen.status.state is State.RUNNING
    assert seen.status.shown <= seen.status.detected <= seen.status.captured
    assert window.windowTitle().startswith("pattern:")


def test_a_picture_made_again_for_another_size_is_not_shown_twice(open_window: OpenWindow, watch: Watching) -> None:
    window = open_window(TWENTY)
    seen = watch(window)
    seen.until_state(State.ENDED)
    last = seen.until_still()
    window.feed.refresh()
    shown = seen.status.shown
    window.resize(900, 700)
    seen.until_pictures()
    assert seen.until_still() == last
    window.feed.refresh()
    assert seen.status.shown == shown <= seen.status.detected


def test_space_holds_and_goes_on(open_window: OpenWindow, watch: Watching, qtbot: QtBot) -> None:
    window = open_window(ENDLESS)
    seen = watch(window)
    seen.until_state(State.RUNNING)
    seen.until_pictures()
    qtbot.keyClick(window, Qt.Key.Key_Space)
    assert seen.status.state is State.PAUSED
    assert window.commands.transport.play.text() == "Play"
    held = seen.until_still()
    qtbot.keyClick(window, Qt.Key.Key_Space)
    seen.until(lambda: seen.indices[-1] > held)
    assert seen.status.state is State.RUNNING


@pytest.mark.parametrize("key", [Qt.Key.Key_Right, Qt.Key.Key_Period])
def test_a_step_is_one_frame(open_window: OpenWindow, watch: Watching, qtbot: QtBot, key: Qt.Key) -> None:
    window = open_window(ENDLESS)
    seen = watch(window)
    seen.until_pictures()
    window.commands.transport.play.trigger()
    held = seen.until_still()
    qtbot.keyClick(window, key)
    seen.until(lambda: seen.indices[-1] != held)
    assert seen.until_still() == held + 1


def test_seeks_to_the_exact_frame(open_window: OpenWindow, watch: Watching) -> None:
    window = open_window(TWENTY)
    seen = watch(window)
    seen.until_pictures()
    window.commands.transport.play.trigger()
    seen.until_still()
    window.transport.seek_bar.slider.setValue(600)
    seen.until(lambda: seen.indices[-1] == 12)
    assert seen.until_still() == 12, "600 ms at 20 frames per second"
    assert window.transport.seek_bar.slider.value() == 600


def test_plays_again_after_the_end(open_window: OpenWindow, watch: Watching) -> None:
    window = open_window(TWENTY)
    seen = watch(window)
    seen.until_state(State.ENDED)
    assert seen.until_still() == 19
    window.commands.transport.play.trigger()
    seen.until(lambda: 0 <= seen.indices[-1] < 15)
    seen.until_state(State.ENDED)


def test_seeks_back_after_stepping_to_the_end(open_window: OpenWindow, watch: Watching) -> None:
    window = open_window(TWENTY)
    seen = watch(window)
    seen.until_pictures()
    window.commands.transport.play.trigger()
    seen.until_still()
    window.transport.seek_bar.slider.setValue(950)
    seen.until(lambda: seen.indices[-1] == 19)
    assert seen.until_still() == 19
    assert seen.status.state is State.PAUSED, "the last frame is held like any other"
    window.commands.transport.step.trigger()
    seen.until_state(State.ENDED)
    window.transport.seek_bar.slider.setValue(0)
    seen.until(lambda: seen.indices[-1] < 19 and seen.status.state is State.RUNNING)
    seen.until_state(State.ENDED)


def test_loops_when_asked(open_window: OpenWindow, watch: Watching) -> None:
    window = open_window(TWENTY, speed=4.0)
    seen = watch(window)
    seen.until_pictures()
    window.commands.transport.loop.toggle()
    seen.until(lambda: min(np.diff(seen.indices), default=0) < 0)


def test_a_live_source_can_be_held_but_not_stepped(open_window: OpenWindow, watch: Watching) -> None:
    window = open_window(LIVE)
    seen = watch(window)
    seen.until_state(State.RUNNING)
    actions = window.commands.transport
    assert [actions.play.isEnabled(), actions.step.isEnabled(), actions.loop.isEnabled()] == [True, False, False]
    actions.play.trigger()
    held = seen.until_still()
    actions.play.trigger()
    seen.until(lambda: seen.indices[-1] > held + 5), "it goes on with the present"


def test_a_source_that_cannot_be_had_leaves_the_old_one(open_window: OpenWindow, watch: Watching) -> None:
    window = open_window(ENDLESS)
    seen = watch(window)
    seen.until_pictures()
    window.bar.choose_source(NOWHERE)
    seen.until(lambda: NOWHERE in seen.status.message)
    assert window.message.isVisible()
    seen.until_pictures(5)
    assert seen.status.state is State.RUNNING
    seen.until(lambda: window.bar.source.currentText() == ENDLESS)


def test_another_source_takes_over(open_window: OpenWindow, watch: Watching) -> None:
    window = open_window(ENDLESS)
    seen = watch(window)
    seen.until_pictures()
    window.bar.choose_source(LIVE)
    seen.until(lambda: seen.status.source and seen.status.source.live)
    assert not window.transport.seek_bar.slider.isEnabled()
    seen.until_pictures(3)


def test_a_network_that_cannot_be_had_leaves_the_old_one(
    open_window: OpenWindow, watch: Watching, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"not a network")
    window = open_window(ENDLESS)
    seen = watch(window)
    seen.until_pictures()
    window.bar.choose_model(broken)
    seen.until(lambda: seen.status.message)
    seen.until_pictures(5)
    seen.until(lambda: window.bar.model.currentText() == BUILT_IN.name)


def test_another_network_takes_over_and_shows_in_a_held_picture(
    open_window: OpenWindow, watch: Watching, tmp_path: Path
) -> None:
    other = tmp_path / "other.onnx"
    shutil.copy(BUILT_IN, other)
    window = open_window(TWENTY)
    seen = watch(window)
    seen.until_pictures()
    window.commands.transport.play.trigger()
    held = seen.until_still()
    pictures = len(seen.indices)
    window.bar.choose_model(other)
    seen.until(lambda: seen.status.engine and seen.status.engine.model == other.name)
    seen.until(lambda: len(seen.indices) > pictures)
    assert seen.indices[-1] == held
    assert seen.status.state is State.PAUSED


def test_a_network_changed_after_the_end_leaves_it_ended(
    open_window: OpenWindow, watch: Watching, tmp_path: Path
) -> None:
    other = tmp_path / "other.onnx"
    shutil.copy(BUILT_IN, other)
    window = open_window(TWENTY, speed=4.0)
    seen = watch(window)
    seen.until_state(State.ENDED)
    window.bar.choose_model(other)
    seen.until(lambda: seen.status.engine and seen.status.engine.model == other.name)
    assert seen.status.state is State.ENDED
    window.commands.transport.play.trigger()
    seen.until_pictures(5)


def test_what_failed_at_the_start_is_said_and_can_be_put_right(open_window: OpenWindow, watch: Watching) -> None:
    window = open_window(NOWHERE)
    seen = watch(window)
    seen.until_state(State.FAILED)
    assert NOWHERE in window.view.accessibleDescription()
    window.bar.choose_source(ENDLESS)
    seen.until_pictures(3)
    seen.until_state(State.RUNNING)
    assert not window.message.isVisible()


def test_a_network_that_failed_at_the_start_can_be_put_right(
    open_window: OpenWindow, watch: Watching, tmp_path: Path
) -> None:
    window = open_window(ENDLESS, model=tmp_path / "missing.onnx")
    seen = watch(window)
    seen.until_state(State.FAILED)
    window.bar.choose_model(BUILT_IN)
    seen.until_pictures(3)
    seen.until_state(State.RUNNING)


def test_thresholds_act_at_once_also_in_a_held_picture(open_window: OpenWindow, watch: Watching) -> None:
    window = open_window(TWENTY, confidence=0.0)
    found: list[int] = []
    window.feed.pictured.connect(lambda picture: found.append(len(picture.overlay.boxes)))
    seen = watch(window)
    seen.until(lambda: found and found[-1] > 0)
    window.commands.transport.play.trigger()
    held = seen.until_still()
    window.thresholds.confidence.setValue(100)
    seen.until(lambda: found[-1] == 0)
    assert seen.indices[-1] == held
    assert seen.status.engine
    assert seen.status.engine.thresholds.confidence == 1.0


def test_brackets_move_the_confidence(open_window: OpenWindow, watch: Watching, qtbot: QtBot) -> None:
    window = open_window(ENDLESS, confidence=0.5)
    watch(window).until(window.thresholds.isEnabled)
    qtbot.keyClick(window, Qt.Key.Key_BracketRight)
    assert window.thresholds.confidence.value() == 55
    qtbot.keyClick(window, Qt.Key.Key_BracketLeft)
    qtbot.keyClick(window, Qt.Key.Key_BracketLeft)
    assert window.thresholds.confidence.value() == 45


def test_a_lost_stream_shows_and_comes_back(open_window: OpenWindow, watch: Watching) -> None:
    window = open_window(f"{LIVE}&fail_at=5")
    seen = watch(window)
    seen.until_state(State.RECONNECTING)
    assert window.message.isVisible()
    seen.until(lambda: seen.status.reconnects)
    assert "reconnect" in window.status_line.reconnects.text()


def building(model: Path, head: str | None, listen: Callable[[Building], None], cancelled: threading.Event) -> None:
    """For ever."""
    listen(Building(f"engine for {model.name}", "optimising", 0.5))
    cancelled.wait()


def test_an_engine_that_is_being_built_shows_and_can_be_cancelled_and_begun_by_key(
    open_window: OpenWindow, watch: Watching, qtbot: QtBot
) -> None:
    window = open_window(ENDLESS, build=building)
    seen = watch(window)
    seen.until(window.status_line.build.isVisible)
    assert not window.commands.source.build_engine.isEnabled(), "one at a time"
    qtbot.keyClick(window, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert not window.status_line.build.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    seen.until(window.status_line.build.isVisible)


def test_why_nothing_can_be_built_is_said_each_time_somebody_asks(
    open_window: OpenWindow, watch: Watching, qtbot: QtBot
) -> None:
    window = open_window(ENDLESS, backend="onnxruntime")
    seen = watch(window)
    seen.until(window.commands.source.build_engine.isEnabled)
    seen.until_pictures()
    for _ in range(2):
        qtbot.keyClick(window, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
        seen.until(window.message.isVisible)
        assert "--backend onnxruntime was chosen" in seen.status.message
        window.message.hide()


def test_typing_a_source_is_no_shortcut(open_window: OpenWindow, watch: Watching, qtbot: QtBot) -> None:
    window = open_window(ENDLESS)
    seen = watch(window)
    seen.until_state(State.RUNNING)
    window.commands.type_source.trigger()
    qtbot.waitUntil(window.bar.source.hasFocus)
    qtbot.keyClicks(window.bar.source, "a .[l]b")
    assert window.bar.line.text() == "a .[l]b"
    assert seen.status.state is State.RUNNING
    assert not window.commands.transport.loop.isChecked()


def test_the_window_answers_while_a_source_is_being_opened(
    open_window: OpenWindow, watch: Watching, qtbot: QtBot
) -> None:
    """A stream that accepts and says nothing; the longest gap of a 10 ms heartbeat is measured."""
    window = open_window(ENDLESS, timeout_s=2.0)
    seen = watch(window)
    seen.until_pictures()
    beats = [time.perf_counter()]
    heart = QTimer()
    heart.timeout.connect(lambda: beats.append(time.perf_counter()))
    heart.start(10)
    window.bar.choose_source("http://127.0.0.1:9/stream.mjpg")
    seen.until(lambda: seen.status.message)
    heart.stop()
    assert max(np.diff(beats)) < 0.5


def test_every_control_has_a_name(open_window: OpenWindow) -> None:
    window = open_window(ENDLESS)
    controls: list[QWidget] = [
        *window.findChildren(QAbstractButton),
        *window.findChildren(QAbstractSlider),
        *window.findChildren(QComboBox),
    ]
    named = [c for c in controls if c.isVisible() and not _is_scroll_bar(c)]
    assert len(named) >= 11
    assert all(c.accessibleName() or (isinstance(c, QAbstractButton) and c.text()) for c in named)
    assert all(c.toolTip() for c in named)


def _is_scroll_bar(widget: QWidget) -> bool:
    return widget.metaObject().className() == "QScrollBar"


@pytest.mark.parametrize(("width", "height"), [(1024, 600), (1280, 800), (3840, 2160)])
def test_fits_every_screen(
    open_window: OpenWindow, qtbot: QtBot, render: Callable[[QWidget], QImage], width: int, height: int
) -> None:
    window = open_window(ENDLESS)
    window.resize(width, height)
    qtbot.waitUntil(lambda: window.width() == width and window.height() == height)
    inside = (window.bar, window.view, window.transport, window.status_line)
    assert all(window.rect().contains(w.rect().translated(w.mapTo(window, w.rect().topLeft()))) for w in inside)
    assert window.view.width() * window.view.height() > 0.5 * width * height, "the picture is the point"


def test_closing_takes_open_dialogs_along(open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window(ENDLESS)
    window.commands.source.open_source.trigger()
    dialog = window.findChild(QFileDialog)
    assert dialog is not None
    qtbot.waitUntil(dialog.isVisible)
    window.close()
    assert not dialog.isVisible()
