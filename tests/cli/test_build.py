"""`jetsight build`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.main import main
from core.settings import BUILT_IN
from detector.builder.library import installed
from detector.cuda.libcuda import why_no_device

BUILD = ["build", str(BUILT_IN), "--backend", "tensorrt_rtx", "--architecture", "86"]
rtx = pytest.mark.skipif("tensorrt_rtx" not in installed(), reason="TensorRT-RTX is not installed")


@pytest.fixture(autouse=True)
def _cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


@rtx
def test_builds_and_tells_what_it_costs(shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clip = shared / "data" / "videos" / "urban_pedestrians_1280x720.mp4"
    assert main([*BUILD, "--calibrate", str(clip), "--images", "2", "--json", "-"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert Path(figures["engine"]).stat().st_size == figures["bytes"]
    assert figures["precision"] == "fp16"
    assert "FP16 against FP32 on 2 pictures" in figures["notes"][0]


@rtx
def test_prints_where_the_engine_lies(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*BUILD, "--precision", "fp32"]) == 0
    out = capsys.readouterr().out
    assert str(tmp_path / "jetsight" / "engines" / "jetsight-n-fp32-tensorrt_rtx-") in out
    assert "architecture 86" in out


@rtx
def test_int8_without_pictures_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*BUILD, "--precision", "int8"]) == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith("jetsight: an int8 engine needs pictures")


@pytest.mark.skipif(bool(installed()), reason="a TensorRT is installed")
def test_without_tensorrt_it_says_how_to_get_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", str(BUILT_IN)]) == 4
    assert "no TensorRT is installed. On a Jetson: sudo apt install" in capsys.readouterr().err


@rtx
@pytest.mark.skipif(why_no_device() is None, reason="there is a GPU")
def test_without_a_gpu_an_architecture_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(BUILD[:4]) == 4
    assert "there is no NVIDIA GPU here" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [["--precision", "fp8"], ["--workspace", "0"], ["--images", "x"]])
def test_wrong_options(wrong: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([*BUILD, *wrong])
    assert stopped.value.code == 2
