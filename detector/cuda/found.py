"""What kernels and host tell each other, as NumPy records: `kernels/candidates.cuh` and `kernels/found.cuh`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.pixels import U8
from core.settings import MOST_DETECTIONS
from core.types import Classification, Detections, Thresholds
from detector import nms
from detector.head import logit
from detector.letterbox import Transform

NAN_MET, BOX_NOT_FINITE, CLASS_UNKNOWN = 1, 2, 4

SETTINGS = np.dtype(
    {
        "names": ("confidence", "least_logit", "iou", "max_detections", "multi_label", "class_agnostic"),
        "formats": ("f4", "f4", "f4", "i4", "i4", "i4"),
    }
)
CANDIDATES = np.dtype(
    {
        "names": ("keys", "boxes", "rows", "classes", "count", "flags"),
        "formats": ("u8", "u8", "i4", "i4", "u4", "u4"),
    }
)
PLACEMENT = np.dtype([(name, "f4") for name in ("shift_x", "shift_y", "scale_x", "scale_y", "width", "height")])
FOUND = np.dtype(
    {
        "names": ("count", "candidates", "flags", "highest_class", "rows"),
        "formats": ("u4", "u4", "u4", "i4", ("f4", (MOST_DETECTIONS, 6))),
    }
)

Record = NDArray[Any]  # of one element


def settings_record(thresholds: Thresholds, classes: int) -> U8:
    """The bytes of `Settings` for a network of so many classes; as many for all thresholds."""
    settings = np.zeros(1, SETTINGS)
    settings["confidence"], settings["iou"] = thresholds.confidence, thresholds.iou
    settings["least_logit"] = logit(thresholds.confidence)
    for name in ("max_detections", "multi_label", "class_agnostic"):
        settings[name] = getattr(thresholds, name)
    wanted = np.zeros(-(-classes // 32) * 32, np.uint8)
    wanted[sorted(_wanted(thresholds, classes))] = 1
    return np.concatenate((settings.view(np.uint8), np.packbits(wanted, bitorder="little")))


def candidates_record(keys: int, boxes: int, rows: int, classes: int) -> Record:
    """An empty list: the addresses of `rows * classes` 64-bit keys and of `rows` boxes of four float32."""
    return np.array([(keys, boxes, rows, classes, 0, 0)], CANDIDATES)


def placement_record(transform: Transform) -> Record:
    """The numbers of `transform.to_frame`."""
    shift, scale = (transform.shift_x, transform.shift_y), (transform.scale_x, transform.scale_y)
    return np.array([(*shift, *scale, transform.frame_width, transform.frame_height)], PLACEMENT)


def detections(found: Record) -> Detections:
    """The boxes of a record of `FOUND`, copied."""
    rows = _rows(found)
    return Detections(rows[:, :4].copy(), rows[:, 4].copy(), rows[:, 5].astype(np.int32))


def classification(found: Record) -> Classification:
    """The likeliest classes of a record of `FOUND`, copied."""
    rows = _rows(found)
    return Classification(rows[:, 5].astype(np.int32), rows[:, 4].copy())


def overlooked(found: Record) -> int:
    """How many candidates the suppression that led to a record of `FOUND` did not look at."""
    return nms.overlooked(int(found["candidates"][0]))


def _rows(found: Record) -> NDArray[np.float32]:
    rows: NDArray[np.float32] = found["rows"][0, : found["count"][0]]
    return rows


def _wanted(thresholds: Thresholds, classes: int) -> frozenset[int]:
    every = frozenset(range(classes))
    return every if thresholds.classes is None else every & thresholds.classes
