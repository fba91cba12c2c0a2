"""The kernels of NanoDet, PP-PicoDet, SSD, FastestDet and Yolo-FastestV2 against the heads' own `decode`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from cuda_on_cpu.decoding import check, decode

from core.errors import OutputInvalid
from core.types import Thresholds
from detector.cuda.found import BOX_NOT_FINITE, NAN_MET
from detector.head import Layout
from detector.heads import tf_od
from detector.preprocessing import Preprocessing
from selftest.twins.sample import Sample
from selftest.twins.small_samples import ROWS, SMALL, with_anchors_beside

THRESHOLDS = {
    "usual": Thresholds(confidence=0.25),
    "every class": Thresholds(confidence=0.125, multi_label=True),
    "some classes": Thresholds(confidence=0.2, classes=frozenset({0, 2, 83, 1000})),
    "no class": Thresholds(confidence=0.0, classes=frozenset()),
    "all": Thresholds(confidence=0.0, multi_label=True),
    "none": Thresholds(confidence=1.0),
}


@pytest.fixture(params=SMALL.values(), ids=SMALL)
def case(request: pytest.FixtureRequest) -> Sample:
    chosen: Sample = request.param
    return chosen


@pytest.mark.parametrize("thresholds", THRESHOLDS.values(), ids=THRESHOLDS)
def test_the_same_as_decode(case: Sample, thresholds: Thresholds) -> None:
    check(case.head(), case.outputs(1), thresholds, case.classes)


def test_half_precision(case: Sample) -> None:
    found = check(case.head(), case.outputs(2, "float16"), THRESHOLDS["every class"], case.classes)
    assert len(found.row) > 0


def test_a_score_that_is_no_number_is_noticed(case: Sample) -> None:
    outputs = case.outputs(3)
    for values in outputs.values():
        values[...] = np.nan
    assert decode(case.head(), outputs, Thresholds(), case.classes).flags & NAN_MET


def test_a_box_that_is_not_finite_is_noticed() -> None:
    case = SMALL["ssd"]
    outputs = case.outputs(4)
    outputs["b"][0, :, 2] = np.inf
    assert decode(case.head(), outputs, Thresholds(), case.classes).flags == BOX_NOT_FINITE


@pytest.mark.parametrize("floats", ["float32", "float16"])
def test_anchors_beside_the_network(tmp_path: Path, floats: str) -> None:
    case = with_anchors_beside(tmp_path)
    check(case.head(), case.outputs(5, floats), Thresholds(), case.classes)


def test_too_few_anchors_beside_the_network(tmp_path: Path) -> None:
    case = with_anchors_beside(tmp_path, ROWS - 1)
    with pytest.raises(OutputInvalid, match="299 anchors for 300 boxes"):
        case.head().kernel_calls()


@pytest.mark.parametrize("name", ["ssd", "ssd_raw"])
def test_an_unknown_number_of_boxes_is_for_the_cpu(name: str) -> None:
    case = SMALL[name]
    assert replace(case, parameters={**case.parameters, "rows": None}).head().kernel_calls() == ()


def test_a_suppression_inside_the_graph_is_for_the_cpu() -> None:
    names = {"number": "n", "boxes": "b", "scores": "s", "classes": "c"}
    head = tf_od.Head(Layout("", "", 5, Preprocessing(64, 64), {"outputs": names, "first_id": 1, "tensorflow": True}))
    assert head.kernel_calls() == ()
