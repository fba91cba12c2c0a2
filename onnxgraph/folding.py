"""A graph made ready for conversion: constants folded, normalisation merged into convolutions, all nodes named."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import ModelUnreadable
from onnxgraph.onnxruntime_words import FATAL, failures, reason

if TYPE_CHECKING:
    import onnx

FREE_WEIGHTS = 4  # the IR version from which on weights need not be inputs


def fold(source: Path, target: Path) -> None:
    """Write the same network, simplified by ONNX Runtime within the ONNX standard.

    Weights that old exporters list among the inputs are fixed. Raises `ModelUnreadable` where ONNX Runtime cannot open
    the network.
    """
    import onnx

    model = onnx.load(source)
    weights = {tensor.name for tensor in model.graph.initializer}
    for value in [value for value in model.graph.input if value.name in weights]:
        model.graph.input.remove(value)
    model.ir_version = max(model.ir_version, FREE_WEIGHTS)
    with tempfile.TemporaryDirectory() as name:
        fixed, simple = Path(name) / "fixed.onnx", Path(name) / "simple.onnx"
        onnx.save(model, fixed)
        _simplify(fixed, simple)
        result = onnx.load(simple)
    _name_nodes(result.graph)
    onnx.save(result, target)


def _simplify(source: Path, target: Path) -> None:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(target)
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.log_severity_level = FATAL
    try:
        onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    except failures() as error:
        raise ModelUnreadable(
            f"ONNX Runtime cannot open the network: {reason(error)}",
            "Export the network with standard ONNX operators.",
        ) from error


def _name_nodes(graph: onnx.GraphProto) -> None:
    """Converters tell nodes by their names."""
    for number, node in enumerate(graph.node):
        node.name = node.name or f"{node.op_type}_{number}"
