"""The four rates, and the times of the stages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from core.status import Percentiles, Rates, Status

RATES = {
    "captured": "Frames that the source delivered",
    "detected": "Frames that the network has answered",
    "shown": "Results that were painted in this window",
    "dropped": "Frames that were passed over, because a newer one was there before the network was free",
}
STAGES = {
    "wait": ("wait", "From the frame's arrival until the network was free for it"),
    "preprocess": ("preprocess", "Scaling and converting the frame to the network's input"),
    "inference": ("inference", "The network itself"),
    "postprocess": ("postprocess", "From the network's output to boxes"),
    "age": ("frame age", "From the frame's arrival until its boxes were ready"),
}
SHARES = ("p50", "p95", "p99")


class FiguresPanel(QWidget):
    """Follows the status of a run."""

    def __init__(self) -> None:
        super().__init__()
        self._rates = {word: _figure(word) for word in RATES}
        self._stages = {stage: tuple(_figure(f"{words} {p}") for p in SHARES) for stage, (words, _) in STAGES.items()}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(14)
        column.addLayout(self._rates_grid())
        column.addLayout(self._stages_grid())

    def follow(self, status: Status) -> None:
        """Show the figures of now."""
        self._show_rates(status.rates)
        self._show_stages(status.stages)

    def _show_rates(self, rates: Rates) -> None:
        values = (rates.captured_hz, rates.detected_hz, rates.shown_hz, rates.dropped_hz)
        for label, value in zip(self._rates.values(), values, strict=True):
            label.setText(f"{value:.1f}")

    def _show_stages(self, stages: Mapping[str, Percentiles]) -> None:
        for stage, labels in self._stages.items():
            times = stages.get(stage)
            texts = (times.p50_ms, times.p95_ms, times.p99_ms) if times else ()
            for label, text in zip(labels, [f"{ms:.1f}" for ms in texts] or ["–"] * len(labels), strict=True):
                label.setText(text)

    def _rates_grid(self) -> QGridLayout:
        grid = _grid("frames per second", ())
        for word, label in self._rates.items():
            font = label.font()
            font.setPointSizeF(font.pointSizeF() * 1.5)
            label.setFont(font)
            _add_row(grid, QLabel(word), (label,), RATES[word])
        return grid

    def _stages_grid(self) -> QGridLayout:
        grid = _grid("milliseconds", SHARES)
        for stage, labels in self._stages.items():
            words, tip = STAGES[stage]
            _add_row(grid, QLabel(words), labels, tip)
        return grid


def _figure(name: str) -> QLabel:
    label = QLabel("–")
    label.setAccessibleName(name)
    return label


def _grid(heading: str, columns: Sequence[str]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(10)
    grid.setVerticalSpacing(3)
    grid.setColumnStretch(0, 1)
    for column, words in enumerate((heading, *columns)):
        label = QLabel(words)
        label.setProperty("role", "heading")
        _add(grid, label, (0, column))
    return grid


def _add_row(grid: QGridLayout, name: QLabel, figures: Sequence[QLabel], tip: str) -> None:
    row = grid.rowCount()
    for column, label in enumerate((name, *figures)):
        label.setToolTip(tip)
        _add(grid, label, (row, column))


def _add(grid: QGridLayout, label: QLabel, cell: tuple[int, int]) -> None:
    """Names to the left, figures to the right."""
    if cell[1]:
        grid.addWidget(label, *cell, Qt.AlignmentFlag.AlignRight)
    else:
        grid.addWidget(label, *cell)
