"""The command line: help, exit codes, one-line errors."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.main import main
from core.settings import BUILT_IN

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
        (["run", "--headless", "--log", "x", "--summary", "./x"], 2),
        (["run", "--headless", "--save", "x.mp4", "--json", "x.mp4"], 2),
        (["run", "--headless", "--source", "drive.mp4", "--save", "drive.mp4"], 2),
        (["run", "--headless", "--source", "pattern:?frames=1", "--json", "/proc/nothing/run.json"], 5),
        (["models", "inspect", "nothing-here.onnx"], 4),
        (["bench", "pipeline", "--source", "nothing-here.mp4"], 3),
        (["bench", "pipeline", "--model", "nothing-here.onnx"], 4),
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
    "options",
    [
        [],
        ["fly"],
        ["bench"],
        ["bench", "speed"],
        ["bench", "pipeline", "--seconds", "0"],
        ["bench", "pipeline", "--rounds", "-1"],
        *(
            ["run", *wrong.split()]
            for wrong in (
                "--confidence 7",
                "--speed warp",
                "--frames 0",
                "--fps nan",
                "--timeout inf",
                "--timeout 0",
                "--latency -5",
            )
        ),
    ],
)
def test_wrong_usage_is_one_line_and_2(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(options)
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("jetsight: ")
    assert error.count("\n") == 1


def test_a_fault_of_the_program_is_one_line_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("cli.commands.sources.run", lambda args: 1 / 0)
    assert main(["sources"]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "ZeroDivisionError" in error


@pytest.mark.parametrize(
    "command", [["--debug", "--source", "nothing-here.mp4"], ["--source", "nothing-here.mp4", "--debug"]]
)
@pytest.mark.parametrize("name", [["run", "--headless"], ["bench", "pipeline"]])
def test_debug_shows_the_traceback_and_keeps_the_exit_code(
    name: list[str], command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*name, *command]) == 3
    lines = capsys.readouterr().err.splitlines()
    assert any(line.startswith("Traceback") for line in lines)
    assert lines[-1].startswith("jetsight: ")


def without_a_reader(*options: str) -> tuple[int, str]:
    """Exit code and standard error of the program whose standard output nobody reads."""
    read, write = os.pipe()
    os.close(read)
    answer = subprocess.run(
        [sys.executable, "app.py", *options], cwd=ROOT, stdout=write, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(write)
    return answer.returncode, answer.stderr


@pytest.mark.parametrize("options", [("models", "inspect", str(BUILT_IN)), ("sources", "--json", "-")])
def test_a_reader_that_went_away_is_no_traceback(options: tuple[str, ...]) -> None:
    assert without_a_reader(*options) == (1, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_standard_output_is_one_line() -> None:
    with open("/dev/full", "w") as full:
        command = [sys.executable, "app.py", "models", "inspect", str(BUILT_IN)]
        answer = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert answer.returncode == 5
    assert answer.stderr.startswith("jetsight: standard output cannot be written")
    assert answer.stderr.count("\n") == 1


def test_a_closed_standard_output_is_no_traceback() -> None:
    command = f"{sys.executable} app.py models inspect {BUILT_IN} --json - >&-"
    answer = subprocess.run(["sh", "-c", command], cwd=ROOT, stderr=subprocess.PIPE, text=True, check=False)
    assert (answer.returncode, answer.stderr) == (0, "")
