"""The kernels of YOLO's tables, of transformers and of networks without NMS find what the heads find in NumPy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pytest
from cuda_on_cpu.decoding import BOX_NOT_FINITE, CLASS_UNKNOWN, NAN_MET, check, decode

from core.errors import OutputInvalid
from core.types import Thresholds
from detector.head import Head, Layout
from detector.heads import detr, end_to_end, yolov5, yolov8, yolox
from detector.preprocessing import Preprocessing

WIDTH, HEIGHT = 96, 64
CELLS = 12 * 8 + 6 * 4 + 3 * 2
CLASSES = 37  # more than a word of bits, and no multiple of what a thread takes at once
QUERIES = 41

Values = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]


def logits(random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return (random.normal(-3, 2, shape) - 9 * random.integers(0, 2, (*shape[:-1], 1))).astype(np.float32)


def shares(random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Few different ones: many are equal, and equal to the thresholds; half of the rows have none."""
    return (random.integers(0, 17, shape) / 16 * random.integers(0, 2, (*shape[:-1], 1))).astype(np.float32)


@dataclass(frozen=True)
class Case:
    """A head, and outputs for it: rows whose first four columns are boxes, but for logits alone."""

    kind: type[Head]
    shapes: Mapping[str, tuple[int, ...]]
    parameters: Mapping[str, object]
    values: Values = shares
    scale: float = 50
    transposed: bool = False

    def head(self) -> Head:
        return self.kind(Layout("", "", CLASSES, Preprocessing(WIDTH, HEIGHT), self.parameters))

    def outputs(self, seed: int) -> dict[str, np.ndarray]:
        random = np.random.default_rng(seed)
        rows = {name: self.values(random, shape) for name, shape in self.shapes.items()}
        for name in sorted(self.shapes.keys() - {"logits"}):
            rows[name][..., :4] = random.normal(0, self.scale, (*self.shapes[name][:-1], 4))
        return {name: values.swapaxes(1, 2).copy() if self.transposed else values for name, values in rows.items()}


def yolov8_case(columns: int, channels_first: bool, values: Values) -> Case:
    parameters = {
        "output": "output0",
        "channels_first": channels_first,
        "columns": columns,
        "strides": (8, 16, 32),
        "logits": values is logits,
    }
    return Case(yolov8.Head, {"output0": (1, CELLS, columns)}, parameters, values=values, transposed=channels_first)


def yolox_case(decoded: bool, values: Values) -> Case:
    parameters = {"output": "output", "strides": (8, 16, 32), "decoded": decoded, "logits": values is logits}
    return Case(yolox.Head, {"output": (1, CELLS, 5 + CLASSES)}, parameters, values=values, scale=1.5)


def detr_case(shapes: Mapping[str, tuple[int, ...]], columns: tuple[int, int], values: Values) -> Case:
    names = list(shapes)
    parameters = {
        "outputs": {"boxes": names[0], "scores": names[-1]},
        "queries": QUERIES,
        "values": (shapes[names[0]][2], shapes[names[-1]][2]),
        "columns": columns,
        "activation": "sigmoid" if values is logits else "none",
    }
    return Case(detr.Head, shapes, parameters, values=values, scale=0.5)


