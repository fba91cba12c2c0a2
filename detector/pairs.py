"""Networks that answer with boxes [1, N, 4] and class scores [1, N, C]: which output is which, and whose they are.

Three families share these shapes. What the exporter left inside the graph tells them apart: encodings come straight
from the last weighted layer, decoded boxes went through arithmetic, and a transformer has few boxes and attention.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from core.types import TensorSpec
from onnxgraph.inspection import GraphInfo

DECODING = frozenset({"Div", "Exp", "Mul", "Sigmoid", "Sub"})
ATTENTION = frozenset({"Attention", "GridSample", "LayerNormalization", "MultiHeadAttention", "TopK"})
MOST_QUERIES = 1000
BOX_WORDS = ("box", "dets", "loc", "reg")
ANCHOR_WORDS = ("anchor", "prior")


class Family(Enum):
    """Who writes boxes and scores so."""

    QUERIES = "transformer"  # DETR and its descendants
    ENCODED = "SSD encodings"  # offsets from anchors
    DECODED = "SSD boxes"


@dataclass(frozen=True)
class Pair:
    """The two outputs, the anchors that may come with them, and the family."""

    boxes: TensorSpec
    scores: TensorSpec
    anchors: TensorSpec | None
    family: Family

    @property
    def columns(self) -> int:
        """How many scores each box has."""
        return self.scores.shape[2] or 0


def find_pair(graph: GraphInfo) -> Pair | None:
    """The boxes and scores of a graph, whatever their order; None where the outputs are anything else."""
    anchors = [spec for spec in graph.outputs if _are_anchors(spec)]
    stacks = [spec for spec in graph.outputs if _is_stack(spec) and spec not in anchors]
    masks = [spec for spec in graph.outputs if len(spec.shape) == 4 and "mask" in spec.name]
    boxes = _boxes(stacks)
    if len(stacks) != 2 or boxes is None or len(anchors) > 1 or len(graph.outputs) != 2 + len(anchors + masks):
        return None
    scores = stacks[1 - stacks.index(boxes)]
    if boxes.shape[1] != scores.shape[1] or not scores.shape[2]:
        return None
    return Pair(boxes, scores, anchors[0] if anchors else None, _family(graph, boxes, scores))


def _is_stack(spec: TensorSpec) -> bool:
    return len(spec.shape) == 3 and spec.shape[0] in (1, None)


def _are_anchors(spec: TensorSpec) -> bool:
    return spec.shape[-1:] == (4,) and (len(spec.shape) == 2 or _named(spec, ANCHOR_WORDS))


def _boxes(stacks: Iterable[TensorSpec]) -> TensorSpec | None:
    """The stack of four columns; by name where several have four."""
    fours = [spec for spec in stacks if spec.shape[2] == 4]
    if len(fours) > 1:
        fours = [spec for spec in fours if _named(spec, BOX_WORDS)]
    return fours[0] if len(fours) == 1 else None


def _named(spec: TensorSpec, words: Iterable[str]) -> bool:
    return any(word in spec.name.lower() for word in words)


def _family(graph: GraphInfo, boxes: TensorSpec, scores: TensorSpec) -> Family:
    if not DECODING & graph.tails[boxes.name]:
        return Family.ENCODED
    few = boxes.shape[1] is None or boxes.shape[1] <= MOST_QUERIES
    return Family.QUERIES if few and _attends(graph, scores) else Family.DECODED


def _attends(graph: GraphInfo, scores: TensorSpec) -> bool:
    """Attention has operators of its own, or a softmax that is not the one over the classes."""
    tail = graph.tails[scores.name]
    softmax_inside = "Softmax" in graph.operators and "Softmax" not in tail
    return "Softmax" not in tail and (softmax_inside or bool(ATTENTION & set(graph.operators)))
