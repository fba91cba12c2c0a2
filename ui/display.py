"""Whether a window can be opened at all; asked before Qt, which would end the process."""

from __future__ import annotations

import ctypes
import os
import time

PATIENCE_S = 1.0
_held: dict[str, ctypes.c_void_p] = {}  # kept: a server whose last client leaves begins anew, and would refuse Qt


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
    deadline = time.monotonic() + PATIENCE_S
    while name not in _held:
        connection = ctypes.c_void_p(xcb.xcb_connect(None, None))
        if not xcb.xcb_connection_has_error(connection):
            _held[name] = connection
            break
        xcb.xcb_disconnect(connection)
        if time.monotonic() > deadline:
            return f"the display {name} does not answer"
        time.sleep(0.05)
    return None
