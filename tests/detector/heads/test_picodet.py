"""PP-PicoDet: told from NanoDet by its exporter or its levels, and decoded cell by cell."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from dfl_graphs import BINS, CLASSES, SIDE, cells, level_maps, slow_boxes
from hypothesis import given, settings
from hypothesis import strategies as st

from core import plugins
from core.types import Thresholds
from detector.head import Layout
from detector.heads.picodet import Head
from detector.model import HEADS, load_model, matches
from detector.preprocessing import Fit, Preprocessing
from onnxgraph.inspection import inspect

STRIDES = (8, 16, 32, 64)
NAMES = {kind: tuple(f"{kind}_{count}" for count in cells(STRIDES)) for kind in ("cls", "dis")}
LAYOUT = Layout(
    head="picodet",
    words="",
    classes=CLASSES,
    preprocessing=Preprocessing(SIDE, SIDE),
    parameters={"strides": STRIDES, "scores": NAMES["cls"], "boxes": NAMES["dis"], "bins": BINS, "logits": False},
)

SAMPLES: dict[str, Callable[[Path], Path]] = {
    "by PaddlePaddle": partial(level_maps, strides=STRIDES, producer="PaddlePaddle"),
    "by another exporter": partial(level_maps, strides=STRIDES),
    "three levels by PaddlePaddle": partial(level_maps, strides=STRIDES[:3], producer="PaddlePaddle"),
    "logits": partial(level_maps, strides=STRIDES, producer="PaddlePaddle", activated=False),
}


def test_input_is_what_picodet_was_trained_with(tmp_path: Path) -> None:
    layout = Head.match(inspect(SAMPLES["by PaddlePaddle"](tmp_path / "m.onnx")))
    assert layout is not None
    assert layout.preprocessing.colour == "RGB"
    assert layout.preprocessing.fit is Fit.STRETCH
    assert layout.preprocessing.mean == (123.675, 116.28, 103.53)
    assert layout.preprocessing.std == (58.395, 57.12, 57.375)
    assert layout.iou == 0.6


@pytest.mark.parametrize(
    ("sample", "certainty", "said"), [("by PaddlePaddle", 2, False), ("by another exporter", 1, True)]
)
def test_what_the_exporter_does_not_tell_is_said(sample: str, certainty: int, said: bool, tmp_path: Path) -> None:
    layout = Head.match(inspect(SAMPLES[sample](tmp_path / "m.onnx")))
    assert layout is not None
    assert layout.certainty == certainty
    assert any("NanoDet" in sentence for sentence in layout.assumed) is said


def test_three_levels_are_picodet_only_when_asked_for(tmp_path: Path) -> None:
    path = level_maps(tmp_path / "m.onnx", STRIDES[:3])
    assert [layout.head for layout in matches(inspect(path), plugins.names(HEADS))] == ["nanodet"]
    assert load_model(path, "picodet").layout.parameters["strides"] == (8, 16, 32)


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1), st.floats(0.05, 0.95))
def test_decode_equals_a_slow_computation(seed: int, threshold: float) -> None:
    random = np.random.default_rng(seed)
    scores = random.random((sum(cells(STRIDES)), CLASSES)).astype(np.float32)
    bins = random.normal(0, 2, (len(scores), 4 * BINS)).astype(np.float32)
    starts = np.cumsum(cells(STRIDES))[:-1]
    outputs = {
        name: level[None]
        for names, table in ((NAMES["cls"], scores), (NAMES["dis"], bins))
        for name, level in zip(names, np.split(table, starts), strict=True)
    }
    found = Head(LAYOUT).decode(outputs, Thresholds(confidence=threshold))
    expected = [box for box in slow_boxes(scores, bins, STRIDES, 0.5) if box[4] >= np.float32(threshold)]
    table = np.column_stack((found.xyxy, found.confidence, found.class_id))
    np.testing.assert_allclose(table, np.array(expected).reshape(-1, 6), rtol=1e-4, atol=1e-3)
