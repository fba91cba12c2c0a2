"""Window or not: chosen from the display, unless the user says."""

from __future__ import annotations

import argparse
import sys
from importlib.util import find_spec

from core.errors import UsageError


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


def _obstacle() -> str | None:
    from ui import display

    if not any(find_spec(name) for name in ("PyQt5", "PySide6")):
        return "Qt is not installed"
    return display.obstacle()
