"""An ONNX network run by PyTorch, as the network of a fake TensorRT: on given addresses and a given stream.

All that does not depend on the picture is computed once for each shape, so that a run only queues kernels and can be
recorded into a CUDA graph.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from gpu.torch_operators import OPERATORS, PARAMETERS
from onnx import helper, numpy_helper
from torch import Tensor

Shape = tuple[int, ...]
TYPES = {"float32": "<f4", "float16": "<f2", "int32": "<i4", "int64": "<i8", "uint8": "|u1"}


@dataclass(frozen=True)
class Name:
    """A tensor that depends on the inputs."""

    text: str


@dataclass(frozen=True)
class Step:
    """One operator; `inputs` are names, or what is known already."""

    function: Callable[..., Any]
    attributes: Mapping[str, Any]
    inputs: tuple[Any, ...]
    outputs: tuple[str, ...]

    def run(self, tensors: dict[str, Tensor]) -> None:
        given = [tensors[value.text] if isinstance(value, Name) else value for value in self.inputs]
        made = self.function(self.attributes, *given)
        tensors.update(zip(self.outputs, (made,) if isinstance(made, Tensor) else made, strict=False))


class TorchNetwork:
    """See `fake_tensorrt.Network`. TensorFloat-32 is off."""

    def __init__(self, path: Path, device: str = "cuda") -> None:
        model = onnx.load(path)
        self._graph, self._device = model.graph, device
        self._opset = max(entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx"))
        self._weights = {tensor.name: _tensor(tensor) for tensor in model.graph.initializer}
        self._inputs = {v.name: _dtype(v) for v in model.graph.input if v.name not in self._weights}
        self._outputs = {v.name: _dtype(v) for v in model.graph.output}
        self._steps: dict[tuple[tuple[str, Shape], ...], list[Step]] = {}
        torch.backends.cudnn.allow_tf32 = False
        torch.backends.cuda.matmul.allow_tf32 = False

    def shapes(self, inputs: Mapping[str, Shape]) -> Mapping[str, Shape]:
        tensors = {
            name: torch.zeros(inputs[name], dtype=getattr(torch, dtype), device=self._device)
            for name, dtype in self._inputs.items()
        }
        return {name: tuple(tensor.shape) for name, tensor in self.infer(tensors).items()}

    def infer(self, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """All outputs for all inputs."""
        tensors = dict(inputs)
        with torch.inference_mode():
            for step in self._prepared(tensors):
                step.run(tensors)
        return {name: tensors[name] for name in self._outputs}

    def run(self, addresses: Mapping[str, int], shapes: Mapping[str, Shape], stream: int) -> None:
        def at(name: str, dtype: str) -> Tensor:
            return torch.as_tensor(Memory(addresses[name], shapes[name], dtype), device=self._device)

        with self._on(stream):
            answers = self.infer({name: at(name, dtype) for name, dtype in self._inputs.items()})
            for name, dtype in self._outputs.items():
                at(name, dtype).copy_(answers[name])

    def _on(self, stream: int) -> AbstractContextManager[Any]:
        return torch.cuda.stream(torch.cuda.ExternalStream(stream))

    def _prepared(self, inputs: Mapping[str, Tensor]) -> list[Step]:
        key = tuple((name, tuple(tensor.shape)) for name, tensor in inputs.items())
        if key not in self._steps:
            self._steps[key] = self._folded(inputs)
        return self._steps[key]

    def _folded(self, inputs: Mapping[str, Tensor]) -> list[Step]:
        """The steps that depend on the inputs' values; all others are run here."""
        known, seen, steps = dict(self._weights), dict(inputs), list[Step]()
        for node in self._graph.node:
            attributes = self._attributes(node)
            if node.op_type == "Constant":
                known[node.output[0]] = _tensor(attributes["value"])
            elif node.op_type == "Shape":
                known[node.output[0]] = torch.tensor({**known, **seen}[node.input[0]].shape)
            elif all(name in known for name in node.input if name):
                self._step(node, attributes, known, "cpu").run(known)
            else:
                steps.append(self._step(node, attributes, known, self._device))
                steps[-1].run(seen)
        return steps

    def _step(self, node: Any, attributes: Mapping[str, Any], known: Mapping[str, Tensor], device: str) -> Step:
        """A node whose parameters are numbers and whose weights lie where they are used."""
        inputs: list[Any] = []
        for index, name in enumerate(node.input):
            value = known.get(name)
            if value is None:
                inputs.append(Name(name) if name else None)
            elif index in PARAMETERS.get(node.op_type, ()):
                inputs.append(value.reshape(-1).tolist())
            else:
                inputs.append(value.to(device))
        return Step(OPERATORS[node.op_type], attributes, tuple(inputs), tuple(node.output))

    def _attributes(self, node: Any) -> dict[str, Any]:
        found = {entry.name: helper.get_attribute_value(entry) for entry in node.attribute}
        text = {name: value.decode() for name, value in found.items() if isinstance(value, bytes)}
        return {**found, **text, "opset": self._opset, "outputs": len(node.output)}


class Memory:
    """Device memory as PyTorch takes it."""

    def __init__(self, address: int, shape: Shape, dtype: str) -> None:
        self.__cuda_array_interface__ = {
            "data": (address, False),
            "shape": tuple(shape),
            "typestr": TYPES[dtype],
            "version": 2,
        }


def _tensor(proto: Any) -> Tensor:
    return torch.from_numpy(np.array(numpy_helper.to_array(proto)))


def _dtype(value: Any) -> str:
    return helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type).name
