from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import QAction, QMainWindow, QVBoxLayout, QWidget

from ui.controls import Button, ElidedLabel, JumpSlider


@pytest.fixture
def window(qtbot: QtBot) -> QMainWindow:
    window = QMainWindow()
    qtbot.addWidget(window)
    body = QWidget()
    QVBoxLayout(body)
    window.setCentralWidget(body)
    return window


def shown(qtbot: QtBot, window: QMainWindow, widget: QWidget) -> None:
    layout = window.centralWidget().layout()
    layout.addWidget(widget)
    window.resize(400, 100)
    with qtbot.waitExposed(window):
        window.show()
    window.activateWindow()
    widget.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(widget.hasFocus)


def counted(window: QMainWindow, key: str) -> list[str]:
    pressed: list[str] = []
    action = QAction(window)
    action.setShortcut(QKeySequence(key))
    action.triggered.connect(lambda: pressed.append(key))
    window.addAction(action)
    return pressed


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 1.0])
def test_a_slider_goes_where_it_is_clicked(qtbot: QtBot, window: QMainWindow, share: float) -> None:
    slider = JumpSlider("Position")
    slider.setRange(0, 1000)
    shown(qtbot, window, slider)
    x = round(share * (slider.width() - 1))
    qtbot.mouseClick(slider, Qt.MouseButton.LeftButton, pos=QPoint(x, slider.height() // 2))
    assert slider.value() == pytest.approx(1000 * share, abs=30)


def test_a_focused_slider_keeps_its_arrows(qtbot: QtBot, window: QMainWindow) -> None:
    slider = JumpSlider("Position")
    pressed = counted(window, "Right")
    shown(qtbot, window, slider)
    qtbot.keyClick(slider, Qt.Key.Key_Right)
    assert (slider.value(), pressed) == (1, [])


def test_a_slider_leaves_other_keys_to_the_window(qtbot: QtBot, window: QMainWindow) -> None:
    slider = JumpSlider("Position")
    pressed = counted(window, "Space")
    shown(qtbot, window, slider)
    qtbot.keyClick(slider, Qt.Key.Key_Space)
    assert pressed == ["Space"]


def test_a_focused_button_keeps_the_space_bar(qtbot: QtBot, window: QMainWindow) -> None:
    action = QAction("Loop", window)
    action.setCheckable(True)
    button = Button(action)
    pressed = counted(window, "Space")
    shown(qtbot, window, button)
    qtbot.keyClick(button, Qt.Key.Key_Space)
    assert (action.isChecked(), pressed) == (True, [])


def test_a_text_that_is_too_long_is_in_the_tool_tip(qtbot: QtBot, window: QMainWindow) -> None:
    label = ElidedLabel()
    shown_width = window.width()
    label.show_text("rtsp://camera.example/a/very/long/address " * 20)
    layout = window.centralWidget().layout()
    layout.addWidget(label)
    assert label.minimumSizeHint().width() > shown_width, "there is something to cut"
    window.resize(200, 50)
    with qtbot.waitExposed(window):
        window.show()
    assert window.width() == 200
    assert label.toolTip() == label.text()
