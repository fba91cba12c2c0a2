"""The cells over which dense heads predict: one prediction for each, level after level, row by row."""

from __future__ import annotations

import numpy as np

from core.types import F32

STRIDES = ((8, 16, 32), (8, 16, 32, 64), (4, 8, 16, 32), (16, 32))


def level_shapes(width: int, height: int, strides: tuple[int, ...]) -> list[tuple[int, int]]:
    """Rows and columns of each level in an input of that size in pixels."""
    return [(-(-height // stride), -(-width // stride)) for stride in strides]


def cell_count(width: int, height: int, strides: tuple[int, ...]) -> int:
    """How many cells all levels have together."""
    return sum(rows * columns for rows, columns in level_shapes(width, height, strides))


def strides_for(predictions: int | None, width: int, height: int, per_cell: int = 1) -> tuple[int, ...] | None:
    """The usual strides that give so many predictions; the most usual where the number is free; None where none do."""
    if predictions is None:
        return STRIDES[0]
    fitting = (strides for strides in STRIDES if per_cell * cell_count(width, height, strides) == predictions)
    return next(fitting, None)


def cell_points(width: int, height: int, strides: tuple[int, ...], offset: float = 0.5) -> F32:
    """For each cell [N, 3]: x and y of its point in input pixels, and its stride.

    The point lies at `offset` of the cell's side: 0.5 is the centre, 0 the corner.
    """
    levels = []
    for stride, (rows, columns) in zip(strides, level_shapes(width, height, strides), strict=True):
        y, x = np.mgrid[:rows, :columns].reshape(2, -1)
        levels.append(np.stack(((x + offset) * stride, (y + offset) * stride, np.full(x.shape, stride)), axis=1))
    points: F32 = np.concatenate(levels).astype(np.float32)
    return points
