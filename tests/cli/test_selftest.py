"""`jetsight selftest`: a table, a file and an exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.main import main


def test_a_table_and_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "140")
    out = tmp_path / "proof"
    code = main(["selftest", "--out", str(out), "--only", "jtop, camera"])
    figures = json.loads((out / "selftest.json").read_text())
    assert list(figures["checks"]) == ["environment", "camera", "jtop"]
    assert code == (1 if figures["verdict"] == "failed" else 0)
    assert figures["checks"]["environment"]["figures"]["python"]
    shown = capsys.readouterr().out
    for name, check in figures["checks"].items():
        assert name in shown
        assert check["status"] in shown
    assert "selftest.json" in shown


def test_a_check_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["selftest", "--out", str(tmp_path), "--only", "luck"]) == 2
    assert "no 'luck' among the checks" in capsys.readouterr().err
