"""The figures of a picture's way, and what stands beside them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from cuda_on_cpu.device import OPEN
from cuda_on_cpu.engine import CpuEngine
from cuda_on_cpu.makers import makers
from detecting import tiny

from selftest import timing
from selftest.check import Context, Status
from selftest.checks import speed


@pytest.fixture(autouse=True)
def _fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "ROUNDS", 2)
    monkeypatch.setattr(timing, "IN_A_ROUND", 2)
    monkeypatch.setattr(timing, "WARM_UP", 2)


def test_the_whole_and_its_parts(context: Context) -> None:
    outcome = speed.run(context)
    assert outcome.status is Status.OK
    figures = outcome.figures
    assert figures["whole_ms"] > figures["engine_ms"] > 0
    assert figures["copy_ms"] > 0
    difference = figures["whole_ms"] - figures["engine_ms"] - figures["copy_ms"]
    assert figures["above_engine_and_copy_ms"] == pytest.approx(difference, abs=1e-3)
    assert figures["frame"] == "90x50"
    assert {"preprocess_ms", "inference_ms", "postprocess_ms"} <= figures.keys()
    assert OPEN == []


def test_an_engine_that_no_graph_can_take(context: Context) -> None:
    class Eager(CpuEngine):
        not_capturable = "a test wants it so"

    outcome = speed.run(replace(context, makers=makers(Eager)))
    assert outcome.status is Status.OK
    assert "runs without a CUDA graph: a test wants it so" in outcome.figures["notes"]


def test_anchors_stand_beside_and_are_compared_with_their_network_only(context: Context, tmp_path: Path) -> None:
    """The name alone does not make it."""
    named = tiny(tmp_path / "yolov8n.onnx").path
    figures = speed.run(replace(context, options=replace(context.options, model=named))).figures
    assert figures["anchors"]["ms"]["RTX 3080 Ti"] == 1.14
    assert figures["anchors"]["above_engine_ms"].keys() == figures["anchors"]["ms"].keys()
    assert figures["anchors"]["of_another_network"]["ms"] == {"RTX 5080": 0.59}
    assert "trtutils" in figures["anchors"]["source"]
    assert figures["anchors_compare"] is False
