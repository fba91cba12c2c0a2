"""A user's own engine in place of an ONNX file: its tensors are known, what it computes between them is not.

Heads recognise a network by what stands before its outputs too. For an engine that is assumed: the usual ways to end a
network are tried one after another, and what was assumed is said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from core.errors import EngineUnavailable, ModelUnreadable
from core.types import TensorSpec
from detector import enginefile
from detector.cuda.libcuda import why_no_device
from detector.enginefile import REMEDY, EngineFile
from onnxgraph.inspection import GraphInfo

UNKNOWN = "unknown precision"
ULTRALYTICS = "task"  # the entry of its header that others do not write
NOTHING: frozenset[str] = frozenset()
ACTIVATED = frozenset({"Sigmoid", "Softmax"})
DECODED = ACTIVATED | {"Add", "Concat", "Mul", "Sub"}
CHOSEN = DECODED | {"TopK"}

Tensors = tuple[Sequence[TensorSpec], Sequence[TensorSpec]]  # inputs, outputs


@dataclass(frozen=True)
class Way:
    """How a network may end: in `words`, and as the operators before `boxes` [.., 4], `rows` [1, C] and the rest."""

    words: str
    rest: frozenset[str]
    boxes: frozenset[str]
    rows: frozenset[str] = NOTHING
    operators: Mapping[str, int] = field(default_factory=dict)

    def tail(self, output: TensorSpec) -> frozenset[str]:
        """The operators before an output."""
        if len(output.shape) == 2:
            return self.rows
        return self.boxes if output.shape[-1] == 4 else self.rest


WAYS = (
    Way("boxes are decoded inside and scores are probabilities", DECODED, DECODED),
    Way("scores are probabilities and boxes are as the last layer gives them", ACTIVATED, NOTHING),
    Way("detections are chosen inside", CHOSEN, CHOSEN),
    Way("all values are as the last layer gives them", NOTHING, NOTHING),
    Way("it is a transformer, whose scores are logits", NOTHING, DECODED, operators={"LayerNormalization": 1}),
)
DENSE = Way("its end is as Ultralytics exports it", DECODED, DECODED, ACTIVATED)
SPARSE = Way("its end is as Ultralytics exports it, detections are chosen inside", CHOSEN, CHOSEN, ACTIVATED)


@dataclass(frozen=True, eq=False)
class Engine:
    """What is known of an engine: the `backend` that alone can run it, its `precision`, and a graph without inside."""

    backend: str
    precision: str
    graph: GraphInfo

    def guesses(self) -> Iterator[tuple[GraphInfo, str]]:
        """The graph with each inside that it may have, the likeliest first, and what is assumed in words."""
        for way in _ways(self.graph.metadata):
            tails = {spec.name: way.tail(spec) for spec in self.graph.outputs}
            graph = replace(self.graph, tails=tails, operators=Counter(way.operators))
            yield graph, f"an engine does not show its inside: taken that {way.words}"


def _ways(header: Mapping[str, str]) -> Sequence[Way]:
    if ULTRALYTICS not in header:
        return WAYS
    transformer = "rtdetr" in header.get("description", "").lower()  # two classes look like detections
    return (DENSE,) if transformer else (DENSE, SPARSE)


def look(file: EngineFile) -> Tensors:
    """An engine's inputs and outputs, told by the library that built it.

    Raises `EngineUnavailable` where it cannot be loaded on this machine.
    """
    from detector.cuda import tensorrt_runtime

    reason = why_no_device() or tensorrt_runtime.why_not(file.backend)
    if reason:
        raise EngineUnavailable(
            f"{file.path.name} is an engine of {file.backend} and cannot run here: {reason}", REMEDY
        )
    return tensorrt_runtime.tensors(file)


def read(path: Path, look: Callable[[EngineFile], Tensors] = look) -> Engine:
    """What an engine file tells. Raises `ModelUnreadable` where it is none, and what `look` raises."""
    file = enginefile.read(path)
    inputs, outputs = look(file)
    for spec in inputs:
        if len(spec.shape) == 4 and spec.shape[0] != 1:
            raise ModelUnreadable(
                f"{path.name} takes {spec.shape[0]} pictures at a time", "Build it for one (batch 1): jetsight build."
            )
    half = any(spec.dtype == "float16" for spec in inputs)
    graph = GraphInfo(
        path=path,
        inputs=tuple(inputs),
        outputs=tuple(outputs),
        metadata={key: str(value) for key, value in file.metadata.items()},
        operators={},
        tails={spec.name: NOTHING for spec in outputs},
        opset=0,
        producer=f"{file.metadata.get('author', '')} {file.metadata.get('version', '')}".strip(),
        names=file.names,
    )
    return Engine(file.backend, file.precision or ("FP16" if half else UNKNOWN), graph)
