"""The kernels of YOLO's tables, of transformers and of networks without NMS find what the heads find in NumPy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from cuda_on_cpu.decoding import check, decode

from core.errors import OutputInvalid
from core.types import Thresholds
from detector.cuda.found import BOX_NOT_FINITE, CLASS_UNKNOWN, NAN_MET
from selftest.twins.sample import Sample
from selftest.twins.yolo_samples import CELLS, CHOSEN, CLASSES, TABLES, end_to_end, ranked_detr

THRESHOLDS = {
    "one": Thresholds(confidence=0.375),
    "many": Thresholds(confidence=0.0625, multi_label=True),
    "only the certain": Thresholds(confidence=1.0),
    "filtered": Thresholds(confidence=0.25, classes=frozenset({0, 5, 31, 32, 36})),
    "filtered, many": Thresholds(confidence=0.25, classes=frozenset({0, 5, 31, 32, 36, 70}), multi_label=True),
    "nothing wanted": Thresholds(confidence=0.1, classes=frozenset({99})),
    "all": Thresholds(confidence=0.0, multi_label=True),
}


@pytest.fixture(params=TABLES)
def case(request: pytest.FixtureRequest) -> Sample:
    return TABLES[request.param]


@pytest.mark.parametrize("thresholds", THRESHOLDS.values(), ids=THRESHOLDS)
def test_the_same_candidates(case: Sample, thresholds: Thresholds) -> None:
    check(case.head(), case.outputs(0), thresholds, CLASSES)


def test_the_cases_find_some_and_leave_some(case: Sample) -> None:
    found = check(case.head(), case.outputs(1), THRESHOLDS["one"], CLASSES)
    rows = sum(call.items for call in case.head().kernel_calls())
    assert rows / 50 < len(found.row) < rows
    assert len(set(found.class_id.tolist())) > 5


def test_half_precision(case: Sample) -> None:
    check(case.head(), case.outputs(2, "float16"), THRESHOLDS["many"], CLASSES)


def test_scores_that_are_no_numbers_are_told(case: Sample) -> None:
    outputs = case.outputs(3)
    last = list(outputs.values())[-1].reshape(-1)
    assert decode(case.head(), outputs, THRESHOLDS["all"], CLASSES).flags == 0
    last[:] = np.nan
    assert decode(case.head(), outputs, THRESHOLDS["one"], CLASSES).flags & NAN_MET


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_boxes_of_candidates_are_finite(value: float) -> None:
    case = TABLES["yolov8"]
    outputs = {"output0": np.zeros((1, 4 + CLASSES, CELLS), np.float32)}
    outputs["output0"][0, 2, 7] = value
    assert check(case.head(), outputs, THRESHOLDS["one"], CLASSES).flags == 0
    outputs["output0"][0, 9, 7] = 1
    assert decode(case.head(), outputs, THRESHOLDS["one"], CLASSES).flags == BOX_NOT_FINITE


def test_the_lower_of_equal_classes_wins() -> None:
    case = TABLES["yolov8"]
    outputs = {"output0": np.full((1, 4 + CLASSES, CELLS), 0.5, np.float32)}
    found = check(case.head(), outputs, THRESHOLDS["one"], CLASSES)
    assert found.class_id.tolist() == [0] * CELLS
    filtered = replace(THRESHOLDS["one"], classes=frozenset({33, 34, 35}))
    assert set(check(case.head(), outputs, filtered, CLASSES).class_id.tolist()) == {33}


@pytest.mark.parametrize("thresholds", THRESHOLDS.values(), ids=THRESHOLDS)
@pytest.mark.parametrize("name", ["one row", "rows"])
@pytest.mark.parametrize("floats", ["float32", "float16"])
def test_networks_without_nms(name: str, floats: str, thresholds: Thresholds) -> None:
    check(CHOSEN[name].head(), CHOSEN[name].outputs(1, floats), thresholds, CLASSES)


@pytest.mark.parametrize("class_id", [CLASSES, 1000, -1, np.inf])
def test_unknown_classes_are_told(class_id: float) -> None:
    head, outputs = end_to_end(9).head(), end_to_end(9).outputs(0)
    output = outputs["output0"]
    output[0, 4, 4:] = 0.1, class_id
    assert decode(head, outputs, THRESHOLDS["one"], CLASSES).flags == 0
    output[0, 4, 4] = 0.9
    for name in ("one", "filtered"):
        assert decode(head, outputs, THRESHOLDS[name], CLASSES).flags == CLASS_UNKNOWN


def test_unknown_classes_are_an_error_on_the_cpu_too_where_they_are_not_wanted() -> None:
    outputs = end_to_end(9).outputs(0)
    outputs["output0"][0, 4, 4:] = 0.9, CLASSES
    with pytest.raises(OutputInvalid, match=f"class {CLASSES}"):
        end_to_end(9).head().decode(outputs, THRESHOLDS["filtered"])


@pytest.mark.parametrize(("column", "flags"), [(0, BOX_NOT_FINITE), (4, NAN_MET), (5, NAN_MET)])
def test_chosen_rows_that_are_no_numbers_are_told(column: int, flags: int) -> None:
    outputs = end_to_end(9).outputs(0)
    outputs["output0"][0, 4, 4] = 0.9
    outputs["output0"][0, 4, column] = np.nan
    assert decode(end_to_end(9).head(), outputs, THRESHOLDS["one"], CLASSES).flags & flags


@pytest.mark.parametrize("thresholds", THRESHOLDS.values(), ids=THRESHOLDS)
@pytest.mark.parametrize("floats", ["float32", "float16"])
@pytest.mark.parametrize("labels", ["int32", "int64"])
def test_ranked_transformers(floats: str, labels: str, thresholds: Thresholds) -> None:
    case = ranked_detr(labels)
    outputs = case.outputs(5, floats)
    assert outputs["labels"].dtype == labels
    check(case.head(), outputs, thresholds, CLASSES)
    outputs["labels"][0, 8], outputs["scores"][0, 8] = CLASSES, 1
    assert decode(case.head(), outputs, thresholds, CLASSES).flags == CLASS_UNKNOWN


def test_no_kernel_where_the_number_of_rows_is_unknown() -> None:
    for case in (ranked_detr("int32", queries=None), end_to_end(None)):
        assert case.head().kernel_calls() == ()
