"""Sizes that an engine must take."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from onnx_graphs import GraphBuilder, Shape

from detector.builder.shapes import Range, picture, ranges
from detector.model import Model, load_model
from detector.preprocessing import Fit


def model(folder: Path, shape: Shape) -> Model:
    """A classifier, which allows every size."""
    graph = GraphBuilder(shape)
    graph.output(graph.weighted(1, 10), "scores", (1, 10))
    return load_model(graph.save(folder / "net.onnx"), "classification")


def fitted(found: Model, fit: Fit) -> Model:
    preprocessing = replace(found.layout.preprocessing, fit=fit)
    return replace(found, layout=replace(found.layout, preprocessing=preprocessing))


def test_a_fixed_size_is_the_only_one(tmp_path: Path) -> None:
    shape = (1, 3, 48, 64)
    assert ranges(model(tmp_path, (None, 3, 48, 64))) == {"images": Range(shape, shape, shape)}


def test_a_letterboxed_frame_may_need_any_multiple_of_the_step(tmp_path: Path) -> None:
    free = fitted(model(tmp_path, (1, 3, None, None)), Fit.LETTERBOX_CENTRE)
    assert picture(free) == Range((1, 3, 32, 32), (1, 3, 384, 640), (1, 3, 640, 640))


def test_a_stretched_frame_needs_the_largest(tmp_path: Path) -> None:
    free = fitted(model(tmp_path, (1, 3, None, None)), Fit.STRETCH)
    assert picture(free) == Range(*[(1, 3, 640, 640)] * 3)


def test_constant_inputs_have_one_shape(tmp_path: Path) -> None:
    found = model(tmp_path, (1, 3, 48, 64))
    layout = replace(found.layout, parameters={"feeds": {"scale": [[1.0, 1.0]]}})
    graph = replace(found.graph, inputs=(*found.graph.inputs, replace(found.graph.inputs[0], name="scale")))
    assert ranges(replace(found, layout=layout, graph=graph))["scale"] == Range((1, 2), (1, 2), (1, 2))
