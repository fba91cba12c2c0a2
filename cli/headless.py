"""A run without a window: a progress line while it runs, a summary at the end."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence

from core.settings import Settings
from core.status import State, Status
from output.observer import Observer

POLL_S = 0.2


def run_headless(settings: Settings, speed: float, observers: Sequence[Observer]) -> None:
    """Run to the end; raises what made it fail, after the observers are closed."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from pipeline.session import Session

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rates]}"))
    with Session(settings, speed, observers) as session, Progress(*columns, console=console) as progress:
        task = progress.add_task("starting", rates="", total=None)
        spoken = ""
        over = False
        while not over:
            over = session.wait(POLL_S)
            status = session.status()
            progress.update(
                task,
                description=status.state.value,
                total=frames_in_all(status, settings),
                completed=status.detected,
                rates=rates_line(status),
            )
            if status.message and status.message != spoken:
                spoken = status.message
                progress.console.print(spoken, highlight=False)


def frames_in_all(status: Status, settings: Settings) -> int | None:
    """How many frames the run will have, where that can be known."""
    if settings.frames:
        return settings.frames
    if status.state is State.ENDED:
        return status.detected
    source = status.source
    if source is None or source.duration_ns is None or not source.fps or settings.loop:
        return None
    return max(math.ceil(source.duration_ns * source.fps / 1e9), 1)


def rates_line(status: Status) -> str:
    """The four rates in the words that are the same everywhere."""
    r = status.rates
    return f"captured {r.captured_hz:.1f}  detected {r.detected_hz:.1f}  dropped {r.dropped_hz:.1f} per second"


def headless_speed(speed: float | None) -> float:
    """Without a window a recording runs as fast as possible, unless asked otherwise."""
    return math.inf if speed is None else speed


def note(text: str) -> None:
    """One line for a person, beside the figures on standard output."""
    print(text, file=sys.stderr)
