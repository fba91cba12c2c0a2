"""ONNX Runtime: its threads, its reasons."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from onnx_graphs import GraphBuilder, foreign, unnamed

from core.errors import EngineUnavailable, ModelUnreadable
from detector.engine import open_engine


def test_a_thread_for_each_core_that_may_be_used(tmp_path: Path) -> None:
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        assert open_engine("onnxruntime", tmp_path / "m.onnx").device == "CPU, 1 thread"
    finally:
        os.sched_setaffinity(0, allowed)


def test_an_operator_it_lacks_is_named(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ModelUnreadable) as caught, open_engine("onnxruntime", foreign(tmp_path / "m.onnx")):
        pass
    assert str(caught.value) == (
        "ONNX Runtime cannot open m.onnx: Fatal error: far.away:Teleport(-1) is not a registered function/op. "
        "Export the network with standard ONNX operators."
    )
    assert capfd.readouterr() == ("", "")


def test_what_was_got_and_expected_is_said(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    graph = GraphBuilder((1, 3, 32, 32))
    graph.output(graph.weighted(1, 2), "a", (1, 2))
    with (
        open_engine("onnxruntime", graph.save(tmp_path / "m.onnx")) as engine,
        pytest.raises(EngineUnavailable, match="Got: 8 Expected: 32"),
    ):
        engine.run({"images": np.zeros((1, 3, 8, 32), np.float32)})
    assert capfd.readouterr() == ("", "")


def test_a_closed_engine_says_so(tmp_path: Path) -> None:
    graph = GraphBuilder((1, 3, 32, 32))
    graph.output(graph.weighted(1, 2), "a", (1, 2))
    engine = open_engine("onnxruntime", graph.save(tmp_path / "m.onnx"))
    with pytest.raises(EngineUnavailable, match="not open"):
        engine.run({})


def test_names_that_are_no_text_are_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(ModelUnreadable, match=r"m\.onnx has names that are not UTF-8"),
        open_engine("onnxruntime", unnamed(tmp_path / "m.onnx")),
    ):
        pass
