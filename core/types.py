"""The frozen values that cross rooms.

Names carry their unit (`_ns`, `_ms`, `_hz`) and constructors check shapes. Boxes are
`xyxy` in frame pixels: x to the right, y down, the origin at the outer corner of the top left pixel.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.pixels import U8, Colour, PixelFormat, plane_shapes, to_bgr
from core.settings import MOST_DETECTIONS

F32: TypeAlias = NDArray[np.float32]
I32: TypeAlias = NDArray[np.int32]


def _require(value: object, ok: bool, expected: str) -> None:
    if not ok:
        raise ValueError(f"expected {expected}, got {value}")


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture of a source.

    `planes` hold uint8 in the form that `format` names. `index` counts the frames of the source from 0,
    dropped ones included. `captured_ns` is `time.perf_counter_ns()` when the frame arrived, `media_ns` the
    position in a recording (None where there is none).
    """

    planes: tuple[U8, ...]
    width: int
    height: int
    index: int
    captured_ns: int
    media_ns: int | None = None
    format: PixelFormat = PixelFormat.BGR
    colour: Colour = field(default_factory=Colour)

    def __post_init__(self) -> None:
        shapes = tuple(plane.shape for plane in self.planes)
        expected = plane_shapes(self.format, self.width, self.height)
        if shapes != expected:  # once a frame: no message is made where none is needed
            _require(shapes, False, f"{self.format.name} planes {expected} for {self.width}x{self.height}")

    @classmethod
    def from_bgr(cls, picture: U8, index: int = 0, media_ns: int | None = None) -> Frame:
        """A frame around a BGR picture [H, W, 3] that arrived now."""
        height, width = picture.shape[:2]
        return cls((picture,), width, height, index, time.perf_counter_ns(), media_ns)

    @cached_property
    def _bgr(self) -> U8:
        return to_bgr(self.planes, self.format, self.colour)

    def bgr(self) -> U8:
        """The picture as BGR uint8 [H, W, 3]; converted once, when first asked for. Not to be written to."""
        return self._bgr


@dataclass(frozen=True, eq=False)
class Detections:
    """Boxes: `xyxy` float32 [N, 4] in frame pixels, `confidence` float32 [N], `class_id` int32 [N], best first."""

    xyxy: F32
    confidence: F32
    class_id: I32

    def __post_init__(self) -> None:
        n = len(self.xyxy)
        _require(self.xyxy.shape, self.xyxy.shape == (n, 4), "xyxy [N, 4]")
        _require(self.confidence.shape, self.confidence.shape == (n,), f"confidence [{n}]")
        _require(self.class_id.shape, self.class_id.shape == (n,), f"class_id [{n}]")

    @classmethod
    def none(cls) -> Detections:
        """No boxes."""
        return cls(np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty(0, np.int32))

    def __len__(self) -> int:
        return len(self.xyxy)


@dataclass(frozen=True, eq=False)
class Classification:
    """The likeliest classes of the whole frame, best first: `class_id` int32 [K], `confidence` float32 [K]."""

    class_id: I32
    confidence: F32

    def __post_init__(self) -> None:
        k = len(self.class_id)
        _require(self.confidence.shape, self.confidence.shape == (k,), f"confidence [{k}]")


@dataclass(frozen=True, eq=False)
class ClassMap:
    """A class for each pixel of the frame: `class_id` uint8 [H, W] in frame pixels, `NO_CLASS` where there is none.

    Networks with a background have it as class 0 and label it "background"; of others class 0 is one like any.
    """

    class_id: U8

    def __post_init__(self) -> None:
        _require(self.class_id.shape, self.class_id.ndim == 2, "class_id [H, W]")


NO_CLASS = 255  # in a class map: filtered out, or outside of what the network saw

Prediction: TypeAlias = Detections | Classification | ClassMap


@dataclass(frozen=True)
class Thresholds:
    """What becomes a detection.

    `confidence` and `iou` lie in 0..1; `classes` are the class indices kept (None: all); at most `max_detections`
    boxes leave (1 to `MOST_DETECTIONS`); `multi_label` lets one box carry every class above the threshold (COCO
    evaluation) instead of its best; `class_agnostic` lets boxes of different classes suppress each other.
    """

    confidence: float = 0.25
    iou: float = 0.65
    classes: frozenset[int] | None = None
    max_detections: int = 300
    multi_label: bool = False
    class_agnostic: bool = False

    def __post_init__(self) -> None:
        _require(self.confidence, 0.0 <= self.confidence <= 1.0, "a confidence between 0 and 1")
        _require(self.iou, 0.0 <= self.iou <= 1.0, "an IoU between 0 and 1")
        most = self.max_detections
        _require(most, 1 <= most <= MOST_DETECTIONS, f"a number of detections between 1 and {MOST_DETECTIONS}")


@dataclass(frozen=True)
class StageTimes:
    """Where one frame's time went, in ms: waiting for the detector, then its three stages."""

    wait_ms: float
    preprocess_ms: float
    inference_ms: float
    postprocess_ms: float


@dataclass(frozen=True, eq=False)
class Result:
    """What a detector found in a frame, with the frame itself.

    `labels[class_id]` is the name of a class. `finished_ns` is `time.perf_counter_ns()` when the prediction was ready.
    `overlooked` counts the candidates, worst first, that suppression did not look at because there were too many.
    """

    frame: Frame
    prediction: Prediction
    stages: StageTimes
    labels: tuple[str, ...]
    finished_ns: int
    overlooked: int = 0

    @property
    def age_ms(self) -> float:
        """Time from the frame's arrival to its prediction, in ms."""
        return (self.finished_ns - self.frame.captured_ns) / 1e6


@dataclass(frozen=True)
class SourceInfo:
    """What was negotiated with a source. `fps` and `duration_ns` are None where the source does not say."""

    uri: str
    kind: str  # the name of the file in capture/sources
    width: int
    height: int
    fps: float | None
    format: str  # codec or pixel format as the source names it, e.g. "h264", "MJPG 1280x720 at 30 fps"
    live: bool
    seekable: bool = False
    duration_ns: int | None = None
    decoder: str = ""  # which decoder runs, e.g. "FFmpeg (CPU)"


@dataclass(frozen=True)
class TensorSpec:
    """A named input or output; a dimension is None where it is free or symbolic. `dtype` is NumPy's name."""

    name: str
    shape: tuple[int | None, ...]
    dtype: str


@dataclass(frozen=True)
class EngineInfo:
    """Which network runs, where, and on what terms."""

    model: str  # file name
    head: str
    backend: str
    device: str
    precision: str
    input_width: int
    input_height: int
    labels: tuple[str, ...]
    thresholds: Thresholds  # those it was opened with
    notes: tuple[str, ...] = ()  # what was assumed, and why a faster way was passed over
    depth: int = 1  # frames under way: 1 is the lowest latency, with 2 each answer comes one frame later
