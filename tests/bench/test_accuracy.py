"""COCO's mean average precision, on predictions whose score is known."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from bench.accuracy import Labelled, evaluate
from core.errors import SourceNotFound, SourceUnreadable, UsageError
from core.pixels import PixelFormat
from core.types import Detections, EngineInfo, Frame, Result, StageTimes, Thresholds
from detector.detector import open_detector

LABELS = ("cat", "dog", "unicorn")
TRUTH = {"a.png": [(10, 20, 40, 30, 7)], "b.png": [(5, 5, 20, 20, 9), (50, 50, 30, 30, 9)]}


class Oracle:
    """Answers what the test gives it, picture by picture."""

    def __init__(self, answers: list[list[tuple[float, ...]]]) -> None:
        self.formats = (PixelFormat.BGR,)
        self.info = EngineInfo(
            "oracle.onnx", "oracle", "none", "none", "FP32", 64, 64, LABELS, Thresholds(), ("cats are cats",)
        )
        self.thresholds = self.info.thresholds
        self._answers = iter(answers)

    def __enter__(self) -> Oracle:
        return self

    def __exit__(self, *error: object) -> None: ...

    def set_thresholds(self, thresholds: Thresholds) -> None:
        self.thresholds = thresholds

    def submit(self, frame: Frame) -> None:
        self._frame = frame

    def collect(self) -> Result:
        rows = np.array(next(self._answers), np.float32).reshape(-1, 6)
        found = Detections(rows[:, :4], rows[:, 4], rows[:, 5].astype(np.int32))
        return Result(self._frame, found, StageTimes(0, 0, 0, 0), LABELS, 0)


@pytest.fixture
def annotations(tmp_path: Path) -> Path:
    pictures, boxes = [], []
    for number, (name, objects) in enumerate(TRUTH.items(), 1):
        cv2.imwrite(str(tmp_path / name), np.zeros((100, 100, 3), np.uint8))
        pictures.append({"id": number, "file_name": name, "width": 100, "height": 100})
        for x, y, w, h, category in objects:
            box = {"id": len(boxes) + 1, "image_id": number, "category_id": category, "bbox": [x, y, w, h]}
            boxes.append({**box, "area": w * h, "iscrowd": 0})
    categories = [{"id": 9, "name": "dog"}, {"id": 7, "name": "cat"}, {"id": 3, "name": "horse"}]
    path = tmp_path / "instances.json"
    path.write_text(json.dumps({"images": pictures, "annotations": boxes, "categories": categories}))
    return path


def score(annotations: Path, answers: list[list[tuple[float, ...]]]) -> dict[str, object]:
    return evaluate(Oracle(answers), Labelled(annotations.parent, annotations), lambda done, total: None)


CAT = (10, 20, 50, 50, 0.9, 0)
DOGS = [(5, 5, 25, 25, 0.9, 1), (50, 50, 80, 80, 0.8, 1)]


def test_what_is_right_scores_100(annotations: Path) -> None:
    figures = score(annotations, [[CAT], DOGS])
    assert (figures["map"], figures["map50"]) == (100, 100)
    assert figures["per_class"] == {
        "cat": {"map": 100, "map50": 100, "objects": 1},
        "dog": {"map": 100, "map50": 100, "objects": 2},
    }


def test_classes_are_scored_apart(annotations: Path) -> None:
    figures = score(annotations, [[CAT], []])
    assert figures["map"] == 50
    assert figures["per_class"]["dog"]["map"] == 0  # type: ignore[index] # a table by class


def test_nothing_found_scores_0(annotations: Path) -> None:
    assert score(annotations, [[], []])["map"] == 0


def test_a_loose_box_counts_at_low_overlap_only(annotations: Path) -> None:
    figures = score(annotations, [[(10, 20, 50, 40, 0.9, 0)], DOGS])  # IoU 2/3: right at 0.50, 0.55, 0.60, 0.65
    assert figures["per_class"]["cat"] == {"map": 40, "map50": 100, "objects": 1}  # type: ignore[index]


def test_every_class_of_a_box_counts_down_to_low_scores(annotations: Path) -> None:
    oracle = Oracle([[CAT], DOGS])
    evaluate(oracle, Labelled(annotations.parent, annotations), lambda done, total: None)
    assert oracle.thresholds.multi_label
    assert oracle.thresholds.confidence <= 0.001
    assert oracle.thresholds.max_detections == 100


def test_tells_the_head_and_what_was_assumed(annotations: Path) -> None:
    figures = score(annotations, [[CAT], DOGS])
    assert (figures["head"], figures["assumed"]) == ("oracle", ["cats are cats"])


def test_an_overlap_is_given_without_changing_the_detector(annotations: Path) -> None:
    oracle = Oracle([[CAT], DOGS])
    evaluate(oracle, Labelled(annotations.parent, annotations), lambda done, total: None, iou=0.3)
    assert oracle.thresholds.iou == 0.3
    assert oracle.info.thresholds == Thresholds()


def changed(path: Path, **parts: object) -> Path:
    path.write_text(json.dumps({**json.loads(path.read_text()), **parts}))
    return path


def test_without_objects_nothing_is_scored(annotations: Path) -> None:
    figures = score(changed(annotations, annotations=[]), [[CAT], DOGS])
    assert (figures["map"], figures["map50"]) == (None, None)
    assert figures["per_class"]["cat"] == {"map": None, "map50": None, "objects": 0}  # type: ignore[index]


def test_objects_need_a_box_a_class_and_a_picture_alone(annotations: Path) -> None:
    whole = json.loads(annotations.read_text())["annotations"]
    bare = [{name: box[name] for name in ("image_id", "category_id", "bbox")} for box in whole]
    assert score(changed(annotations, annotations=bare), [[CAT], DOGS])["map"] == 100


def test_objects_that_are_numbered_from_0_all_count(annotations: Path) -> None:
    whole = json.loads(annotations.read_text())["annotations"]
    from_0 = [{**box, "id": box["id"] - 1} for box in whole]
    assert score(changed(annotations, annotations=from_0), [[CAT], DOGS])["map"] == 100


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        ({"images": [{"id": 1}]}, "'file_name' is missing"),
        ({"images": []}, "no pictures"),
        ({"annotations": [{"image_id": 1, "category_id": 9}]}, "'bbox' is missing"),
        ({"annotations": [{"image_id": 1, "category_id": 9, "bbox": 4}]}, "subscriptable"),
        ({"categories": [7]}, "subscriptable"),
    ],
)
def test_what_is_wrong_with_the_annotations_is_named(annotations: Path, part: dict[str, object], reason: str) -> None:
    with pytest.raises(SourceUnreadable, match=reason):
        score(changed(annotations, **part), [])


def test_what_cannot_be_read_is_named(annotations: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceNotFound, match=r"nowhere\.json"):
        score(tmp_path / "nowhere.json", [])
    (tmp_path / "a.png").unlink()
    with pytest.raises(SourceUnreadable, match=r"a\.png"):
        score(annotations, [[], []])
    annotations.write_text("[]")
    with pytest.raises(SourceUnreadable, match=r"instances\.json"):
        score(annotations, [])


def test_foreign_annotations_are_refused(annotations: Path) -> None:
    annotations.write_text(annotations.read_text().replace('"dog"', '"ant"').replace('"cat"', '"bee"'))
    with pytest.raises(UsageError, match="share no class"):
        score(annotations, [[], []])


FAST = {"yolox_nano_416": 29.0, "fastestdet_352": 16.3, "yolo_fastestv2_352": 15.2, "yolo_fastestv2_raw_352": 15.2}
SLOW = {"yolov8n_640": 39.2, "yolo26n_640": 40.8, "picodet_s_416": 35.1, "yolov8n_int8_640": 38.9}


def measured(shared: Path, name: str) -> float:
    data = shared / "data"
    with open_detector(data / "models" / f"{name}.onnx") as detector:
        labelled = Labelled(data / "eval/images", data / "eval/instances_val.json")
        figures = evaluate(detector, labelled, lambda done, total: None)
    return float(figures["map"])


@pytest.mark.parametrize(("name", "expected"), FAST.items())
def test_real_networks_reach_their_accuracy(shared: Path, name: str, expected: float) -> None:
    assert measured(shared, name) == pytest.approx(expected, abs=0.5)


@pytest.mark.long
@pytest.mark.parametrize(("name", "expected"), SLOW.items())
def test_slow_real_networks_reach_their_accuracy(shared: Path, name: str, expected: float) -> None:
    assert measured(shared, name) == pytest.approx(expected, abs=0.5)
