"""A model: an ONNX file or a built engine, what its head recognised in it, and what its description adds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core import plugins
from core.errors import LayoutAmbiguous, LayoutUnknown, ModelUnreadable
from core.types import TensorSpec, Thresholds
from detector import labels
from detector.description import Description, describe
from detector.enginefile import SUFFIXES
from detector.head import Head, Layout
from detector.preprocessing import Preprocessing
from onnxgraph.inspection import GraphInfo, inspect

if TYPE_CHECKING:
    from detector.enginemodel import Engine

HEADS = "detector.heads"
STANDARD = ("", "ai.onnx.ml")  # ONNX's own domains
Finder = Callable[[Sequence[str]], list[Layout]]  # from names of heads to what they recognise
INT8 = {"ConvInteger", "MatMulInteger", "QLinearConv", "QLinearMatMul", "DequantizeLinear"}


@dataclass(frozen=True, eq=False)
class Model:
    """All that is known of a network before it runs.

    `description` is the file that was read beside it, `notes` say what was assumed. `engine` is what was built from the
    network, where its ONNX file is not at hand: then `graph` is only its outside.
    """

    graph: GraphInfo
    layout: Layout
    labels: tuple[str, ...]
    thresholds: Thresholds
    notes: tuple[str, ...]
    description: Path | None = None
    engine: Engine | None = None

    @property
    def path(self) -> Path:
        """The ONNX file or the engine."""
        return self.graph.path

    @property
    def precision(self) -> str:
        """INT8, FP16 or FP32, as the graph computes; "unknown precision" for engines that do not tell."""
        if self.engine:
            return self.engine.precision
        if INT8 & set(self.graph.operators):
            return "INT8"
        return "FP16" if self.layout.preprocessing.dtype == "float16" else "FP32"

    @property
    def constants(self) -> dict[str, NDArray[Any]]:
        """The inputs that are the same for every picture, by name."""
        values = self.layout.parameters.get("feeds", {})
        return {spec.name: np.array(values[spec.name], spec.dtype) for spec in self.graph.inputs if spec.name in values}

    @property
    def picture(self) -> TensorSpec:
        """The input that a frame fills."""
        constants = self.constants
        return next(spec for spec in self.graph.inputs if spec.name not in constants)

    def head(self, preprocessing: Preprocessing) -> Head:
        """The head for an input of that size."""
        module = plugins.load(HEADS, self.layout.head)
        head: Head = module.Head(replace(self.layout, preprocessing=preprocessing))
        return head


def load_model(path: Path, head: str | None = None) -> Model:
    """Read a network, or an engine that was built from one, and its description; `head` overrides both.

    Raises `ModelUnreadable` where file or description are wrong, `LayoutUnknown` where no head fits,
    `LayoutAmbiguous` where several do and `EngineUnavailable` where an engine cannot be loaded on this machine.
    """
    if path.suffix.lower() in SUFFIXES:
        from detector.enginemodel import read

        return model_of(read(path), head)
    graph = inspect(path)
    return _model(graph, partial(matches, graph), head)


def model_of(engine: Engine, head: str | None = None) -> Model:
    """The model of an engine; raises as `load_model` does."""
    return replace(_model(engine.graph, partial(guesses, engine), head), engine=engine)


def _model(graph: GraphInfo, find: Finder, head: str | None) -> Model:
    description = describe(graph.path)
    layout = _layout(graph, find, head or description.head)
    layout = replace(
        layout,
        preprocessing=_preprocessing(layout.preprocessing, description),
        parameters=_parameters(layout, description),
    )
    names, note = _labels(graph, layout, description)
    return Model(
        graph=graph,
        layout=replace(layout, classes=len(names)),
        labels=names,
        thresholds=_thresholds(layout, description),
        notes=(*layout.assumed, *note),
        description=description.path,
    )


def matches(graph: GraphInfo, heads: Sequence[str]) -> list[Layout]:
    """What each of the heads recognises, the most certain only."""
    found = [plugins.load(HEADS, name).Head.match(graph) for name in heads]
    layouts: list[Layout] = [layout for layout in found if layout]
    best = max((layout.certainty for layout in layouts), default=0)
    return [layout for layout in layouts if layout.certainty == best]


def guesses(engine: Engine, heads: Sequence[str]) -> list[Layout]:
    """What each of the heads recognises in the likeliest inside that it fits, whatever it thinks of its certainty."""
    return [layout for name in heads if (layout := _guess(engine, name))]


def _guess(engine: Engine, head: str) -> Layout | None:
    for graph, words in engine.guesses():
        for layout in matches(graph, [head]):
            return replace(layout, assumed=(*layout.assumed, words))
    return None


def _layout(graph: GraphInfo, find: Finder, wanted: str | None) -> Layout:
    known = plugins.names(HEADS)
    if wanted:
        plugins.load(HEADS, wanted)
    found = find([wanted] if wanted else known)
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(layout.head for layout in found)
        raise LayoutAmbiguous(
            f"{graph.path.name} fits several heads: {names}", f"Choose one with --head, e.g. --head {found[0].head}."
        )
    fitting = ", ".join(layout.head for layout in find(known)) or "none"
    what = f"the head '{wanted}' does not fit" if wanted else "no head fits"
    raise LayoutUnknown(
        f"{what} {graph.path.name} ({_shapes(graph)}{_foreign(graph)})",
        f"Export it in another form, without its own pre- and postprocessing. Heads that fit: {fitting}.",
    )


def _foreign(graph: GraphInfo) -> str:
    """Operators that few runtimes have: often a network without its pre- or postprocessing can be had."""
    from onnx import defs

    names = [name for name in graph.operators if not any(defs.has(name, domain) for domain in STANDARD)]
    return f"; not a registered function/op of ONNX: {', '.join(names)}" if names else ""


def _shapes(graph: GraphInfo) -> str:
    inputs = ", ".join(map(spec_text, graph.inputs)) or "none"
    return f"inputs: {inputs}; outputs: {', '.join(map(spec_text, graph.outputs))}"


def spec_text(spec: TensorSpec) -> str:
    """E.g. "images 1x3x?x640 float32"."""
    return f"{spec.name} {shape_text(spec.shape)} {spec.dtype}"


def shape_text(shape: Sequence[int | None]) -> str:
    """E.g. "1x3x?x640"; a free dimension is a question mark."""
    return "x".join("?" if side is None else str(side) for side in shape) or "scalar"


def _preprocessing(found: Preprocessing, description: Description) -> Preprocessing:
    """What the graph says, overridden by the description; a size is only taken by a network that leaves it free."""
    size = {key: description.input[key] for key in ("width", "height") if key in description.input}
    if found.step is None and any(getattr(found, key) != value for key, value in size.items()):
        raise ModelUnreadable(
            f"{description.path} asks for an input of another size than the network's {found.width}x{found.height}",
            "Leave width and height out.",
        )
    if found.dtype == "uint8" and {"mean", "std"} & set(description.input):
        raise ModelUnreadable(
            f"{description.path} gives a mean or a deviation to a network that takes uint8 pixels",
            "Leave mean and std out.",
        )
    colour = description.input.get("colour", found.colour)
    if (colour == "GREY") != (found.colour == "GREY"):
        raise ModelUnreadable(
            f"{description.path} asks for {colour} and the network takes {found.colour}", "Leave colour out."
        )
    return replace(found, **description.input, step=None if len(size) == 2 else found.step)


def _parameters(layout: Layout, description: Description) -> Mapping[str, Any]:
    """The head's own, overridden where the head leaves a choice."""
    for key, value in description.parameters.items():
        if value not in layout.choices.get(key, ()):
            choices = "; ".join(f"{name} = {' or '.join(values)}" for name, values in layout.choices.items())
            raise ModelUnreadable(
                f"{key} = {value!r} in {description.path} is no choice of the head '{layout.head}'",
                f"Its choices are: {choices or 'none'}.",
            )
    return {**layout.parameters, **description.parameters}


def _labels(graph: GraphInfo, layout: Layout, description: Description) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Description before head before metadata before the number of classes; and the note about it."""
    given = description.labels
    if isinstance(given, str) and description.path:
        given = labels.read(given, description.path.parent)
    if given is not None:
        return labels.checked(given, layout.classes, f"the labels of {description.path}"), ()
    if layout.labels is not None:
        return layout.labels, ()
    if graph.names and len(graph.names) == (layout.classes or len(graph.names)):
        return graph.names, ()
    names, note = labels.by_count(layout.classes)
    embedded = (f"the file names {len(graph.names)} classes, which do not fit",) if graph.names else ()
    return names, (*embedded, note)


def _thresholds(layout: Layout, description: Description) -> Thresholds:
    confidence = layout.confidence if description.confidence is None else description.confidence
    return Thresholds(confidence=confidence, iou=layout.iou if description.iou is None else description.iou)
