"""What every observer of results promises."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from results import ENGINE, PREDICTIONS, SOURCE, a_frame, a_result, class_map, picture

from core.errors import OutputError
from core.settings import Policy
from core.types import Prediction
from output.log import Log
from output.observer import Observer
from output.recorder import Recorder
from output.summary import Summary

OBSERVERS: dict[str, tuple[str, Callable[[Path], Observer]]] = {
    "a video of every frame": ("run.mp4", lambda path: Recorder(path, Policy.EVERY)),
    "a video of the newest frames": ("run.mp4", lambda path: Recorder(path, Policy.NEWEST)),
    "a log": ("run.jsonl", Log),
    "a summary": ("run.json", Summary),
}


@pytest.fixture(params=OBSERVERS)
def kind(request: pytest.FixtureRequest) -> tuple[str, Callable[[Path], Observer]]:
    return OBSERVERS[request.param]


@pytest.fixture
def path(kind: tuple[str, Callable[[Path], Observer]], tmp_path: Path) -> Path:
    return tmp_path / "folder" / kind[0]


@pytest.fixture
def observer(kind: tuple[str, Callable[[Path], Observer]], path: Path) -> Observer:
    return kind[1](path)


@pytest.mark.parametrize("prediction", PREDICTIONS.values(), ids=PREDICTIONS)
def test_takes_every_kind_of_prediction(observer: Observer, prediction: Prediction) -> None:
    with observer:
        observer.begin(SOURCE, ENGINE)
        observer.write(a_result(prediction=prediction))


def test_takes_another_source_another_network_and_another_size(observer: Observer) -> None:
    with observer:
        for width, height in ((64, 48), (33, 71), (1, 1)):
            observer.begin(SOURCE, ENGINE)
            observer.write(a_result(a_frame(bgr=picture(width, height))))
            observer.write(a_result(a_frame(bgr=picture(width, height)), class_map(width, height)))


def test_frames_are_only_looked_at(observer: Observer) -> None:
    seen = picture()
    seen.setflags(write=False)
    with observer:
        observer.begin(SOURCE, ENGINE)
        for prediction in PREDICTIONS.values():
            observer.write(a_result(a_frame(bgr=seen), prediction))
    assert (seen == picture()).all()


def test_without_a_result_there_is_no_file(observer: Observer, path: Path) -> None:
    with observer:
        observer.begin(SOURCE, ENGINE)
    assert list(path.parent.iterdir()) == []


def test_without_a_result_an_older_file_stays(observer: Observer, path: Path) -> None:
    path.parent.mkdir()
    path.write_text("older")
    with observer:
        observer.begin(SOURCE, ENGINE)
    assert path.read_text() == "older"


@pytest.mark.parametrize("obstacle", ["the folder is a file", "the file is a folder"])
def test_what_cannot_be_written_is_told_before_the_run(observer: Observer, path: Path, obstacle: str) -> None:
    if obstacle == "the folder is a file":
        path.parent.write_text("in the way")
    else:
        path.mkdir(parents=True)
    with pytest.raises(OutputError, match=path.name) as told:
        observer.__enter__()
    assert told.value.exit_code == 5
    assert told.value.remedy


def test_a_failing_run_closes_it_and_keeps_its_own_error(observer: Observer) -> None:
    before = set(threading.enumerate())

    def run() -> None:
        with observer:
            observer.begin(SOURCE, ENGINE)
            observer.write(a_result())
            raise RuntimeError("the run's own")

    with pytest.raises(RuntimeError, match="the run's own"):
        run()
    assert set(threading.enumerate()) == before
