"""What an engine was built from, what is looked for, and whether the two fit."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

Shape = tuple[int, ...]
KEY_DIGITS = 8


@dataclass(frozen=True)
class Target:
    """The machine that an engine is for: `version` of the runtime, `gpu` and its `architecture` such as "87".

    TensorRT-RTX's engines run on every GPU of an architecture: their `gpu` is empty.
    """

    backend: str
    version: str
    gpu: str
    architecture: str


@dataclass(frozen=True)
class Recipe:
    """All that decides what an engine is; `network` is only a name, `onnx` the SHA-256 of its file and its weights.

    `smallest` and `largest` are the shapes of the picture that it takes, `samples` is the hash of the pictures that an
    int8 network was calibrated on.
    """

    network: str
    onnx: str
    target: Target
    precision: str
    workspace_mb: int | None
    dla: bool
    smallest: Shape
    largest: Shape
    samples: str = ""

    @property
    def name(self) -> str:
        """A file name without suffix, another for every other recipe."""
        key = hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:KEY_DIGITS]
        return f"{Path(self.network).stem}-{self.precision}-{self.target.backend}-{key}"


@dataclass(frozen=True)
class Wanted:
    """What an engine is looked for: any `precision` where None, any size where `shape` is None."""

    network: str
    onnx: str
    target: Target
    precision: str | None = None
    shape: Shape | None = None


def misfit(recipe: Recipe, wanted: Wanted) -> tuple[int, str] | None:
    """The first thing that keeps an engine from being used: how many were right before it, and it in words.

    None where there is nothing.
    """
    for number, (fits, words) in enumerate(_checks(recipe, wanted)):
        if not fits:
            return number, words
    return None


def _checks(recipe: Recipe, wanted: Wanted) -> Iterator[tuple[bool, str]]:
    have, need = recipe.target, wanted.target
    same_file = recipe.onnx == wanted.onnx
    yield same_file or recipe.network == wanted.network, "it was not built yet"
    yield have.backend == need.backend, f"it was built with {have.backend} only"
    yield same_file, "the file has changed since it was built"
    yield have.version == need.version, f"it was built with version {have.version}, this is {need.version}"
    same_gpu = (have.gpu, have.architecture) == (need.gpu, need.architecture)
    yield same_gpu, f"it was built for {_gpu(have)}, this is {_gpu(need)}"
    yield wanted.precision in (None, recipe.precision), f"it was built in {recipe.precision.upper()}"
    sizes = f"{_sides(recipe.smallest)} to {_sides(recipe.largest)}"
    yield wanted.shape is None or _within(wanted.shape, recipe), f"it takes pictures of {sizes} only"


def _within(shape: Shape, recipe: Recipe) -> bool:
    sides = zip(recipe.smallest, shape, recipe.largest, strict=False)
    return len(shape) == len(recipe.largest) and all(low <= side <= high for low, side, high in sides)


def _sides(shape: Shape) -> str:
    return "x".join(map(str, shape))


def _gpu(target: Target) -> str:
    capability = f"compute capability {target.architecture[:-1]}.{target.architecture[-1:]}"
    return f"{target.gpu} ({capability})" if target.gpu else capability
