from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QAction, QFileDialog, QWidget

from core.settings import BUILT_IN
from core.status import State, Status
from core.types import EngineInfo, SourceInfo, Thresholds
from ui.source_bar import SourceActions, SourceBar

SOURCE = SourceInfo("demo:", "demo", 640, 272, 25.0, "h264", live=False)
ENGINE = EngineInfo(BUILT_IN.name, "yolov8", "onnxruntime", "CPU", "FP32", 320, 320, ("car",), Thresholds())
RUNNING = Status(State.RUNNING, address="demo:", source=SOURCE, engine=ENGINE)


@pytest.fixture
def bar(qtbot: QtBot, tmp_path: Path) -> SourceBar:
    (tmp_path / "other.onnx").touch()
    owner = QWidget()
    qtbot.addWidget(owner)
    model = tmp_path / "mine.onnx"
    actions = SourceActions(*(QAction(words, owner) for words in ("open", "network", "build")))
    bar = SourceBar("demo:", model, actions)
    qtbot.addWidget(bar)
    with qtbot.waitExposed(bar):
        bar.show()
    return bar


def typed(bar: SourceBar, qtbot: QtBot, text: str) -> list[str]:
    chosen: list[str] = []
    bar.source_chosen.connect(chosen.append)
    bar.line.selectAll()
    qtbot.keyClicks(bar.source, text)
    qtbot.keyClick(bar.source, Qt.Key.Key_Return)
    return chosen


@pytest.mark.parametrize(
    "uri", ["rtsp://camera.example/main", "0", "demo:"], ids=["new", "in the list", "the present one"]
)
def test_a_typed_source_is_asked_for_once(bar: SourceBar, qtbot: QtBot, uri: str) -> None:
    assert typed(bar, qtbot, uri) == [uri]


def test_typed_sources_are_remembered(bar: SourceBar, qtbot: QtBot) -> None:
    typed(bar, qtbot, "rtsp://a")
    typed(bar, qtbot, "rtsp://b")
    entries = [bar.source.itemText(index) for index in range(bar.source.count())]
    assert entries == ["rtsp://b", "rtsp://a", "demo:", "0"]


def test_nothing_typed_is_nothing_asked(bar: SourceBar, qtbot: QtBot) -> None:
    assert typed(bar, qtbot, "  ") == []


def test_the_networks_beside_the_one_asked_for_can_be_chosen(bar: SourceBar, qtbot: QtBot, tmp_path: Path) -> None:
    names = [bar.model.itemText(index) for index in range(bar.model.count())]
    assert (names[0], names[-1]) == ("mine.onnx", "other.onnx")
    assert BUILT_IN.name in names
    with qtbot.waitSignal(bar.model_chosen) as chosen:
        bar.model.activated.emit(bar.model.findText("other.onnx"))
    assert chosen.args == [tmp_path / "other.onnx"]


def test_names_what_runs_once_nothing_is_being_opened(bar: SourceBar) -> None:
    bar.choose_source("nowhere.mp4")
    bar.follow(replace(RUNNING, opening="nowhere.mp4"))
    assert bar.source.currentText() == "nowhere.mp4"
    bar.follow(RUNNING)
    assert (bar.source.currentText(), bar.model.currentText()) == ("demo:", BUILT_IN.name)


def test_an_address_with_a_password_is_asked_for_again_as_it_was(bar: SourceBar, qtbot: QtBot) -> None:
    uri = "rtsp://user:secret@camera/main"
    bar.follow(replace(RUNNING, address=uri, source=replace(SOURCE, uri="rtsp://***@camera/main")))
    with qtbot.waitSignal(bar.source_chosen) as chosen:
        qtbot.keyClick(bar.line, Qt.Key.Key_Return)
    assert chosen.args == [uri]


def test_a_file_dialog_does_not_hold_the_window_up(bar: SourceBar, qtbot: QtBot) -> None:
    bar._ask_source()
    dialog = bar.findChild(QFileDialog)
    assert dialog
    with qtbot.waitSignal(bar.source_chosen) as chosen:
        dialog.fileSelected.emit("/videos/a.mp4")
    assert chosen.args == ["/videos/a.mp4"]
    dialog.close()
