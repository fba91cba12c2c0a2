"""`jetsight build`."""

from __future__ import annotations

import json
from argparse import ArgumentTypeError
from pathlib import Path

import pytest

from cli.commands.build import architecture, figures, show
from cli.main import main
from core.settings import BUILT_IN
from detector.agreement import Agreement
from detector.builder.cost import Cost
from detector.builder.library import installed
from detector.cuda.libcuda import why_no_device
from detector.engine_cache import Entry
from detector.recipe import Recipe, Target

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
    assert figures["agreement"]["pictures"] == 2
    assert figures["suits"] is None


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
    assert "no TensorRT is installed. Jetson: sudo apt-get install nvidia-jetpack" in capsys.readouterr().err


@rtx
@pytest.mark.skipif(why_no_device() is None, reason="there is a GPU")
def test_without_a_gpu_an_architecture_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(BUILD[:4]) == 4
    assert "there is no NVIDIA GPU here" in capsys.readouterr().err


@pytest.mark.parametrize(
    "wrong", [["--precision", "fp8"], ["--workspace", "0"], ["--images", "x"], ["--architecture", "ampere"]]
)
def test_wrong_options(wrong: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([*BUILD, *wrong])
    assert stopped.value.code == 2


@pytest.mark.parametrize("text", ["86", "8.6", "sm_86", "SM86"])
def test_an_architecture_however_it_is_written(text: str) -> None:
    assert architecture(text) == "86"


@pytest.mark.parametrize("text", ["", "8", "8.", "8.66", "12000", "sm", "٨٦"])
def test_what_is_no_architecture(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match="sm_86"):
        architecture(text)


POOR = Cost("int8", Agreement(170, 22, 18, 0.9), "objects", 12, 64, held_out=True)


def an_entry(cost: Cost | None) -> Entry:
    recipe = Recipe("net.onnx", "abc", Target("tensorrt_rtx", "1.7.1", "", "86"), "int8", None, False, (1,), (1,))
    return Entry(Path("net.engine"), recipe, 10, "abc", 1.0, cost.notes if cost else (), cost)


def test_a_precision_that_does_not_suit_is_a_warning_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    show(an_entry(POOR), "built")
    rows = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()[1:]]
    assert ["state", "built"] in rows
    warning = "INT8 does not suit this network, too much is lost: build with --precision fp16"
    assert ["warning", warning] in rows


def test_the_agreement_for_programs() -> None:
    told = figures(an_entry(POOR), "built")
    assert told["suits"] is False
    assert told["agreement"] == {
        "recall": 18 / 170,
        "precision": 18 / 22,
        "score_difference": pytest.approx(0.05),
        "pictures": 12,
    }
    nothing = figures(an_entry(None), "built")
    assert (nothing["suits"], nothing["agreement"]) == (None, None)


@rtx
def test_the_second_time_it_is_kept_and_a_damaged_one_is_built_again(capsys: pytest.CaptureFixture[str]) -> None:
    def state() -> str:
        assert main([*BUILD, "--precision", "fp32", "--json", "-"]) == 0
        told: dict[str, str] = json.loads(capsys.readouterr().out)
        engines.append(told["engine"])
        return told["state"]

    engines: list[str] = []
    assert [state(), state()] == ["built", "already built, kept"]
    Path(engines[0]).write_bytes(b"damaged")
    assert state() == "built again: the file kept was damaged"


@rtx
def test_without_a_terminal_each_phase_is_a_line(capfd: pytest.CaptureFixture[str]) -> None:
    assert main([*BUILD, "--precision", "fp32"]) == 0
    lines = capfd.readouterr().err.splitlines()
    assert "building the engine" in lines
    assert len(lines) == len(set(lines))
