"""An engine with its tensors in device memory."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace

import numpy as np

from core.types import TensorSpec
from detector import faults
from detector.cuda.engine import DeviceEngine
from detector.cuda.gpu import Gpu
from detector.cuda.memory import Memory
from detector.engine import fits
from detector.model import Model
from detector.preprocessing import Preprocessing

EngineOpener = Callable[[Model, tuple[int, ...], int], DeviceEngine]


class Network:
    """Open until `close`: every tensor has its place, constant inputs hold their values.

    `preprocessing` is that of the engine's input, `picture` where it lies; `outputs` are the network's by name.
    Raises `OutputInvalid` where an output has another shape than the file promises.
    """

    def __init__(self, model: Model, preprocessing: Preprocessing, gpu: Gpu, open_engine: EngineOpener) -> None:
        self.model = model
        self.head = model.head(preprocessing)
        self.input_shape = input_shape(preprocessing)
        self.engine = open_engine(model, self.input_shape, gpu.computing.handle)
        self._gpu = gpu
        self._addresses: dict[str, int] = {}

        with ExitStack() as opening:
            memory = opening.enter_context(Memory(gpu.device))
            opening.enter_context(self.engine)
            self.outputs = {spec.name: spec for spec in self.engine.outputs}
            self._check()
            constants = model.constants
            for spec in (*self.engine.inputs, *self.engine.outputs):
                self._place(spec, memory, constants.get(spec.name))
            self.picture = self.address(model.picture.name)
            dtypes = {spec.name: spec.dtype for spec in self.engine.inputs}
            self.preprocessing = replace(preprocessing, dtype=dtypes[model.picture.name])
            self.engine.enqueue()  # the first run of some runtimes chooses algorithms, which no graph can take
            self._closing = opening.pop_all()

    def close(self) -> None:
        """The engine is freed before its tensors."""
        self._closing.close()

    def address(self, name: str) -> int:
        """Where a tensor lies."""
        return self._addresses[name]

    def _place(self, spec: TensorSpec, memory: Memory, value: object) -> None:
        start = np.zeros(shape(spec), spec.dtype) if value is None else np.array(value, spec.dtype)
        self._addresses[spec.name] = memory.store(self._gpu.computing, start)
        self.engine.bind(spec.name, self._addresses[spec.name])

    def _check(self) -> None:
        for promised in self.model.graph.outputs:
            sides = shape(self.outputs[promised.name])
            if not fits(sides, promised.shape):
                raise faults.wrong_shape(self.model.path.name, promised.name, sides, promised.shape)


def shape(spec: TensorSpec) -> tuple[int, ...]:
    """Of a tensor whose every side is known."""
    return tuple(side or 0 for side in spec.shape)


def input_shape(preprocessing: Preprocessing) -> tuple[int, ...]:
    """Of a batch of one."""
    channels = 1 if preprocessing.colour == "GREY" else 3
    size = preprocessing.height, preprocessing.width
    return (1, channels, *size) if preprocessing.layout == "NCHW" else (1, *size, channels)
