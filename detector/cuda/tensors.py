"""What every device engine needs to know of a network's tensors before it is opened."""

from __future__ import annotations

from core.errors import EngineUnavailable
from detector.model import Model

Shape = tuple[int, ...]


def input_shapes(model: Model, shape: Shape) -> dict[str, Shape]:
    """The shape of every input by name: `shape` for the picture, and those of constant inputs."""
    return {**{name: values.shape for name, values in model.constants.items()}, model.picture.name: shape}


def data_dependent(network: str, output: str) -> EngineUnavailable:
    """The error for an output whose length nobody knows before the frame was seen."""
    return EngineUnavailable(
        f"the shape of output '{output}' of {network} depends on the picture, which this backend cannot take",
        "Export the network without its suppression (NMS), or use --backend onnxruntime.",
    )
