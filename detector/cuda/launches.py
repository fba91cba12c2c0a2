"""A head's kernel calls, made ready for one path: all arguments are known, and only their launch is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.types import TensorSpec
from detector import faults
from detector.cuda.driver import Function, Stream
from detector.cuda.gpu import Gpu
from detector.cuda.memory import Memory
from detector.cuda.network import Network, shape
from detector.head import KernelCall
from detector.letterbox import Transform

BLOCK = 256


@dataclass(frozen=True)
class Launch:
    """A kernel with all that it is given."""

    function: Function
    blocks: int
    threads: int
    arguments: tuple[int | np.int32 | np.float32, ...]

    def enqueue(self, stream: Stream) -> None:
        """Queue it."""
        stream.launch(self.function, (self.blocks,), (self.threads,), self.arguments)


class Workbench:
    """What a path's kernels are made ready with: its network, its geometry, and memory on the GPU."""

    def __init__(self, gpu: Gpu, network: Network, transform: Transform, memory: Memory) -> None:
        self.gpu = gpu
        self.network = network
        self.transform = transform
        self.memory = memory
        self.calls = network.head.kernel_calls()

    def store(self, values: NDArray[Any]) -> int:
        """The address of a copy of an array."""
        return self.memory.store(self.gpu.computing, values)

    def launches(self, *rest: int) -> list[Launch]:
        """The head's calls, each with what its kind takes behind its own arguments.

        Raises `OutputInvalid` where an output has not the length that the kernel reads.
        """
        return [self._launch(call, rest) for call in self.calls]

    def _launch(self, call: KernelCall, rest: Sequence[int]) -> Launch:
        specs = [self.network.outputs[name] for name in call.tensors]
        self._check(specs, call.lengths)
        tensors = map(self.network.address, call.tensors)
        tables = map(self.store, call.tables)
        function = self.gpu.kernels.function(call.kernel, *(spec.dtype for spec in specs))
        blocks = -(-call.items * call.lanes // BLOCK)
        return Launch(function, blocks, BLOCK, (*tensors, *tables, *call.numbers, *rest))

    def _check(self, specs: Sequence[TensorSpec], lengths: Sequence[int]) -> None:
        for spec, length in zip(specs, lengths, strict=False):
            sides = shape(spec)
            if prod(sides) != length:
                raise faults.wrong_length(self.network.model.path.name, spec.name, sides, length)
