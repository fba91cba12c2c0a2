from __future__ import annotations

from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QAction, QApplication, QToolButton

from core.status import Building
from ui.build_progress import BuildProgress

BUILDING = Building("tensorrt engine for m.onnx", "optimising", 0.43)


@pytest.fixture
def cancel(qapp: QApplication) -> QAction:
    return QAction("Cancel", qapp)


@pytest.fixture
def progress(qtbot: QtBot, cancel: QAction) -> BuildProgress:
    progress = BuildProgress(cancel)
    qtbot.addWidget(progress)
    return progress


def test_is_there_only_while_something_is_built(progress: BuildProgress) -> None:
    assert progress.isHidden()
    progress.follow(BUILDING)
    assert not progress.isHidden()
    progress.follow(None)
    assert progress.isHidden()


def test_says_what_is_built_and_how_far_it_is(progress: BuildProgress) -> None:
    progress.follow(BUILDING)
    assert progress.words.text() == "building the tensorrt engine for m.onnx: optimising"
    assert progress.how_far.text() == "43 %"
    assert progress.bar.value() == pytest.approx(0.43 * progress.bar.maximum())
    assert progress.bar.accessibleName()


def test_shows_the_time_where_the_share_is_not_known(progress: BuildProgress) -> None:
    progress.follow(replace(BUILDING, share=None, elapsed_s=125.2))
    assert progress.how_far.text() == "2:05"
    assert (progress.bar.minimum(), progress.bar.maximum()) == (0, 0), "Qt's sign for a share that is not known"
    progress.follow(BUILDING)
    assert progress.bar.value() == pytest.approx(0.43 * progress.bar.maximum())


def test_can_be_cancelled(progress: BuildProgress, cancel: QAction, qtbot: QtBot) -> None:
    progress.follow(BUILDING)
    progress.show()
    with qtbot.waitSignal(cancel.triggered):
        qtbot.mouseClick(progress.findChild(QToolButton), Qt.MouseButton.LeftButton)
