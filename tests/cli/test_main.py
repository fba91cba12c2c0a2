"""The command line: help, exit codes, one-line errors."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cli.main import main

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("cv2", "onnxruntime", "onnx", "av", "qtpy", "PyQt5", "rich", "numpy")


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert stop.value.code == 0
    text = capsys.readouterr().out
    for name in (ROOT / "cli" / "commands").glob("[a-z]*.py"):
        assert name.stem in text


def test_help_loads_nothing_heavy() -> None:
    script = f"import sys, cli.main; cli.main.build_parser(); print([m for m in {HEAVY} if m in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (["run", "--headless", "--source", "nothing-here.mp4"], 3),
        (["run", "--headless", "--source", "pattern:?frames=1", "--model", "nothing-here.onnx"], 4),
        (["run", "--headless", "--source", "pattern:?frames=1", "--model", __file__], 4),
        (["run", "--headless", "--source", "pattern:?frames=1", "--classes", "unicorn"], 2),
        (["run", "--headless", "--source", "pattern:?frames=1", "--backend", "abacus"], 2),
        (["run", "--headless", "--source", "pattern:?colour=red"], 2),
        (["run", "--headless", "--source", "pattern:?frames=1", "--save", "out.avi"], 2),
        (["run", "--headless", "--source", "pattern:?frames=1", "--log", "/proc/nothing/run.jsonl"], 5),
        (["run", "--headless", "--source", "pattern:?frames=1", "--summary", "/proc/nothing/run.json"], 5),
        (["models", "inspect", "nothing-here.onnx"], 4),
        (["eval", "--images", ".", "--annotations", "nothing-here.json"], 3),
    ],
)
def test_an_error_is_one_line_and_an_exit_code(
    argv: list[str], code: int, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(argv) == code
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("jetsight: ")]
    assert len(errors) == 1
    assert list(tmp_path.iterdir()) == [], "nothing is left half-written"


@pytest.mark.parametrize(
    "argv", [[], ["fly"], ["run", "--confidence", "7"], ["run", "--speed", "warp"], ["run", "--frames", "0"]]
)
def test_wrong_usage_exits_with_2(argv: list[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(argv)
    assert stop.value.code == 2


def test_debug_shows_the_traceback() -> None:
    command = [sys.executable, "app.py", "run", "--headless", "--debug", "--source", "nothing-here.mp4"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "Traceback" in answer.stderr
