"""`jetsight bench`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from clips import Clip

from bench import arms
from bench.studies import pipeline
from cli.main import main


def test_help_names_every_study(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["bench", "--help"])
    text = capsys.readouterr().out
    assert "pipeline" in text
    assert pipeline.HELP in text


def test_measures_and_tells(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arms, "WARM_UP_S", 0.05)
    clip, path = Clip(frames=10).write(tmp_path / "a[b].mp4"), tmp_path / "bench.json"
    options = ["--source", str(clip), "--rounds", "1", "--seconds", "0.2", "--json", str(path)]
    options += ["--out", str(tmp_path / "out")]
    assert main(["bench", "pipeline", *options]) == 0
    figures = json.loads(path.read_text())
    assert figures["source"] == "a[b].mp4"
    assert figures["bare_fps"] > 0
    assert figures["ratio"] == round(figures["pipeline_fps"] / figures["bare_fps"], 3)
    assert json.loads((tmp_path / "out/result.json").read_text()) == figures
    text = capsys.readouterr().out
    for words in ("bare", "pipeline / plain loop", "resident memory"):
        assert words in text
