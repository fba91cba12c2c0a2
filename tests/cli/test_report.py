"""Figures for a person and for programs."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from cli.report import print_rows, report
from core.errors import OutputError

FIGURES = {"rate": math.nan, "nested": [{"limit": math.inf}], "fine": 1.5}
PLAIN = {"rate": None, "nested": [{"limit": None}], "fine": 1.5}


def show() -> None:
    print("shown")


def test_without_a_destination_a_person_reads(capsys: pytest.CaptureFixture[str]) -> None:
    report(FIGURES, show, None)
    assert capsys.readouterr().out == "shown\n"


def test_json_is_alone_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    report(FIGURES, show, "-")
    assert json.loads(capsys.readouterr().out) == PLAIN


def test_json_in_a_file_is_shown_as_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "new" / "figures.json"
    report(FIGURES, show, str(path))
    assert json.loads(path.read_text()) == PLAIN
    assert capsys.readouterr().out == "shown\n"


def test_a_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        report(FIGURES, show, str(tmp_path))


def test_texts_stand_one_below_another(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows([("a", "[/b] :car:"), ("longer", "x"), ("", "more")])
    assert capsys.readouterr().out.splitlines() == ["  a       [/b] :car:", "  longer  x", "          more"]
