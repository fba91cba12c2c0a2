"""Outputs of networks for small machines: NanoDet, PP-PicoDet, SSD, FastestDet and Yolo-FastestV2."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from selftest.twins.sample import Array, Sample, Shapes

WIDTH, HEIGHT = 128, 96
CELLS = {8: 192, 16: 48, 32: 12, 64: 4}
ROWS = 300  # of SSDs
NAMES = tuple(f"s{stride}" for stride in CELLS), tuple(f"b{stride}" for stride in CELLS)


def _shares(random: np.random.Generator, shapes: Shapes, steps: int = 8) -> dict[str, Array]:
    """In 0..1, on so many steps that there are ties."""
    return {name: np.round(random.random(shape) * steps) / steps for name, shape in shapes.items()}


def _logits(random: np.random.Generator, shapes: Shapes) -> dict[str, Array]:
    """In -4..4, on steps."""
    return {name: np.round((random.random(shape) - 0.5) * 64) / 8 for name, shape in shapes.items()}


def sample(family: str, classes: int, shapes: Shapes, known: Mapping[str, Any], logits: bool = False) -> Sample:
    """For an input of the usual size."""
    return Sample(family, classes, shapes, known, _logits if logits else _shares, WIDTH, HEIGHT)


def distances_table(bins: int, logits: bool) -> Sample:
    """All levels in one table."""
    known = {"output": "o", "strides": (8, 16, 32, 64), "points": "corners", "bins": bins, "logits": logits}
    return sample("nanodet", 5, {"o": (1, sum(CELLS.values()), 5 + 4 * bins)}, known, logits)


def distances_levels(family: str, classes: int, logits: bool, levels: int = 4) -> Sample:
    """Scores and boxes of each level apart."""
    scores, boxes = (names[:levels] for names in NAMES)
    known = {"scores": scores, "boxes": boxes, "strides": tuple(CELLS)[:levels], "bins": 8, "logits": logits}
    shapes = {name: (1, CELLS[int(name[1:])], classes if name in scores else 32) for name in (*scores, *boxes)}
    return sample(family, classes, shapes, {**known, "points": "centres"}, logits)


def ssd(family: str, classes: int = 5, **known: object) -> Sample:
    """Boxes and scores, and anchors where they are an output; `known` has `activation`, `first` and `order`."""
    first = known["first"]
    shapes = {"b": (1, ROWS, 4), "s": (1, ROWS, classes + int(str(first)))}
    if isinstance(known.get("anchors"), str):
        shapes["p"] = (1, ROWS, 4)
    parameters = {"boxes": "b", "scores": "s", "rows": ROWS, **known}
    return sample(family, classes, shapes, parameters, known["activation"] != "none")


def with_anchors_beside(folder: Path, rows: int = ROWS) -> Sample:
    """Anchors in a file, which is written into the folder."""
    anchors = folder / "anchors.txt"
    np.savetxt(anchors, np.random.default_rng(5).random((rows, 4)))
    return ssd("ssd_raw", activation="none", first=1, order="xywh", anchors=anchors)


def fastest(parts: int) -> Sample:
    """Each level in one output or in three."""
    widths = (12, 3, 7) if parts == 3 else (22,)
    levels = [[f"{level}{part}" for part in range(parts)] for level in "ab"]
    sizes = [(6, 8), (3, 4)]
    shapes = {
        name: (1, width, *size) if parts == 3 else (1, *size, width)
        for level, size in zip(levels, sizes, strict=True)
        for name, width in zip(level, widths, strict=True)
    }
    return sample("yolo_fastestv2", 7, shapes, {"levels": tuple(map(tuple, levels))}, parts == 3)


FASTESTDET = sample("fastestdet", 6, {"o": (1, 11, 6, 8)}, {"output": "o"})
SMALL = {
    "nanodet table": distances_table(8, logits=False),
    "nanodet table of logits with 12 bins": distances_table(12, logits=True),
    "nanodet levels": distances_levels("nanodet", 3, logits=False, levels=3),
    "picodet": distances_levels("picodet", 80, logits=False),
    "picodet logits": distances_levels("picodet", 4, logits=True),
    "ssd": ssd("ssd", activation="none", first=1, order="xyxy"),
    "ssd of y before x": ssd("ssd", activation="none", first=0, order="yxyx"),
    "ssd softmax of 91": ssd("ssd", 90, activation="softmax", first=1, order="xyxy"),
    "ssd softmax of two": ssd("ssd", 1, activation="softmax", first=1, order="xyxy"),
    "ssd sigmoid": ssd("ssd", activation="sigmoid", first=1, order="yxyx"),
    "ssd_raw": ssd("ssd_raw", activation="softmax", first=1, order="xywh", anchors="p"),
    "ssd_raw of y before x": ssd("ssd_raw", activation="sigmoid", first=1, order="yxhw", anchors="p"),
    "fastestdet": replace(FASTESTDET, draw=partial(_shares, steps=7)),
    "yolo_fastestv2": fastest(1),
    "yolo_fastestv2 raw": fastest(3),
}
