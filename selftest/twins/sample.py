"""Outputs as networks give them, made up for every head that has kernels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from core import plugins
from detector.head import Head, Layout, Outputs
from detector.model import HEADS
from detector.preprocessing import Preprocessing

Array: TypeAlias = NDArray[Any]
Shapes = Mapping[str, tuple[int, ...]]
Draw = Callable[[np.random.Generator, Shapes], dict[str, Array]]


@dataclass(frozen=True)
class Sample:
    """A network of a family (a file name in `detector/heads`): what its head knows of it, and its outputs' shapes.

    `draw` makes random outputs; `width` and `height` are its input's, in pixels.
    """

    family: str
    classes: int
    shapes: Shapes
    parameters: Mapping[str, Any]
    draw: Draw
    width: int = 96
    height: int = 64

    def head(self) -> Head:
        """Its head."""
        layout = Layout("", "", self.classes, Preprocessing(self.width, self.height), self.parameters)
        head: Head = plugins.load(HEADS, self.family).Head(layout)
        return head

    def outputs(self, seed: int, floats: str = "float32") -> Outputs:
        """Random; numbers with a fraction are of the type given."""
        drawn = self.draw(np.random.default_rng(seed), self.shapes)
        return {
            name: np.ascontiguousarray(values.astype(floats) if values.dtype.kind == "f" else values)
            for name, values in drawn.items()
        }


def logits(random: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Half of the rows have none that becomes a candidate."""
    return random.normal(-3, 2, shape) - 9 * random.integers(0, 2, (*shape[:-1], 1))


def shares(random: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Few different ones: many are equal, and equal to the usual thresholds; half of the rows have none."""
    return random.integers(0, 17, shape) / 16 * random.integers(0, 2, (*shape[:-1], 1))
