"""One number from phases within phases."""

from __future__ import annotations

import io
import json

from detector.builder.progress import Phases, Report, messages


def test_a_phase_is_one_step_of_the_phase_around_it() -> None:
    told: list[float] = []
    phases = Phases(lambda _, share: told.append(round(share, 3)))
    phases.start("build", None, 2)
    phases.start("prepare", "build", 4)
    for step in range(4):
        phases.step("prepare", step)
    phases.finish("prepare")
    phases.step("build", 0)
    phases.start("time", "build", 1)
    phases.step("time", 0)
    phases.finish("time")
    phases.step("build", 1)
    assert told == [0.0, 0.0, 0.125, 0.25, 0.375, 0.5, 0.5, 0.5, 1.0, 1.0]


def test_progress_never_goes_back() -> None:
    told: list[float] = []
    phases = Phases(lambda _, share: told.append(share))
    phases.start("build", None, 2)
    phases.step("build", 0)
    phases.finish("build")
    phases.start("again", None, 10)
    phases.step("again", 0)
    phases.step("never begun", 3)
    assert told == sorted(told)


def test_what_does_not_change_is_told_once() -> None:
    channel = io.StringIO()
    report = Report(channel)
    for _ in range(3):
        report.phase("building", 0.25)
    report.line("some  words\n of the builder")
    report.done({"pictures": 3})
    assert [json.loads(line) for line in channel.getvalue().splitlines()] == [
        {"phase": "building", "share": 0.25, "line": ""},
        {"phase": "building", "share": 0.25, "line": "some words of the builder"},
        {"done": {"pictures": 3}},
    ]


def test_a_line_that_was_cut_off_is_left_out() -> None:
    channel = io.StringIO()
    report = Report(channel)
    report.phase("building", 0.25)
    report.done(None)
    whole, cut = channel.getvalue().splitlines(keepends=True)
    assert list(messages([whole, cut[:5]])) == [{"phase": "building", "share": 0.25, "line": ""}]
