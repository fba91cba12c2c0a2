"""NanoDet and NanoDet-Plus: told apart by their levels, and decoded cell by cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from dfl_graphs import BINS, CLASSES, SIDE, cells, level_maps, slow_boxes
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx_graphs import GraphBuilder

from core import plugins
from core.types import Thresholds
from detector.head import Layout
from detector.heads.nanodet import Head
from detector.model import HEADS, load_model, matches
from detector.preprocessing import Fit, Preprocessing
from onnxgraph.inspection import inspect

FIRST, PLUS = (8, 16, 32), (8, 16, 32, 64)
NAMES = {"names": "['cat', 'dog', 'cow']"}


def table(path: Path, strides: Sequence[int], metadata: Mapping[str, str] | None = None, bins: int = BINS) -> Path:
    """One output: each level's last convolution is split, the classes pass a sigmoid, and all is joined again."""
    graph = GraphBuilder((1, 3, SIDE, SIDE))
    joined = []
    for count in cells(strides):
        parts = graph.op(
            "Reshape", graph.weighted(1, CLASSES + 4 * bins, count, scale=2), graph.constant([0, 0, -1], "int64")
        )
        scores, distances = graph.two("Split", parts, graph.constant([CLASSES, 4 * bins], "int64"), axis=1)
        joined.append(graph.op("Concat", graph.op("Sigmoid", scores), distances, axis=1))
    output = graph.op("Transpose", graph.op("Concat", *joined, axis=2), perm=[0, 2, 1])
    graph.output(output, "output", (1, sum(cells(strides)), CLASSES + 4 * bins))
    return graph.save(path, metadata)


SAMPLES: dict[str, Callable[[Path], Path]] = {
    "plus": partial(table, strides=PLUS),
    "plus with names": partial(table, strides=PLUS, metadata=NAMES, bins=12),
    "first version in one": partial(table, strides=FIRST),
    "first version in levels": partial(level_maps, strides=FIRST),
}


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_input_is_normalised_bgr(sample: Callable[[Path], Path], tmp_path: Path) -> None:
    layout = Head.match(inspect(sample(tmp_path / "m.onnx")))
    assert layout is not None
    assert layout.classes == CLASSES
    assert layout.preprocessing.colour == "BGR"
    assert layout.preprocessing.mean == (103.53, 116.28, 123.675)
    assert layout.preprocessing.std == (57.375, 57.12, 58.395)
    assert layout.assumed


@pytest.mark.parametrize(
    ("strides", "fit", "points"), [(PLUS, Fit.STRETCH, "corners"), (FIRST, Fit.LETTERBOX_CENTRE, "centres")]
)
def test_levels_tell_the_version(strides: Sequence[int], fit: Fit, points: str, tmp_path: Path) -> None:
    layout = Head.match(inspect(table(tmp_path / "m.onnx", strides)))
    assert layout is not None
    assert layout.preprocessing.fit is fit
    assert layout.parameters["points"] == points


def test_a_description_may_choose_the_points(tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text('[parameters]\npoints = "centres"\n')
    assert load_model(table(tmp_path / "m.onnx", PLUS)).layout.parameters["points"] == "centres"


def test_names_tell_the_bins(tmp_path: Path) -> None:
    layout = Head.match(inspect(table(tmp_path / "m.onnx", FIRST, NAMES, bins=17)))
    assert layout is not None
    assert layout.parameters["bins"] == 17


def test_four_levels_of_two_outputs_are_nanodet_only_when_asked_for(tmp_path: Path) -> None:
    path = level_maps(tmp_path / "m.onnx", PLUS)
    assert [layout.head for layout in matches(inspect(path), plugins.names(HEADS))] == ["picodet"]
    assert load_model(path, "nanodet").layout.preprocessing.fit is Fit.STRETCH


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1), st.floats(0.05, 0.95), st.sampled_from([(FIRST, "centres"), (PLUS, "corners")]))
def test_decode_equals_a_slow_computation(seed: int, threshold: float, version: tuple[Sequence[int], str]) -> None:
    strides, points = version
    random = np.random.default_rng(seed)
    scores = random.random((sum(cells(strides)), CLASSES)).astype(np.float32)
    bins = random.normal(0, 2, (len(scores), 4 * BINS)).astype(np.float32)
    parameters = {"output": "output", "strides": strides, "bins": BINS, "logits": False, "points": points}
    layout = Layout("nanodet", "", CLASSES, Preprocessing(SIDE, SIDE), parameters)
    outputs = {"output": np.concatenate((scores, bins), axis=1)[None]}
    found = Head(layout).decode(outputs, Thresholds(confidence=threshold))
    offset = 0.5 if points == "centres" else 0.0
    expected = [box for box in slow_boxes(scores, bins, strides, offset) if box[4] >= np.float32(threshold)]
    rows = np.column_stack((found.xyxy, found.confidence, found.class_id))
    np.testing.assert_allclose(rows, np.array(expected).reshape(-1, 6), rtol=1e-4, atol=1e-3)
