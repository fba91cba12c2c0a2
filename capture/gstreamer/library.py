"""Whether GStreamer is there, and what it says of a pipeline that it cannot build.

OpenCV keeps the reason to itself and may wait for ever on a pipeline that lacks an element, so GStreamer itself is
asked first, in the library that OpenCV is linked with.
"""

from __future__ import annotations

import ctypes
import re
from typing import Any

from core.errors import SourceUnreadable

APT = "Use the system's OpenCV: sudo apt install python3-opencv, and no opencv-python in an environment that sees it."
_LIBRARY = "libgstreamer-1.0.so.0"
LOG_ERRORS = 2
_FATAL_ERRORS = 1  # GST_PARSE_FLAG_FATAL_ERRORS


class _Error(ctypes.Structure):
    """GLib's GError."""

    _fields_ = (("domain", ctypes.c_uint32), ("code", ctypes.c_int), ("message", ctypes.c_char_p))


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


def parse_fault(pipeline: str) -> str | None:
    """What GStreamer finds wrong with a pipeline, e.g. `no element "x264dec"`; None where it can be built."""
    gst = ctypes.CDLL(_LIBRARY)
    gst.gst_parse_launch_full.restype = ctypes.c_void_p
    gst.gst_init_check(None, None, None)
    fault = ctypes.POINTER(_Error)()
    built = gst.gst_parse_launch_full(pipeline.encode(), None, _FATAL_ERRORS, ctypes.byref(fault))
    if built:
        gst.gst_object_unref(ctypes.c_void_p(built))
        return None
    return (fault.contents.message or b"").decode("utf-8", "replace")
