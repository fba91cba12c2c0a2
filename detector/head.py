"""The contract of a head: what a network family's outputs mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from core.types import F32, I32, Classification, Thresholds
from detector.preprocessing import Preprocessing
from detector.segments import Segments
from onnxgraph.inspection import GraphInfo

Outputs = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Candidates:
    """Boxes before suppression: `xyxy` float32 [M, 4] in network input pixels, `confidence` [M], `class_id` [M]."""

    xyxy: F32
    confidence: F32
    class_id: I32


@dataclass(frozen=True)
class Layout:
    """What a head recognised in a graph.

    `words` say in one sentence what was recognised and by which signs; `assumed` names what the graph cannot tell
    (shown to the user). `classes` is the number of classes (0 where the graph does not tell), `parameters` are the
    head's own (strides, anchors, output names); `feeds` among them names inputs beside the picture and their constant
    values. `choices` are the values that a description may give to some of them. `certainty` is 2 where the graph
    allows nothing else, 1 where other families look alike. `labels` are class names that the family fixes.
    `confidence` and `iou` are the family's usual thresholds. `only_on_cpu` says why a GPU cannot decode such a network
    and what helps; empty where it can.
    """

    head: str
    words: str
    classes: int
    preprocessing: Preprocessing
    parameters: Mapping[str, Any] = field(default_factory=dict)
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    assumed: tuple[str, ...] = ()
    certainty: int = 2
    labels: tuple[str, ...] | None = None
    confidence: float = 0.25
    iou: float = 0.65
    only_on_cpu: str = ""


@dataclass(frozen=True, eq=False)
class KernelCall:
    """One launch of the CUDA twin of `decode`, as data.

    `kernel` is a name of `detector/cuda/kernels.py`. Its arguments are, in this order: the addresses of the network's
    outputs named in `tensors`, the addresses of `tables` (copied to the device once: anchors, cell points), `numbers`
    (int32 or float32), and then what every kernel of its kind takes. The variant of the kernel is chosen by the dtypes
    of the tensors, each named once and in order: `_f32` or `_f16`, `_f32_i64` where labels follow.
    `items` is the number of rows, each the work of `lanes` threads; `lengths` are the numbers of values that the
    tensors must have, so that none is read beyond its end (empty: not told).
    """

    kernel: str
    tensors: tuple[str, ...]
    items: int
    tables: tuple[NDArray[Any], ...] = ()
    numbers: tuple[np.int32 | np.float32, ...] = ()
    lanes: int = 1
    lengths: tuple[int, ...] = ()


class Head(Protocol):
    """One network family. The module's class is called `Head`; `decode` is the NumPy reference."""

    needs_nms: ClassVar[bool]

    @classmethod
    def match(cls, graph: GraphInfo) -> Layout | None:
        """The layout of a graph of this family; None where it is not one."""
        ...

    def __init__(self, layout: Layout) -> None: ...

    def decode(self, outputs: Outputs, thresholds: Thresholds) -> Candidates | Classification | Segments:
        """The prediction in network input pixels; classes of pixels at the network's output size."""
        ...

    def kernel_calls(self) -> tuple[KernelCall, ...]:
        """The same on a GPU: launches that together do what `decode` does; for levels, one a level, finest first.

        Empty where there is no CUDA twin.
        """
        ...


def select(scores: F32, thresholds: Thresholds, at_least: float | None = None) -> tuple[NDArray[np.intp], I32, F32]:
    """Which of N boxes with C class scores [N, C] become candidates: box indices, class ids and scores [M].

    A box enters with its best class (the lower index on ties), or with every class where `multi_label`, if the score
    is at least the threshold and the class is kept. `at_least` stands in for the threshold where the scores are not
    probabilities, such as logits. Channels-first scores are passed as a transposed view and not copied.
    """
    threshold = np.float32(thresholds.confidence if at_least is None else at_least)
    kept, scores = _kept(scores, thresholds)
    if thresholds.multi_label:
        rows, columns = np.nonzero(scores >= threshold)
    elif len(kept):
        rows = np.flatnonzero(scores.max(axis=1) >= threshold)
        columns = scores[rows].argmax(axis=1)
    else:
        rows = columns = np.empty(0, np.intp)
    return rows, kept[columns], scores[rows, columns]


def _kept(scores: F32, thresholds: Thresholds) -> tuple[I32, F32]:
    """The class ids kept, and their columns of the scores."""
    if thresholds.classes is None:
        return np.arange(scores.shape[1], dtype=np.int32), scores
    kept = np.array(sorted(c for c in thresholds.classes if c < scores.shape[1]), np.int32)
    return kept, scores[:, kept]


def to_corners(centre_and_size: F32) -> F32:
    """Boxes as centre and size [N, 4] -> corners [N, 4]."""
    half = centre_and_size[:, 2:] * np.float32(0.5)
    return np.concatenate((centre_and_size[:, :2] - half, centre_and_size[:, :2] + half), axis=1)


def sigmoid(logits: F32) -> F32:
    """Logits -> probabilities, without overflow."""
    halves: F32 = np.float32(0.5) * (1 + np.tanh(np.float32(0.5) * logits, dtype=np.float32))
    return halves


def logit(probability: float) -> float:
    """The inverse of `sigmoid`; infinite at 0 and 1."""
    with np.errstate(divide="ignore"):
        return float(np.log(probability) - np.log1p(-probability))
