from __future__ import annotations

from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from core.types import Thresholds
from ui.thresholds_panel import ThresholdsPanel

OWN = Thresholds(confidence=0.4, iou=0.55, classes=frozenset({2}), multi_label=True)


@pytest.fixture
def panel(qtbot: QtBot) -> ThresholdsPanel:
    panel = ThresholdsPanel()
    qtbot.addWidget(panel)
    return panel


def test_follows_the_network_without_asking_for_a_change(panel: ThresholdsPanel, qtbot: QtBot) -> None:
    assert not panel.isEnabled()
    with qtbot.assertNotEmitted(panel.changed):
        panel.follow(OWN)
    assert panel.isEnabled()
    assert (panel.confidence.value(), panel.iou.value()) == (40, 55)


def test_a_moved_slider_changes_its_threshold_and_no_other(panel: ThresholdsPanel, qtbot: QtBot) -> None:
    panel.follow(OWN)
    with qtbot.waitSignal(panel.changed) as changed:
        panel.confidence.setValue(90)
    assert changed.args == [Thresholds(0.9, 0.55, frozenset({2}), multi_label=True)]
    with qtbot.waitSignal(panel.changed) as changed:
        panel.iou.setValue(10)
    assert changed.args == [Thresholds(0.9, 0.1, frozenset({2}), multi_label=True)]


def test_the_switch_lets_classes_suppress_each_other_and_changes_nothing_else(
    panel: ThresholdsPanel, qtbot: QtBot
) -> None:
    panel.follow(OWN)
    with qtbot.waitSignal(panel.changed) as changed:
        panel.class_agnostic.click()
    assert changed.args == [replace(OWN, class_agnostic=True)]
    with qtbot.assertNotEmitted(panel.changed):
        panel.follow(OWN)
    assert not panel.class_agnostic.isChecked()


def test_overlooked_candidates_are_told_while_there_are_any_and_nothing_moves(panel: ThresholdsPanel) -> None:
    panel.follow(OWN)
    size = panel.sizeHint()
    panel.follow_overlooked(2310)
    assert panel.overlooked.text() == "2310 overlooked"
    assert "Raise the confidence" in panel.overlooked.toolTip()
    assert panel.sizeHint() == size
    panel.follow_overlooked(0)
    assert panel.overlooked.text() == panel.overlooked.toolTip() == ""


def test_a_slider_that_is_held_is_not_pulled_away(panel: ThresholdsPanel) -> None:
    panel.follow(OWN)
    panel.confidence.setSliderDown(True)
    panel.confidence.setValue(70)
    panel.follow(OWN)
    assert panel.confidence.value() == 70
