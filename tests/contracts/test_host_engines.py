"""What every host engine promises."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx_graphs import GraphBuilder

from core import plugins
from core.errors import EngineUnavailable, ModelError
from detector.engine import KINDS, HostEngine, open_engine

PICTURE = np.full((1, 3, 32, 32), 0.5, np.float32)


@pytest.fixture(params=plugins.names(KINDS))
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def network(tmp_path: Path) -> Path:
    graph = GraphBuilder((1, 3, 32, 32))
    graph.output(graph.op("Sigmoid", graph.weighted(1, 6, 4)), "b", (1, 6, 4))
    graph.output(graph.op("Sigmoid", graph.weighted(1, 3, 5)), "a", (1, 3, 5))
    return graph.save(tmp_path / "m.onnx")


@pytest.fixture
def engine(backend: str, network: Path) -> HostEngine:
    return open_engine(backend, network)


def test_says_where_it_runs_before_it_is_open(engine: HostEngine) -> None:
    assert engine.device


def test_knows_inputs_and_outputs_in_order(engine: HostEngine) -> None:
    with engine:
        assert [(spec.name, spec.shape, spec.dtype) for spec in engine.inputs] == [
            ("images", (1, 3, 32, 32), "float32")
        ]
        assert [(spec.name, spec.shape) for spec in engine.outputs] == [("b", (1, 6, 4)), ("a", (1, 3, 5))]


def test_answers_with_every_output_by_name(engine: HostEngine) -> None:
    with engine:
        outputs = engine.run({"images": PICTURE})
    assert {name: values.shape for name, values in outputs.items()} == {"a": (1, 3, 5), "b": (1, 6, 4)}
    assert all(values.dtype == np.float32 for values in outputs.values())
    assert all(0 <= values.min() < values.max() <= 1 for values in outputs.values())


def test_the_same_picture_gives_the_same_answer(engine: HostEngine) -> None:
    with engine:
        first, second = (engine.run({"images": PICTURE.copy()}) for _ in range(2))
        for name in first:
            np.testing.assert_array_equal(first[name], second[name])


def test_opens_again_after_it_was_closed(engine: HostEngine) -> None:
    for _ in range(2):
        with engine:
            assert engine.run({"images": PICTURE})


@pytest.mark.parametrize(
    "feeds",
    [
        {"images": np.zeros((1, 3, 16, 32), np.float32)},
        {"images": np.zeros((1, 3, 32), np.float32)},
        {"images": np.zeros((1, 3, 32, 32), np.float64)},
        {"pixels": PICTURE},
    ],
    ids=["size", "rank", "type", "name"],
)
def test_refuses_another_input(engine: HostEngine, feeds: dict[str, np.ndarray]) -> None:
    with engine, pytest.raises(EngineUnavailable) as caught:
        engine.run(feeds)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_a_model_error(backend: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no network .*absent\.onnx"), open_engine(backend, tmp_path / "absent.onnx"):
        pass


@pytest.mark.parametrize("content", [b"", b"not a network", b"\x08\x07\x12\x03abc"])
def test_a_file_that_is_no_network_is_a_model_error(backend: str, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "junk.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"junk\.onnx"), open_engine(backend, path):
        pass
