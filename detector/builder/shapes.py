"""The shapes that an engine must take where the network leaves them free."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.types import TensorSpec
from detector.letterbox import sized
from detector.model import Model
from detector.preprocessing import Fit, Preprocessing
from detector.recipe import Shape

USUAL = (1280, 720)  # px: the frame that an engine for any size is tuned for


@dataclass(frozen=True)
class Range:
    """What one input may be; `usual` is what the engine is tuned for."""

    smallest: Shape
    usual: Shape
    largest: Shape


def ranges(model: Model) -> dict[str, Range]:
    """For every input of a network, its constant ones included."""
    fixed = {name: _constant(values.shape) for name, values in model.constants.items()}
    return {**fixed, model.picture.name: picture(model)}


def picture(model: Model) -> Range:
    """For the input that a frame fills."""
    spec, most = model.picture, model.layout.preprocessing
    if most.step is None or most.fit in (Fit.STRETCH, Fit.CROP_CENTRE):
        return _constant(_filled(spec, most))
    least = replace(most, width=most.step, height=most.step)
    return Range(_filled(spec, least), _filled(spec, sized(most, *USUAL)), _filled(spec, most))


def _constant(shape: Shape) -> Range:
    return Range(shape, shape, shape)


def _filled(spec: TensorSpec, wanted: Preprocessing) -> Shape:
    """One picture of that size; the sides that the network fixes as they are."""
    sides = (wanted.height, wanted.width)
    whole = (1, 1, *sides) if wanted.layout == "NCHW" else (1, *sides, 1)
    return tuple(known or free for known, free in zip(spec.shape, whole, strict=True))
