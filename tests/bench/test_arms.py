"""The arms of the pipeline study, each for a moment."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from clips import Clip

from bench import arms
from bench.arms import Job
from core.errors import SourceNotFound, UsageError
from core.settings import BUILT_IN
from detector.engine import fits, open_engine


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Clip(frames=5).write(tmp_path_factory.mktemp("arms") / "clip.mp4")


@pytest.fixture(autouse=True)
def cold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arms, "WARM_UP_S", 0.05)


@pytest.mark.parametrize("name", ["bare", "decoding", "pipeline", "plain_loop"])
def test_every_arm_gives_a_rate_and_ends_its_threads(name: str, clip: Path) -> None:
    before = threading.active_count()
    assert arms.ARMS[name](Job(BUILT_IN, str(clip), 0.1)) > 0
    assert threading.active_count() <= before


@pytest.mark.parametrize("name", ["bare", "decoding", "pipeline"])
def test_a_source_that_cannot_be_opened_ends_the_arm(name: str) -> None:
    with pytest.raises(SourceNotFound):
        arms.ARMS[name](Job(BUILT_IN, "nothing-here.mp4", 0.1))


def test_what_fails_in_the_decoding_thread_reaches_the_arm() -> None:
    with arms._decoded("nothing-here.mp4") as frames, pytest.raises(SourceNotFound):
        frames.take(10)


def test_the_tensor_is_the_network_s_own(clip: Path) -> None:
    with open_engine("onnxruntime", BUILT_IN) as engine:
        feeds = arms.prepared(BUILT_IN, arms.first_frame(str(clip)))
        assert all(fits(feeds[spec.name].shape, spec.shape) for spec in engine.inputs)
        assert engine.run(feeds)


def test_the_plain_loop_needs_a_file(clip: Path) -> None:
    assert arms.video_file(str(clip)) == clip
    for source in ("pattern:", "rtsp://nowhere/", "0", "nothing-here.mp4", str(clip.parent)):
        with pytest.raises(UsageError, match="is not a file"):
            arms.video_file(source)


def test_the_child_finds_the_source_from_any_folder(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(clip.parent)
    assert str(clip) in Job(BUILT_IN, clip.name, 1.0).options
    assert "demo:" in Job(BUILT_IN, "demo:", 1.0).options
