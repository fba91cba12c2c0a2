"""How far the engine is that is being built, with a way to cancel it."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QAction, QHBoxLayout, QLabel, QProgressBar, QSizePolicy, QWidget

from core.status import Building
from ui.controls import Button, ElidedLabel

STEPS = 1000  # of the whole
BAR_PX = 120
CROSS_PX = 14


class BuildProgress(QWidget):
    """Follows a build, hidden while there is none."""

    def __init__(self, cancel: QAction) -> None:
        super().__init__()
        self.setObjectName("build")
        self.words = ElidedLabel()
        self.words.setAccessibleName("Engine")
        self.words.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.bar = QProgressBar()
        self.bar.setAccessibleName("Progress of the engine that is being built")
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(BAR_PX)
        self.how_far = QLabel()
        self.how_far.setAccessibleName("How far the engine is")
        self.how_far.setMinimumWidth(self.fontMetrics().horizontalAdvance("100 %"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.words, 1)
        row.addWidget(self.bar)
        row.addWidget(self.how_far)
        row.addWidget(Button(cancel, CROSS_PX))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.hide()

    def follow(self, building: Building | None) -> None:
        """Show this one."""
        self.setVisible(building is not None)
        if building is None:
            return
        self.words.show_text(f"building the {building.what}: {building.phase}")
        self.how_far.setText(building.how_far)
        self.bar.setMaximum(0 if building.share is None else STEPS)
        self.bar.setValue(round((building.share or 0.0) * STEPS))
