"""Distances as distributions, and which output is which among maps that look alike."""

from __future__ import annotations

from math import exp
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx_graphs import GraphBuilder

from core.types import Thresholds
from detector.dfl import Decoder, distances, level_maps
from detector.preprocessing import Preprocessing
from onnxgraph.inspection import inspect

SIDE = 64
CELLS = (64, 16, 4)


def maps(path: Path, channels: tuple[int, int], activated: bool) -> Path:
    """Maps of three levels in a muddled order under names that say nothing."""
    graph = GraphBuilder((1, 3, SIDE, SIDE))
    for number, (cells, kind) in enumerate(((16, 0), (4, 1), (64, 1), (4, 0), (64, 0), (16, 1))):
        values = graph.weighted(1, cells, channels[kind])
        graph.output(
            graph.op("Sigmoid", values) if activated and kind == 0 else values, f"{number}", (1, cells, channels[kind])
        )
    return graph.save(path)


@pytest.mark.parametrize(
    ("channels", "activated", "bins"),
    [
        ((3, 32), True, 8),
        ((80, 32), True, 8),
        ((32, 68), True, 17),
        ((80, 32), False, 8),
        ((6, 68), False, 17),
    ],
)
def test_maps_are_grouped_by_shape(channels: tuple[int, int], activated: bool, bins: int, tmp_path: Path) -> None:
    found = level_maps(inspect(maps(tmp_path / "m.onnx", channels, activated)), SIDE, SIDE)
    assert found is not None
    assert found.strides == (8, 16, 32)
    assert (found.classes, found.bins, found.logits) == (channels[0], bins, not activated)
    assert found.scores == ("4", "0", "3")
    assert found.boxes == ("2", "5", "1")


@pytest.mark.parametrize("channels", [(8, 12), (3, 30), (32, 32)])
def test_maps_that_cannot_be_told_apart_are_not_taken(channels: tuple[int, int], tmp_path: Path) -> None:
    assert level_maps(inspect(maps(tmp_path / "m.onnx", channels, False)), SIDE, SIDE) is None


def test_levels_of_another_input_size_are_not_taken(tmp_path: Path) -> None:
    assert level_maps(inspect(maps(tmp_path / "m.onnx", (3, 32), True)), 96, SIDE) is None


@given(st.integers(0, 2**32 - 1), st.integers(2, 17))
def test_distances_are_expectations(seed: int, count: int) -> None:
    bins = np.random.default_rng(seed).normal(0, 4, (5, 4 * count)).astype(np.float32)
    for row, found in zip(bins.reshape(5, 4, count), distances(bins), strict=True):
        for side, distance in zip(row, found, strict=True):
            weights = [exp(value) for value in side]
            assert distance == pytest.approx(sum(k * w for k, w in enumerate(weights)) / sum(weights), rel=1e-4)


def test_no_boxes_have_no_distances() -> None:
    assert distances(np.empty((0, 32), np.float32)).shape == (0, 4)


def test_huge_logits_do_not_overflow() -> None:
    bins = np.full((1, 32), -1e30, np.float32)
    bins[0, 7::8] = 1e30
    assert distances(bins).tolist() == [[7, 7, 7, 7]]


@pytest.mark.parametrize(("offset", "centre"), [(0.5, (12, 4)), (0.0, (8, 0))])
def test_a_box_is_measured_from_its_cells_point(offset: float, centre: tuple[int, int]) -> None:
    scores, bins = np.zeros((sum(CELLS), 2), np.float32), np.zeros((sum(CELLS), 4 * 8), np.float32)
    scores[1, 1] = 0.75
    bins[1, [1, 8 + 2, 16 + 3, 24 + 4]] = 100
    found = Decoder(Preprocessing(SIDE, SIDE), (8, 16, 32), offset, logits=False).candidates(scores, bins, Thresholds())
    x, y = centre
    np.testing.assert_allclose(found.xyxy, [[x - 8, y - 16, x + 24, y + 32]], atol=1e-4)
    assert (found.confidence.tolist(), found.class_id.tolist()) == ([0.75], [1])


def test_logits_give_the_same_boxes_as_probabilities() -> None:
    random = np.random.default_rng(3)
    logits = random.normal(0, 2, (sum(CELLS), 3)).astype(np.float32)
    bins = random.normal(0, 2, (sum(CELLS), 32)).astype(np.float32)
    raw, ready = (Decoder(Preprocessing(SIDE, SIDE), (8, 16, 32), 0.5, logits=flag) for flag in (True, False))
    of_logits = raw.candidates(logits, bins, Thresholds(confidence=0.6))
    of_probabilities = ready.candidates(1 / (1 + np.exp(-logits)), bins, Thresholds(confidence=0.6))
    assert len(of_logits.confidence) > 5
    np.testing.assert_allclose(of_logits.xyxy, of_probabilities.xyxy)
    np.testing.assert_allclose(of_logits.confidence, of_probabilities.confidence, rtol=1e-5)