LEVELS = {"p3": (1, 3, 8, 12, 5 + CLASSES), "p4": (1, 3, 4, 6, 5 + CLASSES), "p5": (1, 3, 2, 3, 5 + CLASSES)}
CASES = {
    "yolov8": yolov8_case(4 + CLASSES, True, shares),
    "yolov8 with masks": yolov8_case(4 + CLASSES + 32, True, shares),
    "yolov8, logits": yolov8_case(4 + CLASSES, True, logits),
    "yolov8, rows": yolov8_case(4 + CLASSES + 3, False, shares),
    "yolov8, rows of logits": yolov8_case(4 + CLASSES, False, logits),
    "yolox": yolox_case(False, shares),
    "yolox, logits": yolox_case(False, logits),
    "yolox, decoded": yolox_case(True, shares),
    "yolox, decoded, logits": yolox_case(True, logits),
    "yolov5": Case(yolov5.Head, {"output": (1, 3 * CELLS, 5 + CLASSES)}, {"output": "output"}),
    "yolov5 with masks": Case(
        yolov5.Head, {"output": (1, 3 * CELLS, 37 + CLASSES)}, {"output": "output", "extra": 32, "strides": (8, 16, 32)}
    ),
    "yolov6": Case(yolov5.Head, {"output": (1, CELLS, 5 + CLASSES)}, {"output": "output", "per_cell": 1}),
    "yolov5, raw": Case(yolov5.Head, LEVELS, {"levels": list(LEVELS), "anchors": "yolov5"}, values=logits, scale=2),
    "yolov7, raw": Case(yolov5.Head, LEVELS, {"levels": list(LEVELS), "anchors": "yolov7"}, values=logits, scale=2),
    "transformer": detr_case({"output0": (1, QUERIES, 4 + CLASSES)}, (4, 4 + CLASSES), shares),
    "transformer, pair": detr_case(
        {"boxes": (1, QUERIES, 4), "logits": (1, QUERIES, CLASSES + 1)}, (1, CLASSES + 1), logits
    ),
}
THRESHOLDS = {
    "one": Thresholds(confidence=0.375),
    "many": Thresholds(confidence=0.0625, multi_label=True),
    "only the certain": Thresholds(confidence=1.0),
    "filtered": Thresholds(confidence=0.25, classes=frozenset({0, 5, 31, 32, 36})),
    "filtered, many": Thresholds(confidence=0.25, classes=frozenset({0, 5, 31, 32, 36, 70}), multi_label=True),
    "nothing wanted": Thresholds(confidence=0.1, classes=frozenset({99})),
    "all": Thresholds(confidence=0.0, multi_label=True),
}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@pytest.mark.parametrize("thresholds", THRESHOLDS.values(), ids=THRESHOLDS)
def test_the_same_candidates(case: Case, thresholds: Thresholds) -> None:
    check(case.head(), case.outputs(0), thresholds, CLASSES)


def test_the_cases_find_some_and_leave_some(case: Case) -> None:
    found = check(case.head(), case.outputs(1), THRESHOLDS["one"], CLASSES)
    rows = sum(call.items for call in case.head().kernel_calls())
    assert rows / 50 < len(found.row) < rows
    assert len(set(found.class_id.tolist())) > 5


def test_half_precision(case: Case) -> None:
    outputs = {name: values.astype(np.float16) for name, values in case.outputs(2).items()}
    check(case.head(), outputs, THRESHOLDS["many"], CLASSES)


def test_scores_that_are_no_numbers_are_told(case: Case) -> None:
    outputs = case.outputs(3)
    last = list(outputs.values())[-1].reshape(-1)
    assert decode(case.head(), outputs, THRESHOLDS["all"], CLASSES).flags == 0
    last[:] = np.nan
    assert decode(case.head(), outputs, THRESHOLDS["one"], CLASSES).flags & NAN_MET


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_boxes_of_candidates_are_finite(value: float) -> None:
    case = CASES["yolov8"]
    outputs = {"output0": np.zeros((1, 4 + CLASSES, CELLS), np.float32)}
    outputs["output0"][0, 2, 7] = value
    assert check(case.head(), outputs, THRESHOLDS["one"], CLASSES).flags == 0
    outputs["output0"][0, 9, 7] = 1
    assert decode(case.head(), outputs, THRESHOLDS["one"], CLASSES).flags == BOX_NOT_FINITE


def test_the_lower_of_equal_classes_wins() -> None:
    case = CASES["yolov8"]
    outputs = {"output0": np.full((1, 4 + CLASSES, CELLS), 0.5, np.float32)}
    found = check(case.head(), outputs, THRESHOLDS["one"], CLASSES)
    assert found.class_id.tolist() == [0] * CELLS
    filtered = replace(THRESHOLDS["one"], classes=frozenset({33, 34, 35}))
    assert set(check(case.head(), outputs, filtered, CLASSES).class_id.tolist()) == {33}


