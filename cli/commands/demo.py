"""`jetsight demo`: the main job on a real clip, with everything it leaves behind."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.errors import JetsightError

HELP = "detect on the demo clip; leaves out/demo.mp4 and out/demo.jsonl"
OUT = Path("out")


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    from cli.live import add_run

    add_run(parser)
    parser.set_defaults(source="demo:", save=OUT / "demo.mp4", log=OUT / "demo.jsonl")


def run(args: argparse.Namespace) -> int:
    """Run; done only if something was detected."""
    from cli.live import run_live

    figures = run_live(args)
    if not figures["objects"]:
        raise JetsightError("nothing was detected in the demo clip", "Run `jetsight run` on a clip of your own.")
    return 0
