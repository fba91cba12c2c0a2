"""The one place where Qt is made ready."""

from __future__ import annotations

import os
from pathlib import Path

import qtpy
from qtpy.QtCore import Qt
from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import QApplication

from ui import style

OPENCV_SETS = ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR")


def application() -> QApplication:
    """The QApplication, made when first asked for."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    forget_opencv()
    if qtpy.QT5:
        QGuiApplication.setAttribute(Qt.ApplicationAttribute.AA_EnableHighDpiScaling)
        QGuiApplication.setAttribute(Qt.ApplicationAttribute.AA_UseHighDpiPixmaps)
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
    app = QApplication(["jetsight"])
    style.apply(app)
    return app


def forget_opencv() -> None:
    """Import OpenCV now, and take back what its wheel does to the environment of every Qt but its own.

    The wheel's `import cv2` points both variables into its own folder, whose plug-ins no other Qt can load.
    """
    former = {name: os.environ.get(name, "") for name in OPENCV_SETS}
    import cv2

    folder = str(Path(cv2.__file__).parent)
    for name, value in former.items():
        os.environ.pop(name, None)
        if value and not value.startswith(folder):
            os.environ[name] = value
