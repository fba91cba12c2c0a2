"""A run without a window: a progress line on standard error while it lasts."""

from __future__ import annotations

import math

from cli.report import progress_bar
from core.settings import Settings
from core.status import State, Status
from pipeline.session import Session

POLL_S = 0.2


def run_headless(session: Session, settings: Settings) -> None:
    """Run to the end; raises what made it fail, after everything is closed."""
    from rich.progress import TextColumn
    from rich.text import Text

    with session, progress_bar(TextColumn("{task.fields[rates]}")) as progress:
        task = progress.add_task("starting", rates="", total=None)
        spoken = ""
        over = False
        while not over:
            over = session.wait(POLL_S)
            status = session.status()
            total = frames_in_all(status, settings)
            state, rates = status.state.value, rates_line(status)
            progress.update(task, description=state, total=total, completed=status.detected, rates=rates)
            if status.message not in ("", spoken):
                spoken = status.message
                progress.console.print(Text(spoken), soft_wrap=True)


def frames_in_all(status: Status, settings: Settings) -> int | None:
    """How many frames the run will have, where that can be known."""
    if status.state is State.ENDED:
        return status.detected
    if settings.frames:
        return settings.frames
    source = status.source
    if source is None or source.duration_ns is None or not source.fps or settings.loop:
        return None
    return max(math.ceil(source.duration_ns * source.fps / 1e9), 1)


def rates_line(status: Status) -> str:
    """The rates in the words that are the same everywhere."""
    r = status.rates
    return (
        f"captured {r.captured_hz:.1f}  detected {r.detected_hz:.1f}  shown {r.shown_hz:.1f}  "
        f"dropped {r.dropped_hz:.1f} /s"
    )
