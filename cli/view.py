"""Window or not: chosen from the display, unless the user says."""

from __future__ import annotations

import argparse
import os
import sys
from importlib.util import find_spec

from core.errors import UsageError

NO_DISPLAY = "there is no display"
NO_QT = "Qt is not installed"


def add_view(parser: argparse.ArgumentParser) -> None:
    """Options that override what the display suggests."""
    view = parser.add_mutually_exclusive_group()
    view.add_argument("--window", dest="window", action="store_const", const=True, help="open a window")
    view.add_argument("--headless", dest="window", action="store_const", const=False, help="open no window")


def wants_window(args: argparse.Namespace) -> bool:
    """Whether to open a window; `UsageError` where one was asked for and cannot be had."""
    if args.window is False:
        return False
    obstacle = _obstacle()
    if args.window and obstacle:
        raise UsageError(f"no window can be opened: {obstacle}", "Run it on the desktop, with ssh -X, or --headless.")
    if obstacle and not args.save:
        print(f"jetsight: {obstacle}: running without a window. To see the picture: --save FILE.mp4.", file=sys.stderr)
    return not obstacle


def _obstacle() -> str:
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return NO_DISPLAY
    if not (find_spec("qtpy") and any(find_spec(name) for name in ("PyQt5", "PySide6"))):
        return NO_QT
    return ""
