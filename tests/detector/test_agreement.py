"""How far two predictions agree."""

from __future__ import annotations

import numpy as np
import pytest

from core.types import Classification, ClassMap, Detections
from detector.agreement import Agreement, compare, intersection_over_union, match


def boxes(*rows: tuple[float, ...]) -> Detections:
    """Rows of x1, y1, x2, y2, score, class."""
    values = np.array(rows, np.float32).reshape(-1, 6)
    return Detections(values[:, :4], values[:, 4], values[:, 5].astype(np.int32))


REFERENCE = boxes((0, 0, 10, 10, 0.9, 1), (20, 0, 30, 10, 0.8, 2))


def test_the_same_boxes_agree() -> None:
    assert compare(REFERENCE, REFERENCE) == Agreement(2, 2, 2, 0.0)


def test_another_class_or_place_is_another_object() -> None:
    found = boxes((0, 0, 10, 10, 0.9, 3), (20, 6, 30, 16, 0.8, 2))
    agreement = compare(found, REFERENCE)
    assert (agreement.shared, agreement.recall, agreement.precision) == (0, 0.0, 0.0)


def test_a_reference_box_is_taken_once_and_by_the_best() -> None:
    found = boxes((0, 0, 10, 9, 0.5, 1), (0, 0, 10, 10, 0.7, 1))
    assert match(found, REFERENCE).tolist() == [[1, 0]]
    assert compare(found, REFERENCE).score_difference == pytest.approx(0.2)


def test_nothing_against_something() -> None:
    nothing = Detections.none()
    assert (compare(nothing, REFERENCE).recall, compare(nothing, REFERENCE).precision) == (0.0, 1.0)
    assert (compare(REFERENCE, nothing).recall, compare(REFERENCE, nothing).precision) == (1.0, 0.0)
    assert compare(nothing, nothing) == Agreement()


def test_frames_add_up() -> None:
    total = compare(REFERENCE, REFERENCE) + compare(Detections.none(), REFERENCE)
    assert (total.recall, total.precision) == (0.5, 1.0)


@pytest.mark.parametrize(("likeliest", "shared"), [(4, 1), (5, 0)])
def test_classifications_agree_in_the_likeliest_class(likeliest: int, shared: int) -> None:
    reference = Classification(np.array([4, 5], np.int32), np.array([0.6, 0.3], np.float32))
    found = Classification(np.array([likeliest], np.int32), np.array([0.5], np.float32))
    agreement = compare(found, reference)
    assert agreement.shared == shared
    assert agreement.score_difference == pytest.approx(0.1 * shared)


def test_maps_agree_by_pixel() -> None:
    reference = ClassMap(np.zeros((2, 5), np.uint8))
    found = ClassMap(np.array([[0, 0, 0, 0, 1]] * 2, np.uint8))
    assert compare(found, reference).recall == 0.8


def test_predictions_of_different_kinds_are_not_compared() -> None:
    with pytest.raises(TypeError, match="ClassMap with Detections"):
        compare(ClassMap(np.zeros((2, 2), np.uint8)), REFERENCE)


def test_overlap() -> None:
    a = np.array([[0, 0, 2, 2], [5, 5, 5, 5]], np.float32)
    b = np.array([[1, 0, 3, 2]], np.float32)
    np.testing.assert_allclose(intersection_over_union(a, b), [[1 / 3], [0]])


@pytest.mark.parametrize(
    ("agreement", "f1"), [(Agreement(10, 30, 10), 0.5), (Agreement(), 1.0), (Agreement(3, 0), 0.0)]
)
def test_f1_is_the_harmonic_mean_of_recall_and_precision(agreement: Agreement, f1: float) -> None:
    assert agreement.f1 == f1
