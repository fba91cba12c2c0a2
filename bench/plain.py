"""The loop that a user would write in an afternoon: the rival that the pipeline is measured against.

One thread: OpenCV reads, letterboxes and makes the blob; ONNX Runtime with its defaults infers; NumPy decodes;
OpenCV's NMS suppresses.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from core.errors import UsageError

CONFIDENCE, IOU = 0.3, 0.65


class PlainLoop:
    """`step` takes the next frame of a video, beginning again at its end, and returns how many boxes it found."""

    def __init__(self, model: Path, head: str, video: Path) -> None:
        import onnxruntime

        if head not in DECODERS:
            raise UsageError(f"the plain loop knows no head '{head}'", f"Give a network of: {', '.join(DECODERS)}.")
        cv2.setNumThreads(-1)  # OpenCV's default, which the product changes
        self._decode, self._blob = DECODERS[head]
        self._session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0]
        if [type(side) for side in self._input.shape[1:]] != [int] * 3 or self._input.shape[1] != 3:
            raise UsageError("the plain loop needs an input of 3 x height x width", "Export the network with one.")
        self._video = str(video)
        self._capture = cv2.VideoCapture(self._video)

    def step(self) -> int:
        """Read, detect."""
        frame = self._read()
        height, width = self._input.shape[2:]
        scale = min(width / frame.shape[1], height / frame.shape[0])
        small = cv2.resize(frame, None, fx=scale, fy=scale)
        below, right = height - small.shape[0], width - small.shape[1]
        square = cv2.copyMakeBorder(small, 0, below, 0, right, cv2.BORDER_CONSTANT, value=(114, 114, 114))
        output = self._session.run(None, {self._input.name: self._blob(square)})[0][0]
        boxes, scores, _ = self._decode(output, width)
        return len(cv2.dnn.NMSBoxes((boxes / scale).tolist(), scores.tolist(), CONFIDENCE, IOU))

    def _read(self) -> Any:
        ok, frame = self._capture.read()
        if not ok:
            self._capture = cv2.VideoCapture(self._video)
            ok, frame = self._capture.read()
        if not ok:
            raise UsageError(f"OpenCV cannot read {self._video}", "The benchmark needs a video file.")
        return frame


def _yolov8(output: Any, _: int) -> tuple[Any, Any, Any]:
    rows = output.T
    classes = rows[:, 4:].argmax(1)
    scores = rows[:, 4:].max(1)
    kept = scores > CONFIDENCE
    return _corner_and_size(rows[kept, :4]), scores[kept], classes[kept]


def _yolox(output: Any, size: int) -> tuple[Any, Any, Any]:
    grids, strides = [], []
    for stride in (8, 16, 32):
        cells = size // stride
        x, y = np.meshgrid(np.arange(cells), np.arange(cells))
        grids.append(np.stack([x, y], -1).reshape(-1, 2))
        strides.append(np.full((cells * cells, 1), stride))
    grid, stride_of = np.concatenate(grids), np.concatenate(strides)
    boxes = np.concatenate([(output[:, :2] + grid) * stride_of, np.exp(output[:, 2:4]) * stride_of], 1)
    scores = output[:, 4:5] * output[:, 5:]
    best = scores.max(1)
    kept = best > CONFIDENCE
    return _corner_and_size(boxes[kept]), best[kept], scores.argmax(1)[kept]


def _corner_and_size(boxes: Any) -> Any:
    return np.concatenate([boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, 2:]], 1)


def _rgb_blob(square: Any) -> Any:
    return cv2.dnn.blobFromImage(square, 1 / 255, swapRB=True)


Decode = Callable[[Any, int], tuple[Any, Any, Any]]
DECODERS: dict[str, tuple[Decode, Callable[[Any], Any]]] = {
    "yolov8": (_yolov8, _rgb_blob),
    "yolox": (_yolox, cv2.dnn.blobFromImage),
}
