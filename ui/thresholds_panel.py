"""Confidence, IoU and who suppresses whom, acting at once."""

from __future__ import annotations

from dataclasses import replace

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QCheckBox, QGridLayout, QLabel, QWidget

from core.types import Thresholds
from ui.controls import ElidedLabel, JumpSlider, KeyKeeper

STEPS = 100  # of the range 0..1
FIRST_ROW = 1  # the row count of an empty grid
OVERLOOKED = "{} candidates, the least sure, were not looked at in the newest frame. Raise the confidence."


class ThresholdsPanel(QWidget):
    """Emits `changed` with new `Thresholds` when the user moves a slider or switches."""

    changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._thresholds: Thresholds | None = None
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(4)
        self.confidence = self._row(grid, "confidence", "How sure the network must be of what it reports")
        self.iou = self._row(grid, "IoU", "How much two boxes of a class may overlap before the weaker one is left out")
        self.class_agnostic = self._switch(grid)
        self.overlooked = self._warning(grid)
        self.setEnabled(False)

    def follow(self, thresholds: Thresholds | None) -> None:
        """Show the thresholds in force, unless a slider is being held."""
        self.setEnabled(thresholds is not None)
        if thresholds is None or self.confidence.isSliderDown() or self.iou.isSliderDown():
            return
        self._thresholds = None
        self.confidence.setValue(round(thresholds.confidence * STEPS))
        self.iou.setValue(round(thresholds.iou * STEPS))
        self.class_agnostic.setChecked(thresholds.class_agnostic)
        self._thresholds = thresholds

    def follow_overlooked(self, candidates: int) -> None:
        """Say, beside the confidence, that it lets too many candidates through."""
        self.overlooked.show_text(f"{candidates} overlooked" if candidates else "")
        if candidates:
            self.overlooked.setToolTip(OVERLOOKED.format(candidates))

    def _row(self, grid: QGridLayout, name: str, tip: str) -> JumpSlider:
        row = grid.rowCount()
        slider = JumpSlider(name)
        slider.setRange(0, STEPS)
        slider.setPageStep(STEPS // 20)
        slider.setToolTip(tip)
        value = QLabel("–")
        slider.valueChanged.connect(lambda steps: value.setText(f"{steps / STEPS:.2f}"))
        slider.valueChanged.connect(self._moved)
        grid.addWidget(QLabel(name), row, 0)
        grid.addWidget(value, row, 2)
        grid.addWidget(slider, row + 1, 0, 1, 3)
        grid.setColumnStretch(1, 1)
        return slider

    def _switch(self, grid: QGridLayout) -> QCheckBox:
        box = QCheckBox("class-agnostic")
        box.setToolTip("Boxes of different classes suppress each other, too")
        KeyKeeper(box, {Qt.Key.Key_Space})
        box.toggled.connect(self._moved)
        grid.addWidget(box, grid.rowCount(), 0, 1, 3)
        return box

    def _warning(self, grid: QGridLayout) -> ElidedLabel:
        """In the first row, between name and value, so that nothing moves when it comes and goes."""
        label = ElidedLabel()
        label.setProperty("role", "warning")
        label.setAccessibleName("Overlooked candidates")
        grid.addWidget(label, FIRST_ROW, 1)
        return label

    def _moved(self) -> None:
        if self._thresholds:
            self._thresholds = replace(
                self._thresholds,
                confidence=self.confidence.value() / STEPS,
                iou=self.iou.value() / STEPS,
                class_agnostic=self.class_agnostic.isChecked(),
            )
            self.changed.emit(self._thresholds)
