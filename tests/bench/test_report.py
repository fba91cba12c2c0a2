"""A study's figures as files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench import report
from core.errors import OutputError

FIGURES = {"a": 1.5, "environment": {"gpu": "Orin", "driver": None, "packages": {"numpy": "2.1", "av": None}}}


def test_both_files_hold_the_figures(tmp_path: Path) -> None:
    report.claim_folder(tmp_path / "new")
    report.write(tmp_path / "new", "pipeline", FIGURES, [("a", "1.5 ms")])
    assert json.loads((tmp_path / "new/result.json").read_text()) == FIGURES
    assert "| a | 1.5 ms |" in (tmp_path / "new/result.md").read_text()


def test_a_page_names_study_and_surroundings() -> None:
    lines = report.markdown("pipeline", FIGURES, [("x | y", "two\nlines")]).splitlines()
    assert lines[0] == "# jetsight bench pipeline"
    assert "| x \\| y | two lines |" in lines
    assert "| gpu | Orin |" in lines
    assert "| driver | unknown |" in lines
    assert "| packages | numpy 2.1, av unknown |" in lines


def test_a_folder_that_cannot_be_is_told_before_anything_is_measured(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        report.claim_folder(tmp_path / "file")
