"""A run without a window: progress lines on standard error while it lasts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cli.report import progress_lines
from core.settings import Settings
from core.status import Building, State, Status
from pipeline.session import Session

if TYPE_CHECKING:
    from rich.progress import Progress

POLL_S = 0.2


def run_headless(session: Session, settings: Settings) -> None:
    """Run to the end; raises what made it fail, after everything is closed."""
    from rich.progress import TextColumn

    with session, progress_lines(TextColumn("{task.fields[figures]}", markup=False)) as progress:
        lines = Lines(progress, settings)
        over = False
        while not over:
            over = session.wait(POLL_S)
            lines.follow(session.status())


class Lines:
    """One of the run; one of the engine that is being built, while it is; and each new message above them."""

    def __init__(self, progress: Progress, settings: Settings) -> None:
        self._progress = progress
        self._settings = settings
        self._run = progress.add_task(State.STARTING.value, figures="", total=None)
        self._build = progress.add_task("", figures="", total=None, visible=False)
        self._building = News(progress)
        self._messages = News(progress)

    def follow(self, status: Status) -> None:
        """Show what is now."""
        total = frames_in_all(status, self._settings)
        figures = f"{status.detected}/{'?' if total is None else total}  {rates_line(status)}"
        self._progress.update(
            self._run, description=status.state.value, total=total, completed=status.detected, figures=figures
        )
        self._follow_build(status.building)
        self._messages.tell(status.message)

    def _follow_build(self, building: Building | None) -> None:
        """Where nothing but the messages is to be seen, such as in a log, the first words say that it began."""
        self._progress.update(self._build, visible=building is not None)
        if building is None:
            return
        self._building.tell(f"The {building.what} is being built and takes over when it is ready.")
        total, done = (None, 0.0) if building.share is None else (1.0, building.share)
        self._progress.update(
            self._build, description=building.phase, total=total, completed=done, figures=building.how_far
        )


class News:
    """Prints what is told above the progress, once as long as nothing else is told."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._told = ""

    def tell(self, message: str) -> None:
        """Print it where it is new."""
        from rich.text import Text

        if message not in ("", self._told):
            self._told = message
            self._progress.console.print(Text(message), soft_wrap=True)


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
