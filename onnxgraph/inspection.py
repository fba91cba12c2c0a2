"""What can be read off an ONNX file without running it."""

from __future__ import annotations

import ast
import json
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import ModelUnreadable
from core.types import TensorSpec
from onnxgraph import shapes
from onnxgraph.external import weight_files

if TYPE_CHECKING:
    import onnx

HEAVY = frozenset({"Conv", "ConvInteger", "ConvTranspose", "Gemm", "MatMul", "MatMulInteger", "QLinearConv"})


@dataclass(frozen=True, eq=False)
class GraphInfo:
    """A network's outside, and as much of its inside as tells families apart.

    `inputs` leave out the weights that old exporters list among them. `operators` counts the node types. `tails`
    gives for each output the node types between it and the last weighted layers before it: what the exporter left
    to be decoded by the reader is missing there. `names` are class names found in the metadata, `weight_files` hold
    weights that are not in the file itself.
    """

    path: Path
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    metadata: Mapping[str, str]
    operators: Mapping[str, int]
    tails: Mapping[str, frozenset[str]]
    opset: int
    producer: str
    names: tuple[str, ...] | None
    weight_files: tuple[Path, ...] = ()


def inspect(path: Path) -> GraphInfo:
    """Read an ONNX file; `ModelUnreadable` where it is none."""
    model = _load(path)
    graph = model.graph
    weights = {tensor.name for tensor in graph.initializer}
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    return GraphInfo(
        path=path,
        inputs=tuple(shapes.spec(value) for value in graph.input if value.name not in weights),
        outputs=shapes.outputs(model),
        metadata=metadata,
        operators=Counter(node.op_type for node in graph.node),
        tails=_tails(graph),
        opset=max((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), default=0),
        producer=f"{model.producer_name} {model.producer_version}".strip(),
        names=_class_names(metadata),
        weight_files=_weight_files(model, path),
    )


def _load(path: Path) -> onnx.ModelProto:
    if not path.is_file():
        raise ModelUnreadable(f"there is no network {path}", "Give the path of an ONNX file.")
    import onnx
    from google.protobuf.message import DecodeError

    try:
        model = onnx.load(path, load_external_data=False)
    except (DecodeError, OSError) as error:
        raise ModelUnreadable(f"{path.name} is not an ONNX file ({error})", "Export the network to ONNX.") from error
    if not model.graph.node or not model.graph.output:
        raise ModelUnreadable(f"{path.name} holds no ONNX graph", "Export the network to ONNX.")
    if not all(isinstance(text, str) for text in _texts(model)):
        raise ModelUnreadable(f"{path.name} has names that are not UTF-8", "Export the network again.")
    return model


def _weight_files(model: onnx.ModelProto, path: Path) -> tuple[Path, ...]:
    files = weight_files(model, path.parent)
    if missing := next((file for file in files if not file.is_file()), None):
        raise ModelUnreadable(f"{path.name} has weights in {missing.name}, which is not there", "Put it beside it.")
    return files


def _texts(model: onnx.ModelProto) -> Iterable[str | bytes]:
    """All that is read as text; what is not UTF-8 comes as bytes, whatever the types say."""
    for value in (*model.graph.input, *model.graph.output):
        yield value.name
    for node in model.graph.node:
        yield node.op_type
    for entry in model.metadata_props:
        yield from (entry.key, entry.value)


def _tails(graph: onnx.GraphProto) -> dict[str, frozenset[str]]:
    makers = {output: node for node in graph.node for output in node.output}
    return {output.name: frozenset(_between(output.name, makers)) for output in graph.output}


def _between(output: str, makers: Mapping[str, onnx.NodeProto]) -> Iterable[str]:
    pending, seen = deque([output]), {output}
    while pending:
        node = makers.get(pending.popleft())
        if node is None or node.op_type in HEAVY:
            continue
        yield node.op_type
        fresh = set(node.input) - seen
        seen |= fresh
        pending.extend(fresh)


def _class_names(metadata: Mapping[str, str]) -> tuple[str, ...] | None:
    """Names as exporters embed them: `{0: 'person', …}`, `["person", …]` or `person,bicycle,…`."""
    text = metadata.get("names") or metadata.get("classes") or metadata.get("labels")
    if not text:
        return None
    for parse in (json.loads, ast.literal_eval):
        try:
            value = parse(text)
        except (ValueError, SyntaxError):
            continue
        if isinstance(value, dict):
            return tuple(str(value[key]) for key in sorted(value, key=int))
        if isinstance(value, (list, tuple)):
            return tuple(map(str, value))
    return tuple(part.strip() for part in text.split(","))
