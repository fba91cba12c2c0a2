from __future__ import annotations

from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QToolTip

from core.types import EngineInfo, Thresholds
from ui.network_panel import NetworkPanel

NOTES = ("tensorrt was passed over: <b> is too old", "class names of coco80")
ENGINE = EngineInfo("m.onnx", "yolox", "onnxruntime", "CPU, 2 threads", "FP32", 416, 320, ("a", "b"), Thresholds())
NOTED = replace(ENGINE, notes=NOTES)


@pytest.fixture
def panel(qtbot: QtBot) -> NetworkPanel:
    panel = NetworkPanel()
    qtbot.addWidget(panel)
    return panel


def fact(panel: NetworkPanel, name: str) -> str:
    return next(label.text() for label in panel.findChildren(QLabel) if label.accessibleName() == name)


def lines(panel: NetworkPanel) -> list[str]:
    return [paragraph.text() for paragraph in panel.notes.findChildren(QLabel)]


def test_says_what_runs_and_on_what(panel: NetworkPanel) -> None:
    panel.follow(ENGINE)
    assert fact(panel, "network") == "yolox 416×320, 2 classes"
    assert fact(panel, "backend") == "onnxruntime"
    assert fact(panel, "device") == "CPU, 2 threads"
    assert fact(panel, "precision") == "FP32"


@pytest.mark.parametrize(("depth", "mode"), [(1, "lowest latency"), (2, "throughput: answers one frame later")])
def test_says_what_the_frames_under_way_mean(panel: NetworkPanel, depth: int, mode: str) -> None:
    panel.follow(replace(ENGINE, depth=depth))
    assert fact(panel, "mode") == mode


def test_is_not_there_while_nothing_runs(panel: NetworkPanel) -> None:
    panel.follow(None)
    assert panel.isHidden()
    panel.follow(ENGINE)
    assert not panel.isHidden()
    assert panel.notes.isHidden(), "there are none"


def test_notes_are_to_be_read_and_all_of_them_for_who_cannot_see_them(panel: NetworkPanel, qtbot: QtBot) -> None:
    panel.follow(NOTED)
    assert lines(panel) == list(NOTES)
    assert panel.notes.accessibleDescription().splitlines() == list(NOTES)
    panel.follow(replace(ENGINE, notes=NOTES[1:]))
    qtbot.waitUntil(lambda: lines(panel) == list(NOTES[1:]))


def test_notes_take_no_more_room_than_there_is(panel: NetworkPanel) -> None:
    panel.follow(replace(ENGINE, notes=("a reason with all that helps " * 10,)))
    assert panel.minimumSizeHint().width() < 280


def test_notes_can_be_read_in_full_by_key(panel: NetworkPanel, qtbot: QtBot) -> None:
    panel.follow(NOTED)
    with qtbot.waitExposed(panel):
        panel.show()
    panel.activateWindow()
    qtbot.waitUntil(panel.isActiveWindow)
    panel.notes.clearFocus()
    qtbot.keyClick(panel, Qt.Key.Key_Tab)
    qtbot.waitUntil(QToolTip.isVisible)
    assert "&lt;b&gt; is too old" in QToolTip.text()
    assert NOTES[1] in QToolTip.text()
    QToolTip.hideText()
