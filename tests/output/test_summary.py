from __future__ import annotations

import json
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from results import CLASSIFICATION, ENGINE, SOURCE, a_frame, a_result, class_map, results

from core.errors import OutputError
from core.status import Percentiles, State, Status
from core.types import Result
from output.recorder import Video
from output.summary import Summary

STATUS = Status(
    State.ENDED,
    message="done",
    source=SOURCE,
    engine=ENGINE,
    stages={"inference": Percentiles(12.34567, 15.0, 20.0)},
    captured=130,
    detected=100,
    shown=50,
    dropped=30,
    reconnects=2,
)


def counted(*run: Result) -> Summary:
    with Summary() as summary:
        for result in run:
            summary.write(result)
    return summary


def at(ms: int, took_ms: int = 0) -> Result:
    frame = replace(a_frame(), captured_ns=5_000_000_000 + ms * 1_000_000)
    return replace(a_result(frame), finished_ns=frame.captured_ns + took_ms * 1_000_000)


def test_it_tells_how_long_it_ran_and_the_four_rates_of_that_time() -> None:
    figures = counted(at(0), at(1000), at(1990, took_ms=10)).figures(STATUS)
    assert figures["frames"] == 3
    assert figures["duration_s"] == 2.0
    assert figures["counts"] == {"captured": 130, "detected": 100, "shown": 50, "dropped": 30, "reconnects": 2}
    assert figures["rates_hz"] == {"captured": 65.0, "detected": 50.0, "shown": 25.0, "dropped": 15.0}


def test_it_tells_what_ran_and_how_it_ended() -> None:
    figures = counted(a_result()).figures(STATUS)
    assert (figures["state"], figures["message"]) == ("ended", "done")
    assert figures["source"]["uri"] == SOURCE.uri
    assert figures["network"]["model"] == ENGINE.model
    assert figures["network"]["input"] == [416, 416]
    assert figures["network"]["depth"] == 1
    assert figures["stages_ms"] == {"inference": {"p50": 12.346, "p95": 15.0, "p99": 20.0}}


def test_boxes_are_counted_by_class_the_most_frequent_first() -> None:
    figures = counted(*results(3), a_result(prediction=CLASSIFICATION)).figures(STATUS)
    assert list(figures["objects"].items()) == [("car", 4), ("person", 3)]


def test_candidates_that_were_overlooked_are_counted_over_all_frames() -> None:
    run = [replace(a_result(), overlooked=overlooked) for overlooked in (3, 0, 4)]
    assert counted(*run).figures(STATUS)["overlooked"] == 7


def test_a_class_map_gives_mean_areas_over_all_frames() -> None:
    empty = replace(class_map(), class_id=np.zeros((48, 64), np.uint8))
    figures = counted(a_result(prediction=class_map()), a_result(prediction=empty)).figures(STATUS)
    assert figures["areas_percent"] == {"background": 75.0, "car": 25.0}


def test_it_tells_what_is_missing_in_the_video() -> None:
    recording = Video(Path("run.mp4"), "H.264", frames=90, dropped=10, duration_ms=4000.12345, waited_s=0.25)
    assert counted(a_result()).figures(STATUS, recording)["recording"] == {
        "path": "run.mp4",
        "encoder": "H.264",
        "frames": 90,
        "dropped": 10,
        "duration_ms": 4000.123,
        "waited_s": 0.25,
    }
    assert counted(a_result()).figures(STATUS)["recording"] is None


def test_a_run_that_failed_before_its_first_result_has_a_summary_too(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    with Summary(path) as summary:
        pass
    summary.save(summary.figures(Status(State.FAILED, message="no such file")))
    written = json.loads(path.read_text())
    assert (written["state"], written["message"], written["frames"]) == ("failed", "no such file", 0)
    assert written["rates_hz"]["captured"] == 0.0


def test_the_file_holds_what_is_given_and_nothing_lies_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "run.json"
    with Summary(path) as summary:
        summary.write(a_result())
    assert not path.exists()
    figures = summary.figures(STATUS)
    summary.save(figures)
    assert json.loads(path.read_text()) == figures
    assert [file.name for file in path.parent.iterdir()] == ["run.json"]


def test_a_summary_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    summary = Summary(path)
    path.mkdir()
    with pytest.raises(OutputError, match=r"run\.json"):
        summary.save(summary.figures(STATUS))
    assert [file.name for file in tmp_path.iterdir()] == ["run.json"]


def test_counting_takes_no_memory() -> None:
    run = results(50)
    summary = counted(*run)
    tracemalloc.start()
    try:
        for _ in range(40):
            for result in run:
                summary.write(result)
        grown, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert grown < 20_000
