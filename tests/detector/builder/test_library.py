"""TensorRT's Python module."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from core.errors import EngineUnavailable, UsageError
from detector.builder import library
from detector.recipe import Target

TESTS = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def places(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A folder on the path for modules of TensorRT's names, and none of them loaded before or after."""
    names = [name for names in library.MODULES.values() for name in names]
    for name in names:
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in names:
        sys.modules.pop(name, None)


def test_either_name_of_tensorrt_rtx_will_do(places: Path) -> None:
    (places / "tensorrt_rtx_bindings.py").write_text("__version__ = '1.7.1'\nclass ComputeCapability: SM86 = 1\n")
    assert "tensorrt_rtx" in library.installed()
    assert library.target("tensorrt_rtx", "86") == Target("tensorrt_rtx", "1.7.1", "", "86")


def test_architectures_are_listed_as_numbers() -> None:
    names = dict.fromkeys(("NONE", "SM120", "SM75", "SM89", "CURRENT"))
    members = SimpleNamespace(ComputeCapability=SimpleNamespace(__members__=names))
    assert library.architectures(members) == ["75", "89", "120"]


def test_a_module_that_does_not_load_gives_its_reason(places: Path) -> None:
    (places / "tensorrt.py").write_text("raise ImportError('libnvinfer.so.10 is not here')")
    with pytest.raises(EngineUnavailable, match=r"does not load \(libnvinfer.so.10 is not here\).*nvidia-jetpack"):
        library.load("tensorrt")


@pytest.mark.skipif("tensorrt" in library.installed(), reason="TensorRT is installed")
def test_a_module_that_is_missing_says_how_to_get_it() -> None:
    with pytest.raises(EngineUnavailable, match=r"not installed.*nvidia-jetpack"):
        library.load("tensorrt")


def test_other_backends_need_no_engine() -> None:
    with pytest.raises(UsageError, match="tensorrt, tensorrt_rtx"):
        library.load("onnxruntime")
