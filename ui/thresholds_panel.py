"""Confidence and IoU, acting at once."""

from __future__ import annotations

from dataclasses import replace

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QGridLayout, QLabel, QWidget

from core.types import Thresholds
from ui.controls import JumpSlider

STEPS = 100  # of the range 0..1


class ThresholdsPanel(QWidget):
    """Emits `changed` with new `Thresholds` when the user moves a slider."""

    changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._thresholds: Thresholds | None = None
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(4)
        self.confidence = self._row(grid, "confidence", "How sure the network must be of what it reports")
        self.iou = self._row(grid, "IoU", "How much two boxes of a class may overlap before the weaker one is left out")
        self.setEnabled(False)

    def follow(self, thresholds: Thresholds | None) -> None:
        """Show the thresholds in force, unless a slider is being held."""
        self.setEnabled(thresholds is not None)
        if thresholds is None or self.confidence.isSliderDown() or self.iou.isSliderDown():
            return
        self._thresholds = None
        self.confidence.setValue(round(thresholds.confidence * STEPS))
        self.iou.setValue(round(thresholds.iou * STEPS))
        self._thresholds = thresholds

    def _row(self, grid: QGridLayout, name: str, tip: str) -> JumpSlider:
        row = 2 * (grid.count() // 3)
        slider = JumpSlider(name)
        slider.setRange(0, STEPS)
        slider.setPageStep(STEPS // 20)
        slider.setToolTip(tip)
        value = QLabel("–")
        slider.valueChanged.connect(lambda steps: value.setText(f"{steps / STEPS:.2f}"))
        slider.valueChanged.connect(self._moved)
        grid.addWidget(QLabel(name), row, 0)
        grid.addWidget(value, row, 1)
        grid.addWidget(slider, row + 1, 0, 1, 2)
        grid.setColumnStretch(0, 1)
        return slider

    def _moved(self) -> None:
        if self._thresholds:
            self._thresholds = replace(
                self._thresholds, confidence=self.confidence.value() / STEPS, iou=self.iou.value() / STEPS
            )
            self.changed.emit(self._thresholds)
