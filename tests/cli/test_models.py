"""`jetsight models inspect`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.main import main
from core.settings import BUILT_IN


def test_prints_what_was_recognised_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "inspect", str(BUILT_IN)]) == 0
    out = capsys.readouterr().out
    for words in ("images 1x3x320x320 float32", "1x12x2100", "yolov8: [1, 4 + 8, N]", "person, bicycle", "0.4", "0.55"):
        assert words in out
    assert "letterbox-centre to 320x320" in out


def test_json_alone_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "inspect", str(BUILT_IN), "--json", "-"]) == 0
    captured = capsys.readouterr()
    figures = json.loads(captured.out)
    assert captured.err == ""
    assert figures["head"] == "yolov8"
    assert figures["inputs"] == [{"name": "images", "shape": [1, 3, 320, 320], "dtype": "float32"}]
    assert figures["preprocessing"]["fit"] == "letterbox-centre"
    assert figures["labels"][0] == "person"
    assert (figures["confidence"], figures["iou"]) == (0.4, 0.55)


@pytest.mark.parametrize(("arguments", "code"), [(["--head", "yolox"], 4), (["--head", "nothing"], 2)])
def test_a_head_that_does_not_fit(capsys: pytest.CaptureFixture[str], arguments: list[str], code: int) -> None:
    assert main(["models", "inspect", str(BUILT_IN), *arguments]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1


def test_a_file_that_is_no_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "m.onnx"
    path.write_text("hello")
    assert main(["models", "inspect", str(path)]) == 4
    assert "m.onnx is not an ONNX file" in capsys.readouterr().err
