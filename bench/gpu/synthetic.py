"""A network that is none: the outputs of YOLOv8 with a known number of candidates, for the kernels around them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.gpu.parts import Parts
from bench.gpu.stopwatch import Arm, Stopwatch
from core.types import Detections, Frame, TensorSpec, Thresholds
from detector import labels
from detector.cuda.gpu import Gpu
from detector.cuda.memory import Memory
from detector.cuda.network import Network
from detector.grid import cell_count
from detector.model import Model, matches
from onnxgraph.inspection import GraphInfo

CLASSES = 80
LIKELY, UNLIKELY = 0.9, 0.01
INPUT, OUTPUT = "images", "output0"


@dataclass(frozen=True)
class Workload:
    """A square input of that side in pixels, and how many of its cells hold something."""

    side: int = 640
    candidates: int = 300
    dtype: str = "float32"

    @property
    def cells(self) -> int:
        """Of strides 8, 16 and 32."""
        return cell_count(self.side, self.side, (8, 16, 32))

    def table(self) -> NDArray[Any]:
        """[1, 4 + C, cells]: boxes of 16 to 96 pixels anywhere in the input, some of which overlap."""
        random = np.random.default_rng(0)
        table = np.full((1, 4 + CLASSES, self.cells), UNLIKELY, np.float32)
        table[0, :2] = random.uniform(0, self.side, (2, self.cells))
        table[0, 2:4] = random.uniform(16, 96, (2, self.cells))
        chosen = random.choice(self.cells, self.candidates, replace=False)
        scores = np.linspace(LIKELY, 1, self.candidates)
        table[0, 4 + random.integers(0, CLASSES, self.candidates), chosen] = scores
        return table.astype(self.dtype)


class Answered:
    """A `DeviceEngine` that has nothing to do: its answer lies there already."""

    device = "no network"
    precision = "FP32"
    not_capturable: str | None = None
    inputs: Sequence[TensorSpec]
    outputs: Sequence[TensorSpec]

    def __init__(self, model: Model) -> None:
        self.inputs, self.outputs = model.graph.inputs, model.graph.outputs

    def __enter__(self) -> Answered:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def bind(self, name: str, address: int) -> None:
        """Nobody reads the input, and the output is written from outside."""

    def enqueue(self) -> None:
        """Nothing."""


@contextmanager
def parts_on(gpu: Gpu, workload: Workload, frame: Frame) -> Iterator[Parts]:
    """The path's parts around a workload, for frames of one form. The GPU's thresholds must lie below `LIKELY`."""
    model, table = model_of(workload), workload.table()
    network = Network(model, model.layout.preprocessing, gpu, lambda model, _shape, _stream: Answered(model))
    try:
        gpu.computing.upload(network.address(OUTPUT), table)
        gpu.idle()
        with Memory(gpu.device) as memory:
            yield Parts(gpu, network, frame, memory)
    finally:
        network.close()


def boxes_left(parts: Parts, watch: Stopwatch, frame: Frame) -> int:
    """How many boxes suppression leaves of the candidates."""
    parts.launch_all(frame)
    watch.wait()
    prediction = parts.read().prediction
    return len(prediction) if isinstance(prediction, Detections) else 0


def arms(parts: Parts, watch: Stopwatch) -> Mapping[str, Arm]:
    """Each kernel and all of them, by the GPU's clock, for the frame that was last sent."""
    return {
        "letterbox": watch.kernel(parts.letterbox),
        "decode_suppress": watch.kernel(parts.decode),
        "kernels": watch.kernel(parts.kernels),
    }


def model_of(workload: Workload) -> Model:
    """What would be read off its ONNX file."""
    graph = GraphInfo(
        path=Path(f"{workload.cells} cells"),
        inputs=(TensorSpec(INPUT, (1, 3, workload.side, workload.side), workload.dtype),),
        outputs=(TensorSpec(OUTPUT, (1, 4 + CLASSES, workload.cells), workload.dtype),),
        metadata={},
        operators={},
        tails={OUTPUT: frozenset({"Sigmoid"})},
        opset=0,
        producer="",
        names=None,
    )
    (layout,) = matches(graph, ["yolov8"])
    names, _ = labels.by_count(CLASSES)
    return Model(graph, layout, names, Thresholds(), ())
