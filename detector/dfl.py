"""Boxes as distributions of four distances (Li et al. 2020, Generalized Focal Loss, arXiv 2006.04388).

Each side of a box is a softmax over bins; its expectation times the stride is the distance from the cell's point to
that side. NanoDet and PP-PicoDet export the class scores and the bins of each level in the same shapes, so what can be
read off such a graph is shared here.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np

from core.types import F32, Thresholds
from detector import activation, grid
from detector.head import Candidates, KernelCall, Outputs, logit, select, sigmoid
from detector.preprocessing import Preprocessing
from onnxgraph.inspection import GraphInfo

USUAL_BINS = 8  # reg_max 7 in the configurations of both families


@dataclass(frozen=True)
class LevelMaps:
    """The class outputs [1, cells, C] and the box outputs [1, cells, 4 * bins] of each level, finest first."""

    strides: tuple[int, ...]
    scores: tuple[str, ...]
    boxes: tuple[str, ...]
    classes: int
    bins: int
    logits: bool  # the sigmoid of the class scores is still to be applied


def level_maps(graph: GraphInfo, width: int, height: int) -> LevelMaps | None:
    """The outputs grouped by shape, never by order or name; None where they are not such maps."""
    kinds: dict[int, dict[int, str]] = defaultdict(dict)
    for spec in graph.outputs:
        match spec.shape:
            case (1 | None, int(cells), int(channels)):
                kinds[channels][cells] = spec.name
            case _:
                return None
    strides = _strides(kinds, width, height)
    bins = _bin_channels(kinds, graph)
    if strides is None or bins is None or 2 * len(strides) != len(graph.outputs):
        return None
    boxes = _finest_first(kinds.pop(bins))
    ((classes, maps),) = kinds.items()
    scores = _finest_first(maps)
    return LevelMaps(strides, scores, boxes, classes, bins // 4, "Sigmoid" not in graph.tails[scores[0]])


def _strides(kinds: dict[int, dict[int, str]], width: int, height: int) -> tuple[int, ...] | None:
    """The strides whose levels have as many cells as the maps of either kind."""
    if len(kinds) != 2:
        return None
    for strides in grid.STRIDES:
        levels = {grid.cell_count(width, height, (stride,)) for stride in strides}
        if all(set(maps) == levels for maps in kinds.values()):
            return strides
    return None


def _bin_channels(kinds: dict[int, dict[int, str]], graph: GraphInfo) -> int | None:
    """Bins never pass a sigmoid; where classes do not either, the usual number of bins tells them apart."""
    plain = [c for c, maps in kinds.items() if not any("Sigmoid" in graph.tails[name] for name in maps.values())]
    possible = [c for c in plain if c % 4 == 0 and c >= 8]
    if len(possible) > 1:
        possible = [c for c in possible if c == 4 * USUAL_BINS]
    return possible[0] if possible else None


def _finest_first(maps: dict[int, str]) -> tuple[str, ...]:
    return tuple(maps[cells] for cells in sorted(maps, reverse=True))


class Decoder:
    """Turns scores and bins of all cells into boxes in input pixels.

    `offset` says where in its cell a box is measured from: 0 is the top left corner, 0.5 the centre.
    """

    def __init__(self, preprocessing: Preprocessing, strides: tuple[int, ...], offset: float, logits: bool) -> None:
        size = preprocessing.width, preprocessing.height
        self._cells = grid.cell_points(*size, strides, offset)
        self._points, self._steps = self._cells[:, :2], self._cells[:, 2:]
        ends = accumulate((rows * columns for rows, columns in grid.level_shapes(*size, strides)), initial=0)
        self._levels = [slice(*level) for level in pairwise(ends)]
        self._logits = logits

    def candidates(self, scores: F32, bins: F32, thresholds: Thresholds) -> Candidates:
        """From scores [N, C] and bin logits [N, 4 * B]; only the boxes wanted are decoded."""
        at_least = logit(thresholds.confidence) if self._logits else None
        rows, class_id, chosen = select(scores, thresholds, at_least)
        confidence = sigmoid(chosen) if self._logits else chosen
        sides = distances(bins[rows]) * self._steps[rows]
        points = self._points[rows]
        return Candidates(np.concatenate((points - sides[:, :2], points + sides[:, 2:]), axis=1), confidence, class_id)

    def table_call(self, output: str, classes: int, bins: int) -> KernelCall:
        """For one output [1, N, C + 4 * bins] of all levels."""
        row = classes + 4 * bins
        return self._call((output, output), slice(0, len(self._cells)), (row, row, classes, bins))

    def level_calls(
        self, scores: tuple[str, ...], boxes: tuple[str, ...], classes: int, bins: int
    ) -> tuple[KernelCall, ...]:
        """For outputs [1, cells, C] and [1, cells, 4 * bins] of each level."""
        form = classes, 4 * bins, 0, bins
        levels = zip(scores, boxes, self._levels, strict=True)
        return tuple(self._call((score, box), level, form) for score, box, level in levels)

    def _call(self, tensors: tuple[str, str], cells: slice, form: tuple[int, int, int, int]) -> KernelCall:
        """`form`: the lengths of a row of scores and of bins, where in its row the bins begin, and their number."""
        count = cells.stop - cells.start
        numbers = tuple(map(np.int32, (count, cells.start, *form, self._logits)))
        lengths = count * form[0], count * form[1]
        return KernelCall("decode_distances", tensors, count, (self._cells[cells],), numbers, 8, lengths)


def distances(bins: F32) -> F32:
    """Expected left, top, right and bottom distance [M, 4] in strides from bin logits [M, 4 * B]."""
    weights = activation.apply(activation.SOFTMAX, bins.reshape(len(bins), 4, bins.shape[1] // 4))
    expected: F32 = np.matmul(weights, np.arange(weights.shape[2], dtype=np.float32))
    return expected


def joined(outputs: Outputs, names: tuple[str, ...]) -> F32:
    """The levels' outputs [1, cells, channels] as one table [N, channels]."""
    return np.concatenate([outputs[name][0] for name in names], dtype=np.float32)
