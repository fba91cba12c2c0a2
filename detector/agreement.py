"""How far two predictions of one frame agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.types import F32, Classification, ClassMap, Detections, Prediction

OVERLAP = 0.5  # intersection over union from which on two boxes of a class are the same object


@dataclass(frozen=True)
class Agreement:
    """Counted over one frame or, by `+`, over many.

    Of `reference` things (boxes, pictures or pixels) and the `found` ones, `shared` are the same; `score_error` is the
    sum of their differences in score.
    """

    reference: int = 0
    found: int = 0
    shared: int = 0
    score_error: float = 0.0

    def __add__(self, other: Agreement) -> Agreement:
        return Agreement(
            self.reference + other.reference,
            self.found + other.found,
            self.shared + other.shared,
            self.score_error + other.score_error,
        )

    @property
    def recall(self) -> float:
        """Share of the reference that was found; 1 where there was nothing to find."""
        return self.shared / self.reference if self.reference else 1.0

    @property
    def precision(self) -> float:
        """Share of what was found that is in the reference; 1 where nothing was found."""
        return self.shared / self.found if self.found else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of recall and precision (Dice's coefficient); 1 where neither has anything."""
        both = self.reference + self.found
        return 2 * self.shared / both if both else 1.0

    @property
    def score_difference(self) -> float:
        """Mean difference in score of what both have."""
        return self.score_error / self.shared if self.shared else 0.0


def compare(found: Prediction, reference: Prediction) -> Agreement:
    """Boxes are the same where class and place are, classifications where the likeliest class is, maps by pixel."""
    if isinstance(found, Detections) and isinstance(reference, Detections):
        return _boxes(found, reference)
    if isinstance(found, Classification) and isinstance(reference, Classification):
        return _classes(found, reference)
    if isinstance(found, ClassMap) and isinstance(reference, ClassMap):
        pixels = reference.class_id.size
        return Agreement(pixels, pixels, int((found.class_id == reference.class_id).sum()))
    raise TypeError(f"cannot compare {type(found).__name__} with {type(reference).__name__}")


def match(found: Detections, reference: Detections, overlap: float = OVERLAP) -> NDArray[np.intp]:
    """Pairs [K, 2] of indices into both: the best found box first takes the reference box it overlaps most."""
    shares = np.where(
        found.class_id[:, None] == reference.class_id, intersection_over_union(found.xyxy, reference.xyxy), 0.0
    )
    pairs = []
    for index in np.argsort(-found.confidence, kind="stable") if len(reference) else ():
        best = int(shares[index].argmax())
        if shares[index, best] >= overlap:
            pairs.append((int(index), best))
            shares[:, best] = 0.0
    return np.array(pairs, np.intp).reshape(-1, 2)


def intersection_over_union(a: F32, b: F32) -> NDArray[np.float64]:
    """For boxes [A, 4] and [B, 4]: [A, B]; 0 for empty boxes."""
    first, second = a.astype(np.float64)[:, None], b.astype(np.float64)[None]
    size = np.minimum(first[..., 2:], second[..., 2:]) - np.maximum(first[..., :2], second[..., :2])
    shared = np.maximum(size, 0).prod(axis=-1)
    union = _area(first) + _area(second) - shared
    share: NDArray[np.float64] = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return share


def _area(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    area: NDArray[np.float64] = (boxes[..., 2:] - boxes[..., :2]).prod(axis=-1)
    return area


def _boxes(found: Detections, reference: Detections) -> Agreement:
    pairs = match(found, reference)
    differences = np.abs(found.confidence[pairs[:, 0]] - reference.confidence[pairs[:, 1]])
    return Agreement(len(reference), len(found), len(pairs), float(differences.sum()))


def _classes(found: Classification, reference: Classification) -> Agreement:
    if not len(found.class_id) or not len(reference.class_id):
        return Agreement(min(1, len(reference.class_id)), min(1, len(found.class_id)))
    same = found.class_id[0] == reference.class_id[0]
    difference = abs(float(found.confidence[0] - reference.confidence[0])) if same else 0.0
    return Agreement(1, 1, int(same), difference)
