"""The fake engine: recorded or seeded answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx_graphs import GraphBuilder

from core.errors import EngineUnavailable
from detector.engine import open_engine

FEEDS = {"images": np.zeros((1, 3, 32, 32), np.float32)}


@pytest.fixture
def network(tmp_path: Path) -> Path:
    graph = GraphBuilder((1, 3, 32, 32))
    graph.output(graph.weighted(1, 2), "a", (1, 2))
    return graph.save(tmp_path / "m.onnx")


def test_answers_with_what_was_recorded(network: Path) -> None:
    np.savez(network.with_suffix(".npz"), a=np.array([[1, 2]], np.float32))
    with open_engine("replay", network) as engine:
        np.testing.assert_array_equal(engine.run(FEEDS)["a"], [[1, 2]])


def test_a_record_without_an_output_is_refused(network: Path) -> None:
    np.savez(network.with_suffix(".npz"), b=np.zeros(1))
    with pytest.raises(EngineUnavailable, match="lacks the output a"), open_engine("replay", network):
        pass


def test_a_record_that_is_none_is_refused(network: Path) -> None:
    network.with_suffix(".npz").write_bytes(b"nothing")
    with pytest.raises(EngineUnavailable, match="cannot be read"), open_engine("replay", network):
        pass