def end_to_end_head(rows: int | None) -> Head:
    parameters = {"output": "output0", "rows": rows}
    return end_to_end.Head(Layout("", "", CLASSES, Preprocessing(WIDTH, HEIGHT), parameters))


def chosen(random: np.random.Generator, rows: int) -> np.ndarray:
    boxes, classes = random.normal(30, 20, (rows, 4)), random.integers(0, CLASSES, (rows, 1))
    return np.hstack((boxes, shares(random, (rows, 1)), classes)).astype(np.float32)[None]


@pytest.mark.parametrize("thresholds", THRESHOLDS.values(), ids=THRESHOLDS)
@pytest.mark.parametrize("rows", [1, 300])
@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_networks_without_nms(rows: int, dtype: type, thresholds: Thresholds) -> None:
    outputs = {"output0": chosen(np.random.default_rng(rows), rows).astype(dtype)}
    check(end_to_end_head(rows), outputs, thresholds, CLASSES)


@pytest.mark.parametrize("class_id", [CLASSES, 1000, -1, np.inf])
def test_unknown_classes_are_told(class_id: float) -> None:
    output = chosen(np.random.default_rng(0), 9)
    output[0, 4, 4:] = 0.1, class_id
    assert decode(end_to_end_head(9), {"output0": output}, THRESHOLDS["one"], CLASSES).flags == 0
    output[0, 4, 4] = 0.9
    for name in ("one", "filtered"):
        assert decode(end_to_end_head(9), {"output0": output}, THRESHOLDS[name], CLASSES).flags == CLASS_UNKNOWN


def test_unknown_classes_are_an_error_on_the_cpu_too_where_they_are_not_wanted() -> None:
    output = chosen(np.random.default_rng(0), 9)
    output[0, 4, 4:] = 0.9, CLASSES
    with pytest.raises(OutputInvalid, match=f"class {CLASSES}"):
        end_to_end_head(9).decode({"output0": output}, THRESHOLDS["filtered"])


@pytest.mark.parametrize(("column", "flags"), [(0, BOX_NOT_FINITE), (4, NAN_MET), (5, NAN_MET)])
def test_chosen_rows_that_are_no_numbers_are_told(column: int, flags: int) -> None:
    output = chosen(np.random.default_rng(0), 9)
    output[0, 4, 4] = 0.9
    output[0, 4, column] = np.nan
    assert decode(end_to_end_head(9), {"output0": output}, THRESHOLDS["one"], CLASSES).flags & flags


def ranked_head(queries: int | None) -> Head:
    parameters = {
        "outputs": {name: name for name in ("boxes", "scores", "labels")},
        "queries": queries,
        "values": (4, 1, 1),
    }
    return detr.Head(Layout("", "", CLASSES, Preprocessing(WIDTH, HEIGHT), parameters))


@pytest.mark.parametrize("thresholds", THRESHOLDS.values(), ids=THRESHOLDS)
@pytest.mark.parametrize("floats", [np.float32, np.float16])
@pytest.mark.parametrize("labels", [np.int32, np.int64])
def test_ranked_transformers(floats: type, labels: type, thresholds: Thresholds) -> None:
    rows = chosen(np.random.default_rng(5), 300)
    outputs = {
        "labels": rows[..., 5].astype(labels),
        "boxes": (rows[..., :4] / 60).astype(floats),
        "scores": rows[..., 4].astype(floats),
    }
    check(ranked_head(300), outputs, thresholds, CLASSES)
    outputs["labels"][0, 8], outputs["scores"][0, 8] = CLASSES, 1
    assert decode(ranked_head(300), outputs, thresholds, CLASSES).flags == CLASS_UNKNOWN


def test_no_kernel_where_the_number_of_rows_is_unknown() -> None:
    assert ranked_head(None).kernel_calls() == end_to_end_head(None).kernel_calls() == ()
