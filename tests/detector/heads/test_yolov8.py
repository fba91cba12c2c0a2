"""YOLOv8 and its kin: recognised in every variant that is exported, and decoded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx_graphs import GraphBuilder

from core.types import Thresholds
from detector.head import Layout
from detector.heads.yolov8 import Head
from detector.preprocessing import Fit, Preprocessing
from onnxgraph.inspection import inspect

SIDE = 64
CELLS = 8 * 8 + 4 * 4 + 2 * 2
NAMES = {"names": "{0: 'cat', 1: 'dog', 2: 'cow'}"}
LAYOUT = Layout(
    head="yolov8",
    words="",
    classes=3,
    preprocessing=Preprocessing(SIDE, SIDE),
    parameters={
        "output": "output0",
        "channels_first": True,
        "columns": 7,
        "strides": (8, 16, 32),
        "logits": False,
    },
)


def network(path: Path, extra: int = 0, metadata: Mapping[str, str] | None = None) -> Path:
    """[1, 4 + 3 + extra, N], boxes decoded from distances as the exporter does."""
    graph = GraphBuilder((1, 3, SIDE, SIDE))
    table = _table(graph, extra)
    graph.output(table, "output0", (1, 7 + extra, CELLS))
    if extra == 32:
        graph.output(graph.weighted(1, 32, 16, 16), "output1", (1, 32, 16, 16))
    return graph.save(path, metadata)


def transposed(path: Path, metadata: Mapping[str, str] | None = None) -> Path:
    graph = GraphBuilder((1, 3, SIDE, SIDE))
    graph.output(graph.op("Transpose", _table(graph, 0), perm=[0, 2, 1]), "output0", (1, CELLS, 7))
    return graph.save(path, metadata)


def logits(path: Path) -> Path:
    graph = GraphBuilder((1, 3, SIDE, SIDE))
    boxes = graph.op("Add", graph.weighted(1, 4, CELLS), graph.constant(np.full((1, 4, 1), 20)))
    table = graph.op("Concat", boxes, graph.weighted(1, 3, CELLS, scale=2), axis=1)
    graph.output(table, "output0", (1, 7, CELLS))
    return graph.save(path)


def free_size(path: Path) -> Path:
    graph = GraphBuilder((1, 3, "height", "width"))
    graph.output(_table(graph, 0), "output0", (1, 7, "anchors"))
    return graph.save(path)


def _table(graph: GraphBuilder, extra: int) -> str:
    centre = graph.op("Add", graph.weighted(1, 2, CELLS, scale=8), graph.constant(np.full((1, 2, 1), 30)))
    size = graph.op("Add", graph.weighted(1, 2, CELLS), graph.constant(np.full((1, 2, 1), 12)))
    scores = graph.op("Sigmoid", graph.weighted(1, 3, CELLS, scale=2))
    rest = [graph.weighted(1, extra, CELLS)] if extra else []
    return graph.op("Concat", graph.op("Concat", centre, size, axis=1), scores, *rest, axis=1)


SAMPLES: dict[str, Callable[[Path], Path]] = {
    "channels first": network,
    "with names": partial(network, metadata=NAMES),
    "transposed": partial(transposed, metadata=NAMES),
    "logits": logits,
    "any size": free_size,
    "segment": partial(network, extra=32),
    "pose": partial(network, extra=51, metadata=NAMES | {"task": "pose"}),
    "obb": partial(network, extra=1, metadata=NAMES | {"task": "obb"}),
}


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_three_classes_in_every_variant(sample: Callable[[Path], Path], tmp_path: Path) -> None:
    layout = Head.match(inspect(sample(tmp_path / "m.onnx")))
    assert layout is not None
    assert layout.classes == 3
    assert layout.preprocessing.colour == "RGB"
    assert layout.preprocessing.fit is Fit.LETTERBOX_CENTRE


@pytest.mark.parametrize(("sample", "word"), [("segment", "masks"), ("pose", "key points"), ("obb", "angle")])
def test_what_is_left_out_is_said(sample: str, word: str, tmp_path: Path) -> None:
    layout = Head.match(inspect(SAMPLES[sample](tmp_path / "m.onnx")))
    assert layout is not None
    assert any(word in sentence for sentence in layout.assumed)


def test_transposed_without_names_is_uncertain(tmp_path: Path) -> None:
    layout = Head.match(inspect(transposed(tmp_path / "m.onnx")))
    assert layout is not None
    assert layout.certainty == 1


def test_transposed_with_one_name_less_has_an_objectness(tmp_path: Path) -> None:
    assert Head.match(inspect(transposed(tmp_path / "m.onnx", {"names": "['cat', 'dog']"}))) is None


@given(st.integers(0, 2**32 - 1), st.floats(0.05, 0.95), st.booleans())
def test_decode_equals_a_slow_computation(seed: int, threshold: float, channels_first: bool) -> None:
    rows = np.random.default_rng(seed).random((CELLS, 7)).astype(np.float32)
    expected = []
    for x, y, w, h, *scores in rows:
        best = max(range(3), key=lambda c: scores[c])
        if scores[best] >= np.float32(threshold):
            expected.append((x - w / 2, y - h / 2, x + w / 2, y + h / 2, scores[best], best))
    layout = replace(LAYOUT, parameters={**LAYOUT.parameters, "channels_first": channels_first})
    output = rows.T[None] if channels_first else rows[None]
    found = Head(layout).decode({"output0": output}, Thresholds(confidence=threshold))
    table = np.column_stack((found.xyxy, found.confidence, found.class_id))
    np.testing.assert_allclose(table, np.array(expected).reshape(-1, 6), rtol=1e-5, atol=1e-5)


def test_logits_become_probabilities() -> None:
    rows = np.full((1, 7, CELLS), -20, np.float32)
    rows[0, 4:, 3] = -1, 2, 0
    layout = replace(LAYOUT, parameters={**LAYOUT.parameters, "logits": True})
    found = Head(layout).decode({"output0": rows}, Thresholds(confidence=0.5, multi_label=True))
    assert found.class_id.tolist() == [1, 2]
    np.testing.assert_allclose(found.confidence, [1 / (1 + np.exp(-2)), 0.5], rtol=1e-6)


def test_threshold_zero_takes_every_logit() -> None:
    rows = np.full((1, 7, CELLS), -80, np.float32)
    layout = replace(LAYOUT, parameters={**LAYOUT.parameters, "logits": True})
    found = Head(layout).decode({"output0": rows}, Thresholds(confidence=0.0))
    assert len(found.confidence) == CELLS
