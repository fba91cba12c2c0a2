"""A window on a real session, on whatever display there is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint
from qtpy.QtGui import QImage
from qtpy.QtWidgets import QApplication, QWidget

from core.settings import Settings
from core.types import Detections, Frame, Prediction, Result, StageTimes
from detector.upgrade import build_faster
from pipeline.session import Session
from pipeline.upgrade import Build
from ui import display
from ui.qt import application
from ui.renderer import Renderer
from ui.window import Window

MakeResult = Callable[..., Result]
OpenWindow = Callable[..., Window]
Render = Callable[[QWidget], QImage]


@pytest.fixture(scope="session")
def qapp() -> QApplication:
    """In place of pytest-qt's: ours is made after OpenCV's variables are gone."""
    obstacle = display.obstacle()
    if obstacle:
        pytest.skip(f"no window can be opened: {obstacle}; install Xvfb")
    return application()


@pytest.fixture
def make_result() -> MakeResult:
    """A result with a plain grey frame."""

    def make(prediction: Prediction | None = None, width: int = 64, height: int = 36, index: int = 0) -> Result:
        frame = Frame.from_bgr(np.full((height, width, 3), 120, np.uint8), index)
        found = Detections.none() if prediction is None else prediction
        return Result(frame, found, StageTimes(0.0, 1.0, 2.0, 1.0), ("cat", "dog"), frame.captured_ns)

    return make


@pytest.fixture
def render() -> Render:
    """What a widget paints, in true colours whatever the display's depth."""

    def paint(widget: QWidget) -> QImage:
        image = QImage(widget.size(), QImage.Format.Format_RGB32)
        widget.render(image, QPoint())
        return image

    return paint


@pytest.fixture
def open_window(qtbot: QtBot) -> Iterator[OpenWindow]:
    """A shown window on a session of its own; at the end neither leaves a thread behind."""
    threads = set(threading.enumerate())
    with ExitStack() as stack:

        def open_one(source: str, speed: float = 1.0, build: Build = build_faster, **changes: object) -> Window:
            settings = replace(Settings(source), **changes)  # type: ignore[arg-type] # the names are checked by replace
            session = stack.enter_context(Session(settings, speed, build=build))
            renderer = stack.enter_context(Renderer(session.latest))
            window = Window(session, renderer)
            qtbot.addWidget(window)
            with qtbot.waitExposed(window):
                window.show()
            window.activateWindow()
            qtbot.waitUntil(window.isActiveWindow)
            return window

        yield open_one
    assert set(threading.enumerate()) - threads == set()
