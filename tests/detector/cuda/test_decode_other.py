"""The kernels of NanoDet, PP-PicoDet, SSD, FastestDet and Yolo-FastestV2 against the heads' own `decode`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from cuda_on_cpu.decoding import BOX_NOT_FINITE, NAN_MET, check, decode

from core.errors import OutputInvalid
from core.types import Thresholds
from detector.head import Head, Layout, Outputs
from detector.heads import fastestdet, nanodet, picodet, ssd, ssd_raw, tf_od, yolo_fastestv2
from detector.preprocessing import Preprocessing

WIDTH, HEIGHT = 128, 96
CELLS = {8: 192, 16: 48, 32: 12, 64: 4}
ROWS = 300  # of SSDs
NAMES = tuple(f"s{stride}" for stride in CELLS), tuple(f"b{stride}" for stride in CELLS)


@dataclass(frozen=True)
class Case:
    """A network: its family, what its head knows of it, and the shapes of its outputs, in 0..1 unless `logits`."""

    family: ModuleType
    classes: int
    shapes: Mapping[str, tuple[int, ...]]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    logits: bool = False
    steps: int = 8  # in 1, so that there are ties

    def head(self) -> Head:
        layout = Layout("", "", self.classes, Preprocessing(WIDTH, HEIGHT), self.parameters)
        made: Head = self.family.Head(layout)
        return made

    def outputs(self, seed: int, dtype: str) -> Outputs:
        """Random."""
        rng = np.random.default_rng(seed)
        drawn = {name: rng.random(shape) * self.steps for name, shape in self.shapes.items()}
        if self.logits:
            drawn = {name: (values - self.steps / 2) * 8 for name, values in drawn.items()}
        return {name: (np.round(values) / self.steps).astype(dtype) for name, values in drawn.items()}


def distances_table(bins: int, logits: bool) -> Case:
    known = {"output": "o", "strides": (8, 16, 32, 64), "points": "corners", "bins": bins, "logits": logits}
    return Case(nanodet, 5, {"o": (1, sum(CELLS.values()), 5 + 4 * bins)}, known, logits)


def distances_levels(family: ModuleType, classes: int, logits: bool, levels: int = 4) -> Case:
    scores, boxes = (names[:levels] for names in NAMES)
    known = {"scores": scores, "boxes": boxes, "strides": tuple(CELLS)[:levels], "bins": 8, "logits": logits}
    shapes = {name: (1, CELLS[int(name[1:])], classes if name in scores else 32) for name in (*scores, *boxes)}
    return Case(family, classes, shapes, {**known, "points": "centres"}, logits)


def boxes(family: ModuleType, activation: str, first: int, order: str, classes: int = 5, **more: str) -> Case:
    known = {"boxes": "b", "scores": "s", "rows": ROWS, "first": first, "activation": activation, "order": order}
    shapes = {"b": (1, ROWS, 4), "s": (1, ROWS, classes + first), **dict.fromkeys(more.values(), (1, ROWS, 4))}
    return Case(family, classes, shapes, {**known, **more}, activation != "none")


def fastest(parts: int) -> Case:
    """Each level in one output or in three."""
    widths = (12, 3, 7) if parts == 3 else (22,)
    levels = [[f"{level}{part}" for part in range(parts)] for level in "ab"]
    sizes = [(6, 8), (3, 4)]
    shapes = {
        name: (1, width, *size) if parts == 3 else (1, *size, width)
        for level, size in zip(levels, sizes, strict=True)
        for name, width in zip(level, widths, strict=True)
    }
    return Case(yolo_fastestv2, 7, shapes, {"levels": tuple(map(tuple, levels))}, parts == 3)


CASES = {
    "nanodet table": distances_table(8, logits=False),
    "nanodet table of logits with 12 bins": distances_table(12, logits=True),
    "nanodet levels": distances_levels(nanodet, 3, logits=False, levels=3),
    "picodet": distances_levels(picodet, 80, logits=False),
    "picodet logits": distances_levels(picodet, 4, logits=True),
    "ssd": boxes(ssd, "none", 1, "xyxy"),
    "ssd of y before x": boxes(ssd, "none", 0, "yxyx"),
    "ssd softmax of 91": boxes(ssd, "softmax", 1, "xyxy", classes=90),
    "ssd softmax of two": boxes(ssd, "softmax", 1, "xyxy", classes=1),
    "ssd sigmoid": boxes(ssd, "sigmoid", 1, "yxyx"),
    "ssd_raw": boxes(ssd_raw, "softmax", 1, "xywh", anchors="p"),
    "ssd_raw of y before x": boxes(ssd_raw, "sigmoid", 1, "yxhw", anchors="p"),
    "fastestdet": Case(fastestdet, 6, {"o": (1, 11, 6, 8)}, {"output": "o"}, steps=7),
    "yolo_fastestv2": fastest(1),
    "yolo_fastestv2 raw": fastest(3),
}
THRESHOLDS = {
    "usual": Thresholds(confidence=0.25),
    "every class": Thresholds(confidence=0.125, multi_label=True),
    "some classes": Thresholds(confidence=0.2, classes=frozenset({0, 2, 83, 1000})),
    "no class": Thresholds(confidence=0.0, classes=frozenset()),
    "all": Thresholds(confidence=0.0, multi_label=True),
    "none": Thresholds(confidence=1.0),
}


@pytest.fixture(params=CASES.values(), ids=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    chosen: Case = request.param
    return chosen


@pytest.mark.parametrize("thresholds", THRESHOLDS.values(), ids=THRESHOLDS)
def test_the_same_as_decode(case: Case, thresholds: Thresholds) -> None:
    check(case.head(), case.outputs(1, "float32"), thresholds, case.classes)


def test_half_precision(case: Case) -> None:
    found = check(case.head(), case.outputs(2, "float16"), THRESHOLDS["every class"], case.classes)
    assert len(found.row) > 0


def test_a_score_that_is_no_number_is_noticed(case: Case) -> None:
    outputs = case.outputs(3, "float32")
    for values in outputs.values():
        values[...] = np.nan
    assert decode(case.head(), outputs, Thresholds(), case.classes).flags & NAN_MET


def test_a_box_that_is_not_finite_is_noticed() -> None:
    case = CASES["ssd"]
    outputs = case.outputs(4, "float32")
    outputs["b"][0, :, 2] = np.inf
    assert decode(case.head(), outputs, Thresholds(), case.classes).flags == BOX_NOT_FINITE


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_anchors_beside_the_network(tmp_path: Path, dtype: str) -> None:
    anchors = tmp_path / "anchors.txt"
    np.savetxt(anchors, np.random.default_rng(5).random((ROWS, 4)))
    case = boxes(ssd_raw, "none", 1, "xywh")
    with_file = Case(case.family, case.classes, case.shapes, {**case.parameters, "anchors": anchors})
    check(with_file.head(), with_file.outputs(5, dtype), Thresholds(), case.classes)


def test_too_few_anchors_beside_the_network(tmp_path: Path) -> None:
    anchors = tmp_path / "anchors.txt"
    np.savetxt(anchors, np.ones((ROWS - 1, 4)))
    case = boxes(ssd_raw, "none", 1, "xywh")
    with_file = Case(case.family, case.classes, case.shapes, {**case.parameters, "anchors": anchors})
    with pytest.raises(OutputInvalid, match="299 anchors for 300 boxes"):
        with_file.head().kernel_calls()


@pytest.mark.parametrize("family", [ssd, ssd_raw])
def test_an_unknown_number_of_boxes_is_for_the_cpu(family: ModuleType) -> None:
    case = boxes(family, "none", 1, next(iter(family.ORDERS)), anchors="p")
    free = Case(family, case.classes, case.shapes, {**case.parameters, "rows": None})
    assert free.head().kernel_calls() == ()


def test_a_suppression_inside_the_graph_is_for_the_cpu() -> None:
    names = {"number": "n", "boxes": "b", "scores": "s", "classes": "c"}
    head = tf_od.Head(Layout("", "", 5, Preprocessing(64, 64), {"outputs": names, "first_id": 1, "tensorflow": True}))
    assert head.kernel_calls() == ()
