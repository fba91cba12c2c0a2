"""Whether a window can be opened at all; asked before Qt, which would end the process."""

from __future__ import annotations

import ctypes
import os


def obstacle() -> str | None:
    """What keeps a window from opening, as part of a sentence; None where nothing does."""
    if os.environ.get("QT_QPA_PLATFORM") or os.environ.get("WAYLAND_DISPLAY"):
        return None
    name = os.environ.get("DISPLAY")
    if not name:
        return "there is no display (DISPLAY and WAYLAND_DISPLAY are not set)"
    return _unanswered(name)


def _unanswered(name: str) -> str | None:
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return "the library libxcb.so.1 is missing"
    xcb.xcb_connect.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(xcb.xcb_connect(None, None))
    failed = xcb.xcb_connection_has_error(connection)
    xcb.xcb_disconnect(connection)
    return f"the display {name} does not answer" if failed else None
