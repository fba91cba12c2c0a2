"""A run from its options to its exit code: what `run` and `demo` have in common."""

from __future__ import annotations

import argparse
import math
from typing import TYPE_CHECKING, Any

from cli import options
from cli.view import add_view, wants_window
from core.arguments import count
from core.settings import Policy

if TYPE_CHECKING:
    from core.status import Status


def add_run(parser: argparse.ArgumentParser) -> None:
    """Every option of a run but its source."""
    options.add_model(parser)
    options.add_thresholds(parser)
    options.add_capture(parser)
    parser.add_argument("--speed", type=options.speed, metavar="max|1x|…", help="of a recording (window: 1x, else max)")
    parser.add_argument("--throughput", action="store_true", help="GPU: two frames under way; answers a frame later")
    parser.add_argument("--loop", action="store_true", help="begin a recording again at its end")
    parser.add_argument("--frames", type=count, metavar="N", help="end after N frames")
    add_view(parser)
    options.add_outputs(parser)
    options.add_json(parser)


def _over(status: Status) -> bool:
    from core.status import State

    return status.state is State.ENDED


def run_live(args: argparse.Namespace) -> dict[str, Any]:
    """Run to the end and return the figures; they are written and printed also where the run fails."""
    from cli.outputs import Outputs
    from pipeline.session import Session

    settings = options.settings_from(args)
    window = wants_window(args)
    speed = args.speed or (1.0 if window else math.inf)
    outputs = Outputs(args, Policy.EVERY if math.isinf(speed) else Policy.NEWEST)
    session = Session(settings, speed, outputs.observers)
    try:
        if window:
            from ui.app import run_window

            if run_window(session, _over if settings.frames else None):
                raise KeyboardInterrupt
        else:
            from cli.headless import run_headless

            run_headless(session, settings)
    finally:
        figures = outputs.finish(session.status())
    return figures
