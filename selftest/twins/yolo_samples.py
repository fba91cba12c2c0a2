"""Outputs of YOLO's tables, of transformers and of networks that suppress nothing because they need not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from selftest.twins.sample import Array, Draw, Sample, Shapes, logits, shares

CELLS = 12 * 8 + 6 * 4 + 3 * 2
CLASSES = 37  # more than a word of bits, and no multiple of what a thread takes at once
QUERIES = 41
LEVELS = {"p3": (1, 3, 8, 12, 5 + CLASSES), "p4": (1, 3, 4, 6, 5 + CLASSES), "p5": (1, 3, 2, 3, 5 + CLASSES)}

Values = Callable[[np.random.Generator, tuple[int, ...]], Array]


def rows(values: Values, scale: float) -> Draw:
    """Scores of that kind, and in the first four columns boxes of that size; an output "logits" has no boxes."""

    def draw(random: np.random.Generator, shapes: Shapes) -> dict[str, Array]:
        drawn = {name: values(random, shape) for name, shape in shapes.items()}
        for name in sorted(drawn.keys() - {"logits"}):
            drawn[name][..., :4] = random.normal(0, scale, (*shapes[name][:-1], 4))
        return drawn

    return draw


def columns(values: Values, scale: float) -> Draw:
    """The same for outputs that have their rows as columns."""

    def draw(random: np.random.Generator, shapes: Shapes) -> dict[str, Array]:
        turned = {name: (first, last, middle) for name, (first, middle, last) in shapes.items()}
        return {name: values.swapaxes(1, 2) for name, values in rows(values, scale)(random, turned).items()}

    return draw


def chosen(random: np.random.Generator, shapes: Shapes) -> dict[str, Array]:
    """Rows of box, score and class."""
    (shape,) = shapes.values()
    boxes, classes = random.normal(30, 20, (shape[1], 4)), random.integers(0, CLASSES, (shape[1], 1))
    return dict.fromkeys(shapes, np.hstack((boxes, shares(random, (shape[1], 1)), classes))[None])


def ranked(labels: str) -> Draw:
    """Boxes, scores and classes apart."""

    def draw(random: np.random.Generator, shapes: Shapes) -> dict[str, Array]:
        table = chosen(random, {"": (1, shapes["boxes"][1], 6)})[""]
        return {"labels": table[..., 5].astype(labels), "boxes": table[..., :4] / 60, "scores": table[..., 4]}

    return draw


def yolov8(width: int, channels_first: bool, values: Values) -> Sample:
    """A table of boxes and scores."""
    parameters = {
        "output": "output0",
        "channels_first": channels_first,
        "columns": width,
        "strides": (8, 16, 32),
        "logits": values is logits,
    }
    shape = (1, width, CELLS) if channels_first else (1, CELLS, width)
    draw = (columns if channels_first else rows)(values, 50)
    return Sample("yolov8", CLASSES, {"output0": shape}, parameters, draw)


def yolox(decoded: bool, values: Values) -> Sample:
    """A table with an objectness."""
    parameters = {"output": "output", "strides": (8, 16, 32), "decoded": decoded, "logits": values is logits}
    return Sample("yolox", CLASSES, {"output": (1, CELLS, 5 + CLASSES)}, parameters, rows(values, 1.5))


def yolov5(shapes: Shapes, values: Values = shares, scale: float = 50, **parameters: object) -> Sample:
    """One table, or a level an output."""
    return Sample("yolov5", CLASSES, shapes, parameters, rows(values, scale))


def detr(shapes: Shapes, score_columns: tuple[int, int], values: Values) -> Sample:
    """Boxes and scores in one output or two."""
    names = list(shapes)
    parameters = {
        "outputs": {"boxes": names[0], "scores": names[-1]},
        "queries": QUERIES,
        "values": (shapes[names[0]][2], shapes[names[-1]][2]),
        "columns": score_columns,
        "activation": "sigmoid" if values is logits else "none",
    }
    return Sample("detr", CLASSES, shapes, parameters, rows(values, 0.5))


def ranked_detr(labels: str, queries: int | None = 300) -> Sample:
    """Queries whose classes were chosen in the network, with labels of that type."""
    names = ("boxes", "scores", "labels")
    parameters = {"outputs": {name: name for name in names}, "queries": queries, "values": (4, 1, 1)}
    return Sample("detr", CLASSES, {"boxes": (1, queries or 300, 4)}, parameters, ranked(labels))


def end_to_end(number: int | None) -> Sample:
    """So many rows that were chosen in the network."""
    parameters = {"output": "output0", "rows": number}
    return Sample("end_to_end", CLASSES, {"output0": (1, number or 300, 6)}, parameters, chosen)


TABLES = {
    "yolov8": yolov8(4 + CLASSES, True, shares),
    "yolov8 with masks": yolov8(4 + CLASSES + 32, True, shares),
    "yolov8, logits": yolov8(4 + CLASSES, True, logits),
    "yolov8, rows": yolov8(4 + CLASSES + 3, False, shares),
    "yolov8, rows of logits": yolov8(4 + CLASSES, False, logits),
    "yolox": yolox(False, shares),
    "yolox, logits": yolox(False, logits),
    "yolox, decoded": yolox(True, shares),
    "yolox, decoded, logits": yolox(True, logits),
    "yolov5": yolov5({"output": (1, 3 * CELLS, 5 + CLASSES)}, output="output"),
    "yolov5 with masks": yolov5(
        {"output": (1, 3 * CELLS, 37 + CLASSES)}, output="output", extra=32, strides=(8, 16, 32)
    ),
    "yolov6": yolov5({"output": (1, CELLS, 5 + CLASSES)}, output="output", per_cell=1),
    "yolov5, raw": yolov5(LEVELS, logits, 2, levels=list(LEVELS), anchors="yolov5"),
    "yolov7, raw": yolov5(LEVELS, logits, 2, levels=list(LEVELS), anchors="yolov7"),
    "transformer": detr({"output0": (1, QUERIES, 4 + CLASSES)}, (4, 4 + CLASSES), shares),
    "transformer, pair": detr(
        {"boxes": (1, QUERIES, 4), "logits": (1, QUERIES, CLASSES + 1)}, (1, CLASSES + 1), logits
    ),
}
CHOSEN = {
    "one row": end_to_end(1),
    "rows": end_to_end(300),
    "ranked transformer, int32": ranked_detr("int32"),
    "ranked transformer, int64": ranked_detr("int64"),
}
