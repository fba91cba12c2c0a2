from __future__ import annotations

import json

import pytest
from fake_camera import FakeCamera

from capture.listing import cameras
from cli.commands import sources
from cli.main import main


def out_of(capsys: pytest.CaptureFixture[str]) -> str:
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


def test_json_alone_on_standard_output(capsys: pytest.CaptureFixture[str]):
    assert main(["sources", "--json", "-"]) == 0
    figures = json.loads(out_of(capsys))
    assert isinstance(figures["cameras"], list)


def test_figures_are_plain_values():
    figures = sources.figures(cameras(["/dev/video3"], FakeCamera().connect), jetson=False)
    (camera,) = json.loads(json.dumps(figures))["cameras"]
    assert camera["name"] == "Fake"
    assert camera["modes"][0] == {"fourcc": "YUYV", "width": 64, "height": 48, "fps": 30.0}


def test_no_camera_is_one_line_that_says_what_else_to_use(capsys: pytest.CaptureFixture[str]):
    sources.show([], jetson=False)
    out = out_of(capsys)
    assert out.count("\n") == 1
    assert "demo:" in out
    assert "pattern:" in out


def test_a_camera_is_a_row(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "160")
    sources.show(cameras(["/dev/video3"], FakeCamera().connect), jetson=False)
    out = out_of(capsys)
    for words in ("/dev/video3", "Fake", "fake", "free", "MJPG 64x48: 30, 128x96: 30", "YUYV 64x48: 30, 128x96: 10"):
        assert words in out


def test_a_jetson_hints_at_csi(capsys: pytest.CaptureFixture[str]):
    sources.show([], jetson=True)
    assert "csi://0" in out_of(capsys)
