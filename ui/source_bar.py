"""Which source and which network."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QAction, QComboBox, QFileDialog, QHBoxLayout, QLabel, QLineEdit, QSizePolicy, QWidget

from core.settings import MODELS
from core.status import Status
from ui.controls import ARROWS, ENDS, Button, KeyKeeper

ALWAYS_THERE = ("demo:", "0")
VIDEOS = "Videos and pictures (*.mp4 *.mkv *.mov *.avi *.webm *.m4v *.ts *.gif *.jpg *.jpeg *.png *.bmp);;All files (*)"
NETWORKS = "Networks (*.onnx)"


@dataclass(frozen=True)
class SourceActions:
    """What the buttons do."""

    open_source: QAction
    open_model: QAction
    build_engine: QAction


class SourceBar(QWidget):
    """Emits `source_chosen` with an address and `model_chosen` with a `Path`."""

    source_chosen = Signal(str)
    model_chosen = Signal(object)

    def __init__(self, source: str, model: Path, actions: SourceActions) -> None:
        super().__init__()
        self.setObjectName("bar")
        self._actions = actions
        self.line = QLineEdit()
        self.source = self._made_source(source)
        self.model = self._made_model(model)
        actions.open_source.triggered.connect(self._ask_source)
        actions.open_model.triggered.connect(self._ask_model)
        self._lay_out()

    def follow(self, status: Status) -> None:
        """Name what runs, where nothing is being typed or opened."""
        if status.opening:
            return
        if status.address and not self.source.hasFocus():
            _select(self.source, status.address, status.address)
        if status.engine and status.engine.model != self.model.currentText():
            self.model.setCurrentIndex(self.model.findText(status.engine.model))

    def choose_source(self, uri: str) -> None:
        """As if the user had typed it."""
        uri = uri.strip()
        if uri:
            _select(self.source, uri, uri)
            self.source_chosen.emit(uri)

    def choose_model(self, model: Path) -> None:
        """As if the user had picked it."""
        _select(self.model, model.name, model)
        self.model_chosen.emit(model)

    def _made_source(self, source: str) -> QComboBox:
        box = QComboBox()
        box.setEditable(True)
        box.setLineEdit(self.line)
        box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        box.setAccessibleName("Source")
        box.setToolTip("A file, a folder, a camera number, rtsp://, http://, csi://, gst:, demo: or pattern:")
        for uri in dict.fromkeys((source, *ALWAYS_THERE)):
            box.addItem(uri, uri)
        box.activated.connect(lambda index: self.choose_source(box.itemText(index)))
        box.setCompleter(None)
        self.line.returnPressed.connect(lambda: self.choose_source(box.currentText()))
        return box

    def _made_model(self, model: Path) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName("Network")
        box.setToolTip("The network that looks at the picture")
        for path in _unique((model, *sorted(MODELS.glob("*.onnx")), *sorted(model.parent.glob("*.onnx")))):
            box.addItem(path.name, path)
        box.activated.connect(lambda index: self.choose_model(box.itemData(index)))
        KeyKeeper(box, ARROWS | ENDS | {Qt.Key.Key_Space})
        return box

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 8, 6)
        row.setSpacing(6)
        for label, box, action in (
            ("source", self.source, self._actions.open_source),
            ("network", self.model, self._actions.open_model),
        ):
            row.addWidget(QLabel(label))
            row.addWidget(box, 1)
            row.addWidget(Button(action))
            box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        row.addWidget(Button(self._actions.build_engine))
        row.setStretch(1, 3)
        row.setStretch(4, 2)

    def _ask_source(self) -> None:
        dialog = QFileDialog(self, "Open a video or a picture", "", VIDEOS)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.choose_source)
        dialog.open()

    def _ask_model(self) -> None:
        dialog = QFileDialog(self, "Open a network", str(MODELS), NETWORKS)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self.choose_model(Path(name)))
        dialog.open()


def _select(box: QComboBox, text: str, data: object) -> None:
    """Show an entry, and add it where it is new."""
    if box.findText(text) < 0:
        box.insertItem(0, text)
    box.setItemData(box.findText(text), data)
    box.setCurrentIndex(box.findText(text))


def _unique(paths: Iterable[Path]) -> Iterable[Path]:
    """The first of each file name, in order."""
    first: dict[str, Path] = {}
    for path in paths:
        first.setdefault(path.name, path)
    return first.values()
