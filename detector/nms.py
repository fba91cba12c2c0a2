"""Greedy non-maximum suppression: the reference for every other implementation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.types import F32, I32

MOST_CANDIDATES = 4096  # CAP of cuda/kernels/ranking.cuh
BLOCK = 128


def overlooked(candidates: int) -> int:
    """How many of so many candidates `suppress` does not look at."""
    return max(0, candidates - MOST_CANDIDATES)


def suppress(xyxy: F32, confidence: F32, group: I32, iou: float, most: int) -> NDArray[np.intp]:
    """Indices of the boxes kept, best first.

    In order of score (ties: lower index) a box is kept if no kept box of its group overlaps it by more than `iou`
    (intersection over union); at most `most` are kept. The group is the class, or one number for all where classes
    suppress each other. Boxes that are not finite are left out; only the best `MOST_CANDIDATES` are looked at.
    """
    order = _ranked(xyxy, confidence)
    kept = order[:0]
    for start in range(0, len(order), BLOCK):
        block = order[start : start + BLOCK]
        if len(kept):
            block = block[~_overlap(xyxy, group, (block, kept), iou).any(axis=1)]
        kept = np.concatenate((kept, _greedy(xyxy, group, block, iou)))
        if len(kept) >= most:
            break
    return kept[:most]


def _ranked(xyxy: F32, confidence: F32) -> NDArray[np.intp]:
    finite = np.flatnonzero(np.isfinite(xyxy).all(axis=1) & np.isfinite(confidence))
    return finite[np.argsort(-confidence[finite], kind="stable")[:MOST_CANDIDATES]]


def _greedy(xyxy: F32, group: I32, block: NDArray[np.intp], iou: float) -> NDArray[np.intp]:
    overlap = _overlap(xyxy, group, (block, block), iou)
    free = np.ones(len(block), bool)
    for i in range(len(block)):
        if free[i]:
            free[i + 1 :] &= ~overlap[i, i + 1 :]
    kept: NDArray[np.intp] = block[free]
    return kept


def _overlap(xyxy: F32, group: I32, pair: tuple[NDArray[np.intp], NDArray[np.intp]], iou: float) -> NDArray[np.bool_]:
    """Which boxes of the first list [A] overlap which of the second [B] in the same group: [A, B]."""
    a, b = (xyxy[index].T for index in pair)
    width = np.minimum(a[2][:, None], b[2]) - np.maximum(a[0][:, None], b[0])
    height = np.minimum(a[3][:, None], b[3]) - np.maximum(a[1][:, None], b[1])
    shared = np.maximum(width, 0) * np.maximum(height, 0)
    union = _area(a)[:, None] + _area(b) - shared
    same = group[pair[0]][:, None] == group[pair[1]]
    overlapping: NDArray[np.bool_] = same & (shared > np.float32(iou) * union)
    return overlapping


def _area(box: F32) -> F32:
    area: F32 = (box[2] - box[0]) * (box[3] - box[1])
    return area
