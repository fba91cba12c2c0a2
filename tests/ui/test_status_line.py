from __future__ import annotations

from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtWidgets import QAction, QApplication

from core.status import Building, State, Status
from core.types import SourceInfo
from ui.status_line import StatusLine, reconnect_words

SOURCE = SourceInfo("rtsp://a", "stream", 1280, 720, 25.0, "h264", live=True, decoder="FFmpeg (CPU)")
RUNNING = Status(State.RUNNING, source=SOURCE)


@pytest.fixture
def line(qtbot: QtBot, qapp: QApplication) -> StatusLine:
    line = StatusLine(QAction("cancel", qapp))
    qtbot.addWidget(line)
    return line


@pytest.mark.parametrize("state", State)
def test_every_state_is_named(line: StatusLine, state: State) -> None:
    line.follow(Status(state))
    assert state.value in line.state.text()


def test_says_what_was_negotiated(line: StatusLine) -> None:
    line.follow(RUNNING)
    assert line.facts.text().split("   ") == ["1280×720", "25 fps", "h264", "FFmpeg (CPU)"]


def test_a_rate_that_the_source_does_not_tell_is_left_out(line: StatusLine) -> None:
    line.follow(replace(RUNNING, source=replace(SOURCE, fps=None, decoder="")))
    assert line.facts.text().split("   ") == ["1280×720", "h264"]


def test_says_what_is_being_opened(line: StatusLine) -> None:
    line.follow(replace(RUNNING, opening="rtsp://b"))
    assert line.facts.text() == "opening rtsp://b …"


@pytest.mark.parametrize(("count", "words"), [(0, ""), (1, "1 reconnect"), (12, "12 reconnects")])
def test_reconnects(count: int, words: str) -> None:
    assert reconnect_words(count) == words


def test_nothing_moves_when_a_build_comes_and_goes(line: StatusLine) -> None:
    line.show()
    line.follow(RUNNING)
    height = line.sizeHint().height()
    line.follow(replace(RUNNING, building=Building("tensorrt engine for m.onnx", "optimising", 0.5)))
    assert line.build.isVisible()
    assert line.sizeHint().height() == height
    line.follow(RUNNING)
    assert not line.build.isVisible()
