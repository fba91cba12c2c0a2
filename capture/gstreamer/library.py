"""An OpenCV that has GStreamer, or where to get one."""

from __future__ import annotations

import re
from typing import Any

from core.errors import SourceUnreadable

APT = "Use the system's OpenCV: sudo apt install python3-opencv, and no opencv-python in an environment that sees it."
LOG_ERRORS = 2


def opencv() -> Any:
    """The module cv2, where it has GStreamer; else `SourceUnreadable` says which package does."""
    try:
        import cv2
    except ImportError as error:
        raise SourceUnreadable("OpenCV, which reads GStreamer pipelines, is not installed", APT) from error
    if not re.search(r"GStreamer:\s+YES", cv2.getBuildInformation()):
        raise SourceUnreadable(f"this OpenCV {cv2.__version__} was built without GStreamer", APT)
    # Its warnings come with every pipeline that has no position, and would stand beside our one line.
    getattr(cv2.utils, "logging", cv2).setLogLevel(LOG_ERRORS)
    return cv2
