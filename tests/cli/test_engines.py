"""`jetsight engines`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.main import main
from detector.agreement import Agreement
from detector.builder.cost import Cost
from detector.engine_cache import EngineCache, default_folder
from detector.recipe import Recipe, Target

ORIN = Recipe(
    "street.onnx",
    "abc",
    Target("tensorrt", "10.3.0", "Orin [nvgpu]", "87"),
    "int8",
    None,
    True,
    (1, 3, 8, 8),
    (1, 3, 8, 8),
)
RTX = Recipe(
    "net.onnx", "def", Target("tensorrt_rtx", "1.7.1", "", "86"), "fp16", None, False, (1, 3, 8, 8), (1, 3, 8, 8)
)


POOR = Cost("int8", Agreement(170, 22, 18, 0.9), "objects", 12, 64, held_out=True)


def impatient() -> Iterator[None]:
    raise TimeoutError
    yield


@pytest.fixture(autouse=True)
def _engines(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for recipe in (ORIN, RTX):
        cache = EngineCache(default_folder())
        with cache.workplace(impatient()) as folder:
            (folder / "built.engine").write_bytes(b"engine" * 200_000)
            cost = POOR if recipe is ORIN else None
            cache.add(folder / "built.engine", recipe, ("INT8 against FP32: fine",), cost)


def listed() -> list[str]:
    return [entry.recipe.name for entry in EngineCache(default_folder()).entries()]


def test_lists_them(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    assert main(["engines"]) == 0
    out = capsys.readouterr().out
    assert ORIN.name in out
    assert "street.onnx in INT8, DLA, tensorrt 10.3.0, Orin [nvgpu]" in out
    assert "net.onnx in FP16, tensorrt_rtx 1.7.1, every GPU of architecture 86" in out
    assert "1.2 MB" in out
    assert out.count("warning: INT8 does not suit this network") == 1


def test_json_alone_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["engines", "--json", "-"]) == 0
    engines = json.loads(capsys.readouterr().out)["engines"]
    assert {engine["name"] for engine in engines} == {ORIN.name, RTX.name}
    assert engines[0]["recipe"]["target"]["architecture"] in ("86", "87")
    assert engines[0]["notes"] == ["INT8 against FP32: fine"]
    assert {engine["name"]: engine["suits"] for engine in engines} == {ORIN.name: False, RTX.name: None}


def test_removes_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["engines", "remove", ORIN.name]) == 0
    assert listed() == [RTX.name]
    assert capsys.readouterr().out == f"removed {ORIN.name}\n"


def test_removes_all_and_says_that_there_are_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["engines", "remove", "--all"]) == 0
    assert listed() == []
    capsys.readouterr()
    assert main(["engines"]) == 0
    assert "No engines were built yet" in capsys.readouterr().out


@pytest.mark.parametrize("names", [[], ["nothing"]])
def test_what_is_not_there_is_not_removed(names: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["engines", "remove", *names]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert len(listed()) == 2
