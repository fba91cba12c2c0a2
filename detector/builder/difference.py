"""How far the numbers that a changed network answers with are from those of the one given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.builder import samples
from detector.engine import open_engine
from detector.model import Model

RANKING = frozenset({"TopK", "NonMaxSuppression"})  # rows change places for next to nothing
Outputs = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Difference:
    """Of one output: the largest absolute `error`, their `mean`, and the largest absolute `value` it should have."""

    error: float
    mean: float
    value: float
    output: str

    @property
    def share(self) -> float:
        """The error relative to the value."""
        return self.error / self.value if self.value else self.error


def largest(model: Model, changed: Path, pictures: Sequence[Path]) -> Difference | None:
    """The output whose relative difference is largest over all pictures; None where all are ranked inside the graph."""
    names = [spec.name for spec in model.graph.outputs if not RANKING & model.graph.tails[spec.name]]
    found: list[Difference] = []
    with open_engine("onnxruntime", model.path) as given, open_engine("onnxruntime", changed) as after:
        for feeds in samples.feeds(model, samples.read(pictures)):
            found += _differences(given.run(feeds), after.run(feeds), names)
    return max(found, key=lambda difference: difference.share, default=None)


def _differences(given: Outputs, after: Outputs, names: Sequence[str]) -> list[Difference]:
    return [_difference(name, given[name].astype(np.float64), after[name]) for name in names]


def _difference(name: str, given: NDArray[np.float64], after: NDArray[Any]) -> Difference:
    errors = np.abs(after - given)
    return Difference(float(errors.max()), float(errors.mean()), float(np.abs(given).max()), name)
