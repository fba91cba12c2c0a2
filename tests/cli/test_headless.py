"""What a run without a window says while it lasts."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console
from rich.progress import Progress, TextColumn

from cli.headless import Lines
from core.settings import Settings
from core.status import Building, Rates, State, Status

RUNNING = Status(State.RUNNING, rates=Rates(30.0, 25.0, 0.0, 5.0), detected=7)
BUILDING = Building("tensorrt engine for m.onnx", "optimising", 0.43)


@pytest.fixture
def paper() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def progress(paper: io.StringIO) -> Progress:
    """Not started: it draws when it is asked to."""
    words = TextColumn("{task.description}", markup=False)
    return Progress(words, TextColumn("{task.fields[figures]}"), console=Console(file=paper, width=120))


@pytest.fixture
def lines(progress: Progress) -> Lines:
    return Lines(progress, Settings("0", frames=10))


def drawn(progress: Progress, paper: io.StringIO) -> list[str]:
    """The progress lines as they are now."""
    paper.truncate(paper.seek(0))
    progress.console.print(progress.get_renderable())
    return [line.strip() for line in paper.getvalue().splitlines()]


def test_one_line_where_nothing_is_built(lines: Lines, progress: Progress, paper: io.StringIO) -> None:
    lines.follow(RUNNING)
    assert drawn(progress, paper) == ["running 7/10  captured 30.0  detected 25.0  shown 0.0  dropped 5.0 /s"]


@pytest.mark.parametrize(
    ("building", "how_far"), [(BUILDING, "43 %"), (replace(BUILDING, share=None, elapsed_s=83.9), "1:23")]
)
def test_the_build_has_a_line_of_its_own_while_it_lasts(
    lines: Lines, progress: Progress, paper: io.StringIO, building: Building, how_far: str
) -> None:
    lines.follow(replace(RUNNING, building=building))
    assert drawn(progress, paper)[1].split(maxsplit=1) == ["optimising", how_far]
    lines.follow(RUNNING)
    assert len(drawn(progress, paper)) == 1


def test_messages_and_the_begin_of_a_build_are_said_once(lines: Lines, paper: io.StringIO) -> None:
    for share in (0.1, 0.2, 0.3):
        lines.follow(replace(RUNNING, message="the camera is back", building=replace(BUILDING, share=share)))
    lines.follow(replace(RUNNING, message="It takes over."))
    assert paper.getvalue().splitlines() == [
        "The tensorrt engine for m.onnx is being built and takes over when it is ready.",
        "the camera is back",
        "It takes over.",
    ]
