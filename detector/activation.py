"""What is left of turning a network's class outputs into probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.types import F32
from detector.head import sigmoid
from onnxgraph.inspection import GraphInfo

NONE, SIGMOID, SOFTMAX = "none", "sigmoid", "softmax"
NUMBERS = {NONE: 0, SIGMOID: 1, SOFTMAX: 2}  # in detector/cuda/kernels/activation.cuh


def inside(graph: GraphInfo, output: str) -> str:
    """The activation between the last weighted layer and an output; it is not to be applied again."""
    tail = graph.tails[output]
    if "Softmax" in tail:
        return SOFTMAX
    return SIGMOID if tail & {"Sigmoid", "HardSigmoid"} else NONE


def apply(activation: str, values: NDArray[Any]) -> F32:
    """Class outputs [..., C] through "softmax" along the last axis, "sigmoid" or "none"; float32."""
    logits = values.astype(np.float32, copy=False)
    if activation == SIGMOID:
        return sigmoid(logits)
    if activation == SOFTMAX:
        weights: F32 = np.exp(logits - logits.max(axis=-1, keepdims=True))
        shares: F32 = weights / weights.sum(axis=-1, keepdims=True)
        return shares
    return logits
