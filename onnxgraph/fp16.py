"""A float32 network computing in float16, float32 kept where its range is needed.

The conversion is ONNX Runtime's (`onnxruntime.transformers.float16`, from onnxconverter-common). It rounds to float16
between two neighbours that both stay in float32; that is undone here, so that boxes in pixels are never rounded.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from onnxgraph.tail import tail

if TYPE_CHECKING:
    import onnx

# Beside the converter's own: sums over many values, exponents and norms, which leave float16's range of 65504.
WIDE = (
    "Softmax",
    "LogSoftmax",
    "Exp",
    "Pow",
    "ReduceMean",
    "ReduceSum",
    "ReduceL2",
    "InstanceNormalization",
    "LayerNormalization",
    "GroupNormalization",
)
HALVES_FINE = {"Min", "Max"}  # of the converter's own list; runtimes have them in float16 today


def to_fp16(source: Path, target: Path) -> None:
    """Write a folded network in float16: inputs and outputs as they are, what decodes its last layers in float32."""
    import onnx

    onnx.save(_converted(onnx.load(source)), target)


def _converted(model: onnx.ModelProto) -> onnx.ModelProto:
    """Changes the model given as well."""
    from onnxruntime.transformers import float16

    decoding, _ = tail(model.graph)
    halved: onnx.ModelProto = float16.convert_float_to_float16(
        model,
        keep_io_types=True,
        op_block_list=[*(set(float16.DEFAULT_OP_BLOCK_LIST) - HALVES_FINE), *WIDE],
        node_block_list=[node.name for node in decoding],
    )
    _drop_roundings(halved.graph)
    _sort(halved)
    return halved


def _drop_roundings(graph: onnx.GraphProto) -> None:
    """Where float32 was cast to float16 and back, pass it on."""
    from onnx import TensorProto, helper

    casts = {
        node.output[0]: (node, helper.get_node_attr_value(node, "to")) for node in graph.node if node.op_type == "Cast"
    }
    rounded = {output: node.input[0] for output, (node, kind) in casts.items() if kind == TensorProto.FLOAT16}
    for node, kind in casts.values():
        if kind == TensorProto.FLOAT and node.input[0] in rounded:
            passed = helper.make_node("Identity", [rounded[node.input[0]]], list(node.output), name=node.name)
            node.CopyFrom(passed)
    used = {name for node in graph.node for name in node.input} | {output.name for output in graph.output}
    for output, (node, _) in casts.items():
        if output not in used:
            graph.node.remove(node)


def _sort(model: onnx.ModelProto) -> None:
    from onnxruntime.quantization.onnx_model import ONNXModel

    ONNXModel(model).topological_sort()
