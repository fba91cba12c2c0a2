"""`jetsight run` without a window, as a user meets it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import pytest

from cli.headless import rates_line
from cli.main import main
from core.settings import BUILT_IN
from core.status import Rates, State, Status

ROOT = Path(__file__).resolve().parents[2]
TEN = "pattern:?width=64&height=48&frames=10"


def test_leaves_video_log_and_summary(tmp_path: Path) -> None:
    video, log, summary = (tmp_path / name for name in ("run.mp4", "run.jsonl", "run.json"))
    files = ["--save", str(video), "--log", str(log), "--summary", str(summary)]
    assert main(["run", "--headless", "--source", TEN, *files]) == 0
    with av.open(str(video)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 10
    assert [json.loads(line)["index"] for line in log.read_text().splitlines()] == list(range(10))
    assert json.loads(summary.read_text())["frames"] == 10


def test_json_is_the_only_thing_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--headless", "--source", TEN, "--json", "-"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["frames"] == 10
    assert figures["network"]["model"] == "jetsight-n.onnx"


def test_prints_the_four_rates_in_their_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--headless", "--source", TEN]) == 0
    text = capsys.readouterr().out
    for word in ("captured", "detected", "shown", "dropped", "wait", "preprocess", "inference", "postprocess", "age"):
        assert word in text


def test_names_are_printed_as_they_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    model = tmp_path / "net[v2].onnx"
    for suffix in (".onnx", ".toml"):
        model.with_suffix(suffix).write_bytes(BUILT_IN.with_suffix(suffix).read_bytes())
    assert main(["run", "--headless", "--source", TEN, "--model", model.name, "--save", "o/a[/b].mp4"]) == 0
    text = capsys.readouterr().out
    assert "net[v2].onnx (yolov8)" in text
    assert "o/a[/b].mp4: 10 frames" in text
    assert main(["models", "inspect", model.name]) == 0
    assert capsys.readouterr().out.startswith("net[v2].onnx\n")


def test_what_goes_wrong_is_told_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--headless", "--source", str(tmp_path / "[red]clip[/].mp4")]) == 3
    assert "[red]clip[/].mp4" in capsys.readouterr().err.replace("\n", "")


def test_the_progress_line_has_the_four_rates() -> None:
    line = rates_line(Status(State.RUNNING, rates=Rates(30.0, 25.04, 24.0, 5.0)))
    assert line == "captured 30.0  detected 25.0  shown 24.0  dropped 5.0 /s"


def test_json_in_a_file_leaves_the_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "new" / "run.json"
    assert main(["run", "--headless", "--source", TEN, "--json", str(path)]) == 0
    assert json.loads(path.read_text())["state"] == "ended"
    assert "detected" in capsys.readouterr().out


def test_figures_that_cannot_be_saved_are_printed_all_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--headless", "--source", TEN, "--summary", "/dev/full"]) == 5
    assert "preprocess" in capsys.readouterr().out


def test_says_how_to_see_the_picture_where_there_is_no_display(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert main(["run", "--source", TEN]) == 0
    assert "--save" in capsys.readouterr().err
    assert main(["run", "--source", TEN, "--window"]) == 2


def test_a_damaged_recording_keeps_what_was_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "run.jsonl"
    assert main(["run", "--headless", "--source", f"{TEN}&fail_at=6", "--log", str(log)]) == 3
    assert len(log.read_text().splitlines()) == 6
    assert "jetsight: " in capsys.readouterr().err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_an_interrupted_run_finishes_its_files(tmp_path: Path, number: signal.Signals, code: int) -> None:
    video, figures = tmp_path / "run.mp4", tmp_path / "run.json"
    command = [
        sys.executable,
        "app.py",
        "run",
        "--headless",
        "--source",
        "pattern:?width=64&height=48",
        "--speed",
        "1x",
    ]
    with subprocess.Popen([*command, "--save", str(video), "--json", str(figures)], cwd=ROOT, env=os.environ) as child:
        deadline = time.perf_counter() + 30
        while not (video.is_file() and video.stat().st_size) and time.perf_counter() < deadline:
            time.sleep(0.05)
        began = time.perf_counter()
        child.send_signal(number)
        assert child.wait(10) == code
    assert time.perf_counter() - began < 2
    with av.open(str(video)) as container:
        frames = sum(1 for _ in container.decode(video=0))
    told = json.loads(figures.read_text())
    assert told["recording"]["frames"] == frames > 0
    assert told["state"] == "interrupted"


@pytest.mark.parametrize(("scale", "code"), [("0.4", 0), ("1", 1)])
def test_the_demo_is_done_only_if_something_was_detected(
    scale: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["demo", "--headless", "--frames", "60", "--confidence", scale]) == code
    assert (tmp_path / "out" / "demo.mp4").is_file()
    assert len((tmp_path / "out" / "demo.jsonl").read_text().splitlines()) == 60
