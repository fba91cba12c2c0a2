"""`jetsight run`: detect on a camera, a stream or a recording, in a window or without one."""

from __future__ import annotations

import argparse

HELP = "detect on a camera, a stream or a recording"
SOURCES = "camera number, csi://0, rtsp://…, http://…, video, picture, folder, glob, gst:…, demo:, pattern:"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    from cli.live import add_run

    parser.add_argument("--source", default="demo:", metavar="ADDRESS", help=f"{SOURCES} (default: demo:)")
    add_run(parser)


def run(args: argparse.Namespace) -> int:
    """Run in a window where there is a display, else without one."""
    from cli.live import run_live

    run_live(args)
    return 0
