"""Sides of outputs that the exporter left open."""

from __future__ import annotations

from pathlib import Path

from onnx_graphs import GraphBuilder

from onnxgraph.inspection import inspect


def test_open_sides_are_inferred_from_the_input(tmp_path: Path) -> None:
    graph = GraphBuilder((None, 3, 32, 64))
    graph.output(graph.op("Transpose", "images", perm=[0, 2, 3, 1]), "picture", (None, None, None, 3))
    graph.output(graph.weighted(1, 400, 4), "boxes", (None, None, None))
    first, second = inspect(graph.save(tmp_path / "m.onnx")).outputs
    assert (first.shape, second.shape) == ((1, 32, 64, 3), (1, 400, 4))


def test_what_depends_on_the_data_stays_open(tmp_path: Path) -> None:
    graph = GraphBuilder()
    found = graph.op("Cast", graph.op("NonZero", graph.weighted(1, 7)), to=1)
    graph.output(found, "found", (2, None))
    assert inspect(graph.save(tmp_path / "m.onnx")).outputs[0].shape == (2, None)


def test_an_open_input_leaves_its_outputs_open(tmp_path: Path) -> None:
    graph = GraphBuilder((1, 3, None, None))
    graph.output(graph.op("Sigmoid", "images"), "picture", (1, 3, None, None))
    assert inspect(graph.save(tmp_path / "m.onnx")).outputs[0].shape == (1, 3, None, None)


def test_declared_sides_are_kept(tmp_path: Path) -> None:
    graph = GraphBuilder((None, 3, 32, 64))
    graph.output(graph.op("Sigmoid", "images"), "picture", (None, 3, 32, 64))
    assert inspect(graph.save(tmp_path / "m.onnx")).outputs[0].shape == (None, 3, 32, 64)
