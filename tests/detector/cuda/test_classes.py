"""The kernel of the likeliest classes against the head's own `decode`."""

from __future__ import annotations

import numpy as np
import pytest
from cuda_on_cpu.launcher import OnHost

from core.types import Classification, Thresholds
from detector.cuda.found import NAN_MET
from detector.heads.classification import Head
from selftest.twins.classes import TopClasses, head_of


def check(head: Head, row: np.ndarray, classes: int, thresholds: Thresholds) -> Classification:
    return TopClasses(head, row, classes, thresholds).check(OnHost())


@pytest.mark.parametrize("dtype", ["float32", "float16"])
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
    assert TopClasses(head_of(300, activation), row, 300).run(OnHost())["flags"] == NAN_MET
