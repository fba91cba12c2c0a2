"""The contract of a head: what a network family's outputs mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from core.types import F32, I32, Classification, ClassMap, Thresholds
from detector.preprocessing import Preprocessing
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
    (shown to the user). `classes` is the number of classes, `parameters` are the head's own (strides, anchors,
    output names). `certainty` is 2 where the graph allows nothing else, 1 where other families look alike.
    """

    head: str
    words: str
    classes: int
    preprocessing: Preprocessing
    parameters: Mapping[str, Any] = field(default_factory=dict)
    assumed: tuple[str, ...] = ()
    certainty: int = 2
    labels: tuple[str, ...] | None = None


class Head(Protocol):
    """One network family. The module's class is called `Head`; `decode` is the NumPy reference."""

    needs_nms: ClassVar[bool]

    @classmethod
    def match(cls, graph: GraphInfo) -> Layout | None:
        """The layout of a graph of this family; None where it is not one."""
        ...

    def __init__(self, layout: Layout) -> None: ...

    def decode(self, outputs: Outputs, thresholds: Thresholds) -> Candidates | Classification | ClassMap:
        """The prediction in network input pixels; a class map at the network's output size."""
        ...


def select(scores: F32, thresholds: Thresholds) -> tuple[NDArray[np.intp], I32, F32]:
    """Which of N boxes with C class scores [N, C] become candidates: box indices, class ids and confidences [M].

    A box enters with its best class (the lower index on ties), or with every class where `multi_label`, if the score
    is at least the threshold and the class is kept.
    """
    wanted = _kept(scores, thresholds)
    if thresholds.multi_label:
        rows, classes = np.nonzero(wanted >= thresholds.confidence)
        return rows, classes.astype(np.int32), wanted[rows, classes]
    rows = np.flatnonzero(wanted.max(axis=1, initial=-np.inf) >= thresholds.confidence)
    best = wanted[rows].argmax(axis=1) if len(rows) else np.empty(0, np.intp)
    return rows, best.astype(np.int32), wanted[rows, best]


def _kept(scores: F32, thresholds: Thresholds) -> F32:
    if thresholds.classes is None:
        return scores
    kept = np.full_like(scores, -np.inf)
    columns = [c for c in sorted(thresholds.classes) if c < scores.shape[1]]
    kept[:, columns] = scores[:, columns]
    return kept
