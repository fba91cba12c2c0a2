"""Software in the place of a board's decoder."""

from __future__ import annotations

import pytest

from capture.gstreamer.hardware import Decoding
from capture.gstreamer.native import lacks

H264 = Decoding("openh264dec ! videoconvert", "openh264dec (software)")
HEVC = Decoding("libde265dec ! videoconvert", "libde265dec (software)")


def need(decoding: Decoding) -> None:
    """Skip a test where this machine lacks the elements."""
    reason = lacks("h264parse", *(element.split()[0] for element in decoding.elements.split(" ! ")))
    if reason:
        pytest.skip(reason)
