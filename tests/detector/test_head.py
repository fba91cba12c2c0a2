"""What all heads share: who becomes a candidate."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.types import Thresholds
from detector.head import logit, select, sigmoid, to_corners


@given(
    st.integers(0, 2**32 - 1),
    st.integers(0, 30),
    st.floats(0, 1),
    st.booleans(),
    st.none() | st.frozensets(st.integers(0, 9)),
    st.booleans(),
)
def test_select_equals_a_loop(
    seed: int, count: int, confidence: float, many: bool, classes: frozenset[int] | None, transposed: bool
) -> None:
    scores = (np.random.default_rng(seed).integers(0, 9, (count, 5)) / 8).astype(np.float32)
    kept = [c for c in range(5) if classes is None or c in classes]
    expected = []
    for row, values in enumerate(scores.tolist()):
        best = [max(kept, key=lambda c: values[c])] if kept else []
        expected += [(row, c, values[c]) for c in (kept if many else best) if values[c] >= np.float32(confidence)]
    given_scores = np.ascontiguousarray(scores.T).T if transposed else scores
    rows, ids, found = select(given_scores, Thresholds(confidence, classes=classes, multi_label=many))
    assert list(zip(rows.tolist(), ids.tolist(), found.tolist(), strict=True)) == expected
    assert ids.dtype == np.int32
    assert found.dtype == np.float32


def test_at_least_stands_in_for_the_threshold() -> None:
    scores = np.array([[-3.0], [-1.0]], np.float32)
    rows, _, _ = select(scores, Thresholds(confidence=0.9), at_least=-2.0)
    assert rows.tolist() == [1]


def test_no_class_is_kept_however_low_the_threshold() -> None:
    rows, ids, scores = select(np.zeros((3, 2), np.float32), Thresholds(classes=frozenset()), at_least=-np.inf)
    assert (len(rows), len(ids), len(scores)) == (0, 0, 0)


@given(st.floats(1e-3, 1 - 1e-3))
def test_logit_and_sigmoid(probability: float) -> None:
    assert sigmoid(np.array([logit(probability)], np.float32))[0] == pytest.approx(probability, rel=1e-4)


def test_sigmoid_is_quiet_far_out() -> None:
    assert sigmoid(np.array([-1e4, 0, 1e4], np.float32)).tolist() == [0, 0.5, 1]
    assert (logit(0), logit(1)) == (-np.inf, np.inf)


def test_corners() -> None:
    assert to_corners(np.array([[10, 20, 4, 6]], np.float32)).tolist() == [[8, 17, 12, 23]]
