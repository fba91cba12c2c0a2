from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from results import CLASSIFICATION, PREDICTIONS, a_frame, a_result, class_map, results

from core.types import Prediction, Result
from output.log import Log

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.jsonl"


def logged(path: Path, *run: Result) -> list[dict[str, Any]]:
    with Log(path) as log:
        for result in run:
            log.write(result)
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_a_line_tells_which_frame_and_where_its_time_went(path: Path) -> None:
    (line,) = logged(path, a_result(a_frame(7, 1234.5678)))
    assert line["index"] == 7
    assert line["media_ms"] == 1234.568
    assert line["age_ms"] == 20.0
    assert line["stages_ms"] == {"wait": 0.25, "preprocess": 1.0, "inference": 12.35, "postprocess": 0.5}


def test_a_line_tells_how_many_candidates_were_overlooked(path: Path) -> None:
    lines = logged(path, a_result(), replace(a_result(), overlooked=12))
    assert [line["overlooked"] for line in lines] == [0, 12]


def test_a_camera_has_no_media_time(path: Path) -> None:
    assert logged(path, a_result(a_frame(media_ms=None)))[0]["media_ms"] is None


def test_the_time_of_arrival_is_that_of_the_clock(path: Path) -> None:
    (line,) = logged(path, a_result())
    since = datetime.now(timezone.utc) - datetime.fromisoformat(line["captured"].replace("Z", "+00:00"))
    assert timedelta(0) <= since < timedelta(seconds=5)


def test_boxes_are_in_pixels_with_score_class_and_name(path: Path) -> None:
    (line,) = logged(path, a_result())
    assert line["boxes"] == [
        {"xyxy": [8.0, 10.0, 40.1, 30.0], "score": 0.8741, "class": 2, "label": "car"},
        {"xyxy": [2.0, 3.0, 9.0, 40.0], "score": 0.5, "class": 1, "label": "person"},
    ]


def test_numbers_are_written_as_short_as_they_are_meant(path: Path) -> None:
    logged(path, a_result())
    assert '"xyxy":[8.0,10.0,40.1,30.0],"score":0.8741' in path.read_text()


def test_a_classification_is_its_likeliest_classes(path: Path) -> None:
    (line,) = logged(path, a_result(prediction=CLASSIFICATION))
    assert line["classes"][0] == {"score": 0.7, "class": 2, "label": "car"}
    assert line["classes"][1]["label"] == "Käfer 車"
    assert len(line["classes"]) == 3


def test_a_class_map_is_the_area_of_each_class(path: Path) -> None:
    (line,) = logged(path, a_result(prediction=class_map()))
    assert line["areas"] == [
        {"percent": 50.0, "class": 0, "label": "background"},
        {"percent": 50.0, "class": 2, "label": "car"},
    ]


@pytest.mark.parametrize("prediction", PREDICTIONS.values(), ids=PREDICTIONS)
def test_every_frame_has_one_line_of_json_even_where_nothing_was_found(path: Path, prediction: Prediction) -> None:
    lines = logged(path, *results(10, prediction=prediction))
    assert [line["index"] for line in lines] == list(range(10))


def test_a_line_is_on_the_disk_before_the_next_frame(path: Path) -> None:
    with Log(path) as log:
        for count, result in enumerate(results(5), start=1):
            log.write(result)
            assert path.read_text().count("\n") == count


CHILD = """
import resource, sys
from pathlib import Path
from core.errors import OutputError
from output.log import Log
from results import results

resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))
try:
    with Log(Path(sys.argv[1])) as log:
        for result in results(100):
            log.write(result)
except OutputError as error:
    print(error)
"""


def test_a_full_disk_is_told_and_leaves_whole_lines(path: Path) -> None:
    environment = {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
    child = subprocess.run(
        [sys.executable, "-c", CHILD, path], capture_output=True, text=True, env=environment, check=True
    )
    assert child.stdout.startswith(f"{path} cannot be written")
    lines = path.read_text().splitlines(keepends=True)
    assert [json.loads(line)["index"] for line in lines] == list(range(len(lines)))
    assert len(lines) > 3
    assert lines[-1].endswith("\n")
