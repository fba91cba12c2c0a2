"""What every device engine needs to know of a network's tensors before it is opened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from core.errors import EngineUnavailable
from detector.model import Model

Shape = tuple[int, ...]


def input_shapes(model: Model, shape: Shape) -> dict[str, Shape]:
    """The shape of every input by name: `shape` for the picture, and those of constant inputs."""
    constants: Mapping[str, Any] = model.layout.parameters.get("feeds", {})
    return {
        spec.name: np.shape(constants[spec.name]) if spec.name in constants else shape for spec in model.graph.inputs
    }


def data_dependent(network: str, output: str) -> EngineUnavailable:
    """The error for an output whose length nobody knows before the frame was seen."""
    return EngineUnavailable(
        f"the shape of output '{output}' of {network} depends on the picture, which this backend cannot take",
        "Export the network without its suppression (NMS), or use --backend onnxruntime.",
    )
