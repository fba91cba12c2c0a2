"""The shapes of a graph's outputs, inferred where the exporter left them open."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from core.types import TensorSpec

if TYPE_CHECKING:
    import onnx

SMALL = 1024  # bytes: shapes and other numbers that inference reads; weights are larger


def spec(value: onnx.ValueInfoProto) -> TensorSpec:
    """Name, shape and dtype of an input or output; the dtype is "unknown" where the file gives none."""
    from onnx import helper

    tensor = value.type.tensor_type
    shape = tuple(dim.dim_value if dim.dim_value > 0 else None for dim in tensor.shape.dim)
    dtype = helper.tensor_dtype_to_np_dtype(tensor.elem_type).name if tensor.elem_type else "unknown"
    return TensorSpec(value.name, shape, dtype)


def outputs(model: onnx.ModelProto) -> tuple[TensorSpec, ...]:
    """The outputs for a batch of one.

    Exporters that leave the batch free often leave the other sides of the outputs open too, although the input fixes
    them; those are then inferred from it.
    """
    declared = tuple(map(spec, model.graph.output))
    weights = {tensor.name for tensor in model.graph.initializer}
    inputs = [spec(value) for value in model.graph.input if value.name not in weights]
    if _closed(declared) or not _closed(inputs):
        return declared
    inferred = tuple(map(spec, _inferred(model).graph.output))
    return tuple(_closer(*pair) for pair in zip(declared, inferred, strict=True))


def _closed(specs: Iterable[TensorSpec]) -> bool:
    return all(spec.shape and None not in spec.shape[1:] for spec in specs)


def _inferred(model: onnx.ModelProto) -> onnx.ModelProto:
    import onnx

    bare = onnx.ModelProto()
    bare.CopyFrom(model)
    for tensor in bare.graph.initializer:
        if len(tensor.raw_data) > SMALL:
            tensor.ClearField("raw_data")
    for value in bare.graph.input:
        sides = value.type.tensor_type.shape.dim
        if len(sides) == 4 and sides[0].dim_value < 1:
            sides[0].dim_value = 1
    return onnx.shape_inference.infer_shapes(bare, data_prop=True)


def _closer(declared: TensorSpec, inferred: TensorSpec) -> TensorSpec:
    """The declared sides, and the inferred ones where those are open."""
    if not declared.shape or len(declared.shape) != len(inferred.shape):
        return declared if declared.shape else inferred
    sides = zip(declared.shape, inferred.shape, strict=True)
    return TensorSpec(declared.name, tuple(known or found for known, found in sides), declared.dtype)
