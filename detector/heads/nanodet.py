"""NanoDet and NanoDet-Plus: class scores and box distributions, as one table or as two outputs for each level.

`nanodet/model/head/gfl_head.py`, `nanodet_head.py` and `nanodet_plus_head.py` of RangiLyu/nanodet (Apache-2.0). The
first version has three levels and measures from the cells' centres, Plus has four and measures from their corners.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, ClassVar

import numpy as np

from core.types import Thresholds
from detector import grid
from detector.dfl import USUAL_BINS, Decoder, joined, level_maps
from detector.head import Candidates, KernelCall, Layout, Outputs
from detector.preprocessing import Fit, Preprocessing, for_input
from onnxgraph.inspection import GraphInfo

MEAN = (103.53, 116.28, 123.675)
STD = (57.375, 57.12, 58.395)
USUAL_ROW = 80 + 4 * USUAL_BINS
OFFSETS = {"centres": 0.5, "corners": 0.0}  # what distances are measured from, in cells
DECODED = frozenset({"Add", "Sub", "Mul", "Div", "Exp"})


class Head:
    """One output [1, N, C + 4 * bins], or [1, cells, C] and [1, cells, 4 * bins] for each stride."""

    needs_nms: ClassVar[bool] = True

    @classmethod
    def match(cls, graph: GraphInfo) -> Layout | None:
        """The number of levels tells the versions apart. Where PP-PicoDet is likelier the certainty is 0."""
        image = for_input(graph.inputs[0], colour="BGR", mean=MEAN, std=STD) if len(graph.inputs) == 1 else None
        found = (_separate(graph, image) or _table(graph, image)) if image else None
        if image is None or found is None:
            return None
        strides, classes = found["strides"], found["classes"]
        first = len(strides) == 3
        return Layout(
            head="nanodet",
            words=f"{classes} class scores and 4 x {found['bins']} bins for each cell of strides {strides}",
            classes=classes,
            preprocessing=_fitted(image, first),
            parameters={**found, "points": "centres" if first else "corners"},
            choices={"points": tuple(OFFSETS)},
            assumed=(f"{'NanoDet' if first else 'NanoDet-Plus'} and its preprocessing, by its {len(strides)} levels",),
            certainty=_certainty(graph, found),
            iou=0.6,
        )

    def __init__(self, layout: Layout) -> None:
        known = layout.parameters
        self._output: str | None = known.get("output")
        self._maps: tuple[tuple[str, ...], tuple[str, ...]] = known.get("scores", ()), known.get("boxes", ())
        self._classes, self._bins = layout.classes, known["bins"]
        self._decoder = Decoder(layout.preprocessing, known["strides"], OFFSETS[known["points"]], known["logits"])

    def decode(self, outputs: Outputs, thresholds: Thresholds) -> Candidates:
        """Either form becomes one table of scores and one of bins."""
        if self._output is None:
            scores, bins = (joined(outputs, names) for names in self._maps)
        else:
            table = outputs[self._output][0].astype(np.float32, copy=False)
            scores, bins = table[:, : self._classes], table[:, self._classes :]
        return self._decoder.candidates(scores, bins, thresholds)

    def kernel_calls(self) -> tuple[KernelCall, ...]:
        """One for the table, or one a level."""
        if self._output is None:
            return self._decoder.level_calls(*self._maps, self._classes, self._bins)
        return (self._decoder.table_call(self._output, self._classes, self._bins),)


def _separate(graph: GraphInfo, image: Preprocessing) -> Mapping[str, Any] | None:
    maps = level_maps(graph, image.width, image.height)
    return asdict(maps) if maps else None


def _table(graph: GraphInfo, image: Preprocessing) -> Mapping[str, Any] | None:
    """The one output of classes and bins; nothing behind the last convolution but the sigmoid of the classes."""
    match [spec.shape for spec in graph.outputs]:
        case [(1 | None, int(cells), int(row))] if row > 4 * USUAL_BINS:
            strides = grid.strides_for(cells, image.width, image.height)
        case _:
            return None
    output = graph.outputs[0].name
    tail = graph.tails[output]
    named = (row - len(graph.names)) // 4 if graph.names else 0
    bins = named if 4 * named + len(graph.names or ()) == row else USUAL_BINS
    signs = (named == bins, len(strides or ()) == 4, row == USUAL_ROW, bool(tail & {"Split", "Slice"}))
    if strides is None or tail & DECODED or not any(signs):
        return None
    logits = "Sigmoid" not in tail
    return {"output": output, "strides": strides, "classes": row - 4 * bins, "bins": bins, "logits": logits}


def _certainty(graph: GraphInfo, found: Mapping[str, Any]) -> int:
    if "output" in found:
        return 2
    return int(len(found["strides"]) == 3 and "paddle" not in graph.producer.lower())


def _fitted(image: Preprocessing, first: bool) -> Preprocessing:
    """`keep_ratio` of `config/legacy_v0.x_configs/nanodet-m.yml` and `config/nanodet-plus-m_416.yml`."""
    if first:
        return replace(image, fit=Fit.LETTERBOX_CENTRE, pad=0)
    return replace(image, fit=Fit.STRETCH)
