"""The kernel of the likeliest classes against the head's own `decode`."""

from __future__ import annotations

import numpy as np
import pytest
from cuda_on_cpu.compiled import address, compiled

from core.types import Classification, Thresholds
from detector.cuda.found import FOUND, NAN_MET, classification, settings_record
from detector.head import Layout
from detector.heads.classification import Head
from detector.preprocessing import Preprocessing

SUFFIX = {"float32": "f32", "float16": "f16"}


def head_of(classes: int, activation: str, first: int = 0) -> Head:
    known = {"output": "o", "first": first, "activation": activation}
    return Head(Layout("classification", "", classes, Preprocessing(8, 8), known))


def launched(head: Head, row: np.ndarray, classes: int, thresholds: Thresholds) -> np.ndarray:
    """The record of what was found."""
    (call,) = head.kernel_calls()
    settings, found = settings_record(thresholds, classes), np.zeros(1, FOUND)
    found.view(np.uint8)[:] = 0xAB
    assert call.lengths == (row.size,)
    arguments = address(row), *call.numbers, address(settings), address(found)
    symbol = f"{call.kernel}_{SUFFIX[row.dtype.name]}"
    compiled("classes").launch(symbol, (-(-call.items * call.lanes // 256),), (256,), arguments)
    return found


def check(head: Head, row: np.ndarray, classes: int, thresholds: Thresholds) -> Classification:
    found = launched(head, row, classes, thresholds)
    told, expected = classification(found), head.decode({"o": row}, thresholds)
    np.testing.assert_array_equal(told.class_id, expected.class_id)
    np.testing.assert_allclose(told.confidence, expected.confidence, rtol=2e-6)
    assert (found["flags"], found["highest_class"]) == (0, max(expected.class_id, default=0))
    assert not found["rows"][0, : found["count"][0], :4].any()
    return told


@pytest.mark.parametrize("dtype", SUFFIX)
@pytest.mark.parametrize("activation", ["none", "softmax", "sigmoid"])
@pytest.mark.parametrize("classes", [2, 4, 5, 255, 256, 257, 1000, 21841])
def test_the_same_as_decode(classes: int, activation: str, dtype: str) -> None:
    row = np.random.default_rng(classes).normal(0, 3, (1, classes)).astype(dtype)
    check(head_of(classes, activation), row, classes, Thresholds())


@pytest.mark.parametrize("activation", ["none", "softmax"])
def test_the_background_is_no_class(activation: str) -> None:
    """It counts in the softmax."""
    row = np.random.default_rng(1).normal(0, 1, (1, 1001)).astype(np.float32)
    row[0, 0] = 9
    told = check(head_of(1000, activation, first=1), row, 1000, Thresholds())
    assert told.confidence[0] < 4


@pytest.mark.parametrize("classes", [frozenset({3, 700, 999, 5000}), frozenset(), frozenset(range(0, 1000, 2))])
def test_only_the_classes_kept(classes: frozenset[int]) -> None:
    row = np.random.default_rng(2).normal(0, 3, (1, 1000)).astype(np.float32)
    told = check(head_of(1000, "softmax"), row, 1000, Thresholds(classes=classes))
    assert set(told.class_id.tolist()) <= classes


@pytest.mark.parametrize("activation", ["none", "softmax"])
def test_the_lower_class_on_ties(activation: str) -> None:
    """Also where a softmax makes equal what was not, and where zeros have different signs."""
    row = np.full((1, 600), -200, np.float32)
    row[0, 300:] = -190
    row[0, 500], row[0, 400] = 0.0, -0.0
    told = check(head_of(600, activation), row, 600, Thresholds())
    assert told.class_id.tolist()[:2] == [400, 500]
    assert told.class_id.tolist()[2] == (0 if activation == "softmax" else 300)


@pytest.mark.parametrize("activation", ["none", "softmax"])
def test_a_score_that_is_no_number_is_noticed(activation: str) -> None:
    row = np.ones((1, 300), np.float32)
    row[0, 299] = np.nan
    assert launched(head_of(300, activation), row, 300, Thresholds())["flags"] == NAN_MET
