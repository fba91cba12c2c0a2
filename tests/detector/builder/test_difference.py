"""How far two networks' numbers are apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx_graphs import GraphBuilder

from core.types import Frame
from detector.builder import samples
from detector.builder.difference import Difference, largest
from detector.builder.network import difference_text
from detector.model import load_model


def network(path: Path, scores: float, boxes: float) -> Path:
    """Constant scores and boxes of an SSD."""
    graph = GraphBuilder()
    for name, value, columns in (("boxes", boxes, 4), ("scores", scores, 21)):
        zeros = graph.op("Mul", graph.weighted(1, 3000, columns), graph.constant([0.0]))
        graph.output(graph.op("Add", zeros, graph.constant([value])), name, (1, 3000, columns))
    return graph.save(path)


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    folder = tmp_path / "pictures"
    folder.mkdir()
    samples.save([Frame.from_bgr(np.zeros((40, 50, 3), np.uint8))], folder)
    return samples.paths(folder)


def test_the_output_that_differs_most_for_its_size(tmp_path: Path, pictures: list[Path]) -> None:
    model = load_model(network(tmp_path / "given.onnx", -0.5, 600.0), "ssd")
    changed = network(tmp_path / "changed.onnx", -0.25, 601.0)
    assert largest(model, changed, pictures) == Difference(0.25, 0.25, 0.5, "scores")


def test_rows_that_are_ranked_inside_are_not_compared(tmp_path: Path, pictures: list[Path]) -> None:
    graph = GraphBuilder()
    best, _ = graph.two("TopK", graph.weighted(1, 300, 6), graph.constant([300], "int64"), axis=1)
    graph.output(best, "output0", (1, 300, 6))
    path = graph.save(tmp_path / "ranked.onnx")
    assert largest(load_model(path), path, pictures) is None


def test_in_words() -> None:
    words = "FP16 against FP32: 'output0' differs by 0.0021 on average and by up to 0.421, its values reach 639"
    assert difference_text("FP16", Difference(0.4213, 0.00213, 639.2, "output0")) == words


def test_the_share_of_what_is_0() -> None:
    assert Difference(0.5, 0.1, 0.0, "x").share == 0.5
