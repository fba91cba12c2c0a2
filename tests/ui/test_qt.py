"""Qt starts whatever OpenCV did to its environment, in a process of its own each time."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from qtpy.QtWidgets import QApplication

from core.settings import MODELS
from ui.qt import OPENCV_SETS

START = """
from ui.qt import application
app = application()
print(app.platformName(), *(os.environ.get(name, "-") for name in names))
"""


def started(first: str, **environment: str) -> str:
    script = f"import os\nnames = {OPENCV_SETS!r}\n{first}\n{START}"
    inherited = {name: value for name, value in os.environ.items() if name not in OPENCV_SETS}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=MODELS.parent,
        env=inherited | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize(
    "first", ["", "import cv2", "import qtpy.QtWidgets, cv2"], ids=["alone", "cv2 first", "Qt first"]
)
def test_qt_starts_beside_opencv(first: str) -> None:
    platform = QApplication.platformName()
    assert started(first) == f"{platform} - -"


@pytest.mark.usefixtures("qapp")
def test_what_the_user_set_stays() -> None:
    assert started("", QT_QPA_FONTDIR="/usr/share/fonts").endswith("- /usr/share/fonts")
