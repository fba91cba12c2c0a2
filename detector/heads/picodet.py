"""PP-PicoDet: class scores and box distributions of each level as two outputs.

Yu et al. 2021, arXiv 2111.00902; `ppdet/modeling/heads/pico_head.py` of PaddlePaddle/PaddleDetection (Apache-2.0).
"""

from __future__ import annotations

from dataclasses import asdict
from typing import ClassVar

from core.types import Thresholds
from detector.dfl import Decoder, joined, level_maps
from detector.head import Candidates, KernelCall, Layout, Outputs
from detector.preprocessing import Fit, for_input
from onnxgraph.inspection import GraphInfo

MEAN = (123.675, 116.28, 103.53)
STD = (58.395, 57.12, 57.375)
LEVELS = 4


class Head:
    """Outputs [1, cells, C] and [1, cells, 4 * bins] for each stride; distances count from the cells' centres."""

    needs_nms: ClassVar[bool] = True

    @classmethod
    def match(cls, graph: GraphInfo) -> Layout | None:
        """NanoDet's first version exports the same shapes; the exporter tells, or else the number of levels."""
        image = for_input(graph.inputs[0], fit=Fit.STRETCH, mean=MEAN, std=STD) if len(graph.inputs) == 1 else None
        maps = level_maps(graph, image.width, image.height) if image else None
        if image is None or maps is None:
            return None
        by_paddle = "paddle" in graph.producer.lower()
        likely = len(maps.strides) == LEVELS
        return Layout(
            head="picodet",
            words=f"{maps.classes} class scores and 4 x {maps.bins} bins for each cell of strides {maps.strides}"
            + (", exported by PaddlePaddle" if by_paddle else ""),
            classes=maps.classes,
            preprocessing=image,
            parameters=asdict(maps),
            assumed=() if by_paddle else ("PP-PicoDet and its preprocessing; NanoDet's outputs can look the same",),
            certainty=2 if by_paddle else int(likely),
            iou=0.6,
        )

    def __init__(self, layout: Layout) -> None:
        self._scores: tuple[str, ...] = layout.parameters["scores"]
        self._boxes: tuple[str, ...] = layout.parameters["boxes"]
        self._channels: tuple[int, int] = layout.classes, layout.parameters["bins"]
        strides, logits = layout.parameters["strides"], layout.parameters["logits"]
        self._decoder = Decoder(layout.preprocessing, strides, offset=0.5, logits=logits)

    def decode(self, outputs: Outputs, thresholds: Thresholds) -> Candidates:
        """The levels are joined, finest first."""
        return self._decoder.candidates(joined(outputs, self._scores), joined(outputs, self._boxes), thresholds)

    def kernel_calls(self) -> tuple[KernelCall, ...]:
        """One a level."""
        return self._decoder.level_calls(self._scores, self._boxes, *self._channels)
