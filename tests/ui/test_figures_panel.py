from __future__ import annotations

from pytestqt.qtbot import QtBot
from qtpy.QtWidgets import QLabel

from core.status import Percentiles, Rates, State, Status
from ui.figures_panel import FiguresPanel

STAGES = {
    name: Percentiles(value, value + 0.5, value + 1)
    for name, value in {"wait": 1.0, "preprocess": 2.0, "inference": 3.0, "postprocess": 4.0, "age": 10.0}.items()
}
STATUS = Status(State.RUNNING, rates=Rates(30.0, 25.04, 24.96, 5.0), stages=STAGES)


def rows(panel: FiguresPanel) -> list[list[str]]:
    """The labels' texts, line by line as they lie on the screen."""
    labels = sorted(panel.findChildren(QLabel), key=lambda label: (label.geometry().center().y() // 8, label.x()))
    lines: dict[int, list[str]] = {}
    for label in labels:
        lines.setdefault(label.geometry().center().y() // 8, []).append(label.text())
    return list(lines.values())


def test_every_figure_stands_beside_its_word(qtbot: QtBot) -> None:
    panel = FiguresPanel()
    qtbot.addWidget(panel)
    panel.follow(STATUS)
    panel.resize(280, panel.sizeHint().height())
    with qtbot.waitExposed(panel):
        panel.show()
    assert rows(panel) == [
        ["frames per second"],
        ["captured", "30.0"],
        ["detected", "25.0"],
        ["shown", "25.0"],
        ["dropped", "5.0"],
        ["milliseconds", "p50", "p95", "p99"],
        ["wait", "1.0", "1.5", "2.0"],
        ["preprocess", "2.0", "2.5", "3.0"],
        ["inference", "3.0", "3.5", "4.0"],
        ["postprocess", "4.0", "4.5", "5.0"],
        ["frame age", "10.0", "10.5", "11.0"],
    ]


def test_times_that_are_not_known_are_dashes(qtbot: QtBot) -> None:
    panel = FiguresPanel()
    qtbot.addWidget(panel)
    panel.follow(STATUS)
    panel.follow(Status(State.STARTING))
    texts = [label.text() for label in panel.findChildren(QLabel)]
    assert texts.count("–") == 15
