"""An engine that runs nothing: it answers with recorded outputs, or with numbers drawn from a seed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import EngineUnavailable
from core.types import TensorSpec
from detector.engine import check_feeds
from onnxgraph.inspection import inspect

FREE = 1  # what a free dimension becomes


def open(model: Path) -> ReplayEngine:
    """An unopened engine; a file beside the network with the ending `.npz` holds its outputs by name."""
    return ReplayEngine(model)


class ReplayEngine:
    """The same outputs for every picture. Seeded ones lie in 0..1."""

    device = "none, recorded outputs"
    opencv_threads = 1

    def __init__(self, model: Path) -> None:
        graph = inspect(model)
        self.inputs = graph.inputs
        self.outputs = graph.outputs
        self._recorded = model.with_suffix(".npz")
        self._answers: dict[str, NDArray[Any]] = {}

    def __enter__(self) -> ReplayEngine:
        self._answers = self._load() if self._recorded.is_file() else self._draw()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._answers = {}

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """All outputs by name; the inputs must have the network's shape and type."""
        check_feeds(self.inputs, feeds)
        return dict(self._answers)

    def _load(self) -> dict[str, NDArray[Any]]:
        try:
            with np.load(self._recorded) as file:
                answers = dict(file)
        except (OSError, ValueError) as error:
            raise EngineUnavailable(f"{self._recorded.name} cannot be read ({error})", "Record it again.") from error
        missing = {spec.name for spec in self.outputs} - set(answers)
        if missing:
            raise EngineUnavailable(f"{self._recorded.name} lacks the output {min(missing)}", "Record it again.")
        return answers

    def _draw(self) -> dict[str, NDArray[Any]]:
        random = np.random.default_rng(0)
        return {spec.name: _drawn(spec, random) for spec in self.outputs}


def _drawn(spec: TensorSpec, random: np.random.Generator) -> NDArray[Any]:
    shape = tuple(FREE if side is None else side for side in spec.shape)
    dtype = "float32" if spec.dtype == "unknown" else spec.dtype
    return np.asarray(random.random(shape), dtype)
