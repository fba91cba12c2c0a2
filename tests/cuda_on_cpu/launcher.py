"""Launches kernels on arrays in host memory, for `selftest/twins`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cuda_on_cpu.compiled import Argument, address, compiled
from detector.cuda.kernels import KERNELS, SUFFIXES

KINDS = {np.int32: "i", np.float32: "f", int: "p"}


class OnHost:
    """Each launch is done at once."""

    def __init__(self) -> None:
        self._alive: list[NDArray[Any]] = []

    def address(self, array: NDArray[Any]) -> int:
        assert array.flags.c_contiguous
        self._alive.append(array)
        return address(array)

    def launch(
        self,
        kernel: str,
        dtypes: Sequence[str],
        grid: tuple[Sequence[int], Sequence[int]],
        arguments: Sequence[Argument],
    ) -> None:
        symbol = "_".join((kernel, *(SUFFIXES[dtype] for dtype in dtypes)))
        kernels = compiled(KERNELS[kernel].file)
        assert kernels.kinds(symbol) == "".join(KINDS[type(argument)] for argument in arguments)
        kernels.launch(symbol, *grid, arguments)

    def finish(self) -> None:
        pass
