from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QToolButton, QWidget

from core.status import State
from ui.message_bar import LINGER_MS, MessageBar

LONG = "the stream rtsp://camera.example/main has stopped and nothing came for ten seconds. Trying again in 4 s. " * 3


@pytest.fixture
def over(qtbot: QtBot) -> QWidget:
    over = QWidget()
    qtbot.addWidget(over)
    over.resize(500, 300)
    with qtbot.waitExposed(over):
        over.show()
    return over


@pytest.fixture
def bar(over: QWidget) -> MessageBar:
    return MessageBar(over)


def test_shows_itself_only_while_there_is_something_to_say(bar: MessageBar) -> None:
    assert not bar.isVisible()
    bar.follow("the camera is busy", State.RUNNING)
    assert bar.isVisible()
    bar.follow("", State.RUNNING)
    assert not bar.isVisible()


def test_a_message_that_was_put_away_stays_away(bar: MessageBar, qtbot: QtBot) -> None:
    bar.follow("the camera is busy", State.FAILED)
    qtbot.mouseClick(bar.findChild(QToolButton), Qt.MouseButton.LeftButton)
    bar.follow("the camera is busy", State.FAILED)
    assert not bar.isVisible()
    bar.follow("the camera is gone", State.FAILED)
    assert bar.isVisible()


def test_a_long_message_is_all_there_at_every_width(bar: MessageBar, over: QWidget) -> None:
    bar.follow(LONG, State.RECONNECTING)
    wide = bar.height()
    over.resize(400, 300)
    assert bar.height() > wide
    assert over.rect().contains(bar.geometry())


@pytest.mark.parametrize(
    ("state", "lasting"), [(State.RUNNING, False), (State.RECONNECTING, True), (State.FAILED, True)]
)
def test_goes_by_itself_only_where_the_run_goes_on(
    bar: MessageBar, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, state: State, lasting: bool
) -> None:
    assert LINGER_MS > 5000, "time to read it"
    bar._lingering.setInterval(50)
    bar.follow("something happened", state)
    qtbot.wait(200)
    assert bar.isVisible() is lasting
