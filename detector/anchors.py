"""Boxes relative to anchors, as YOLOv5 introduced them (`models/yolo.py` of ultralytics/yolov5, Detect.forward)."""

from __future__ import annotations

import numpy as np

from core.types import F32


def anchored(box: F32, points: F32, anchors: F32) -> F32:
    """Centre and size [M, 4] in input pixels.

    `box` [M, 4] are probabilities, `points` [M, 3] are x and y of the cell's corner in pixels and its stride,
    `anchors` [M, 2] are widths and heights in pixels.
    """
    centre = (2 * box[:, :2] - np.float32(0.5)) * points[:, 2:] + points[:, :2]
    return np.concatenate((centre, np.square(2 * box[:, 2:]) * anchors), axis=1)
