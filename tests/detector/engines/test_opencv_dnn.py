"""OpenCV's network module agrees with ONNX Runtime, and says what it lacks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx_graphs import GraphBuilder, foreign

from core.errors import EngineUnavailable
from detector.engine import open_engine


def test_agrees_with_onnx_runtime(tmp_path: Path) -> None:
    graph = GraphBuilder((1, 3, 32, 32))
    graph.output(graph.op("Sigmoid", graph.weighted(1, 6, 4)), "a", (1, 6, 4))
    graph.output(graph.op("Softmax", graph.weighted(1, 3, 5), axis=2), "b", (1, 3, 5))
    path = graph.save(tmp_path / "m.onnx")
    feeds = {"images": np.random.default_rng(1).random((1, 3, 32, 32), np.float32)}
    with open_engine("opencv_dnn", path) as ours, open_engine("onnxruntime", path) as reference:
        found, expected = ours.run(feeds), reference.run(feeds)
    for name in expected:
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-4, atol=1e-6)


def test_an_operator_it_lacks_is_named_and_nothing_else_is_printed(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with (
        pytest.raises(EngineUnavailable, match=r"cannot open m\.onnx: .*Teleport") as caught,
        open_engine("opencv_dnn", foreign(tmp_path / "m.onnx")),
    ):
        pass
    assert "onnxruntime" in caught.value.remedy
    assert capfd.readouterr() == ("", "")
