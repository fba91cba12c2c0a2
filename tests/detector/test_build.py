"""ONNX to engine, in a process of its own, by a stand-in for TensorRT."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx_graphs import GraphBuilder

from core.errors import EngineUnavailable, UsageError
from core.types import Frame
from detector.build import Cancelled, build
from detector.builder import samples
from detector.builder.options import BuildOptions
from detector.builder.progress import Progress
from detector.engine_cache import EngineCache, Entry, default_folder
from detector.model import Model, load_model
from detector.recipe import Target

TESTS = Path(__file__).resolve().parent.parent
ORIN = Target("tensorrt", "10.3.0", "Orin", "87")
FP32 = BuildOptions(ORIN, "fp32")


@pytest.fixture(autouse=True)
def _machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A cache of its own, and a TensorRT for child processes."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PYTHONPATH", str(TESTS / "builder_library"))


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """A tiny YOLOv8 with one convolution, whose weights can be quantised."""
    graph = GraphBuilder((1, 3, 32, 32))
    weights = graph.constant(np.random.default_rng(1).normal(0, 0.2, (8, 3, 3, 3)))
    features = graph.op("Conv", "images", weights, strides=[4, 4])
    flat = graph.op("Reshape", features, graph.constant([1, 8, 64], "int64"))
    rows = graph.op("MatMul", flat, graph.constant(np.random.default_rng(2).normal(0, 0.3, (64, 21))))
    graph.output(graph.op("Mul", graph.op("Sigmoid", rows), graph.constant([30.0])), "output0", (1, 8, 21))
    return graph.save(tmp_path / "net.onnx")


@pytest.fixture
def model(network: Path) -> Model:
    return load_model(network, "yolov8")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    random = np.random.default_rng(0)
    samples.save((Frame.from_bgr(random.integers(0, 255, (40, 50, 3), np.uint8)) for _ in range(6)), folder)
    return folder


def built(model: Model, options: BuildOptions = FP32, told: list[Progress] | None = None) -> Entry:
    listen = [] if told is None else told
    return build(model, options, listen.append, threading.Event())


def made(entry: Entry) -> dict[str, Any]:
    """How the stand-in made an engine."""
    description: dict[str, Any] = json.loads(entry.path.read_bytes())
    return description


def left() -> list[str]:
    return sorted(path.name for path in default_folder().iterdir())


def test_an_engine_with_progress(model: Model) -> None:
    told: list[Progress] = []
    entry = built(model, FP32, told)
    assert made(entry)["network_flags"] == 0b11
    assert made(entry)["flags"] == []
    assert made(entry)["profiles"] == [{"images": [[1, 3, 32, 32]] * 3}]
    shares = [progress.share for progress in told if progress.share is not None]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert "Some tactics are timed." in [progress.line for progress in told]
    assert left() == ["lock", entry.path.name, entry.path.with_suffix(".json").name, "tensorrt-87.timings"]


def test_the_same_again_is_found_and_not_built(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    first = built(model)
    monkeypatch.setenv("FAKE_TENSORRT", "refused")
    assert built(model) == first
    with pytest.raises(EngineUnavailable):
        built(model, replace(FP32, workspace_mb=64))


def test_a_damaged_engine_is_built_again(model: Model) -> None:
    built(model).path.write_bytes(b"damaged")
    assert made(built(model))["network_flags"] == 0b11


def test_half_precision_comes_with_the_file_and_its_cost_is_told(model: Model, pictures: Path) -> None:
    entry = built(model, replace(FP32, precision="fp16", samples=pictures))
    assert entry.recipe.precision == "fp16"
    assert made(entry)["flags"] == ["TF32"]
    assert "FP16 against FP32 on 6 pictures" in entry.notes[0]
    assert entry.notes[1].startswith("FP16 against FP32: 'output0' differs by ")


def test_int8_is_calibrated_and_compared_on_what_was_held_out(model: Model, pictures: Path) -> None:
    told: list[Progress] = []
    entry = built(model, replace(FP32, precision="int8", samples=pictures), told)
    assert (
        "INT8 (what is not quantised still in FP32) against FP32 on 1 of 6 pictures, held out of the calibration:"
        in entry.notes[0]
    )
    assert "calibrating, picture 5 of 5" in [progress.phase for progress in told]
    assert entry.recipe.samples == samples.fingerprint(pictures)
    assert entry.cost is not None
    assert (entry.cost.pictures, entry.cost.given, entry.cost.unit) == (1, 6, "objects")
    assert EngineCache(default_folder()).entries() == [entry]


def test_int8_needs_pictures(model: Model) -> None:
    with pytest.raises(UsageError, match="--calibrate"):
        built(model, replace(FP32, precision="int8"))


def test_a_build_killed_for_memory_hints_at_swap(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_TENSORRT", "killed")
    with pytest.raises(EngineUnavailable, match=r"killed.*swap"):
        built(model)
    assert left() == ["lock"]


@pytest.mark.parametrize(
    ("end", "words"),
    [("crash", "ended with 1: KeyError: 'a fault of the library'"), ("refused", "any implementation for node 7")],
)
def test_other_failures_give_the_last_words(
    model: Model, monkeypatch: pytest.MonkeyPatch, end: str, words: str
) -> None:
    monkeypatch.setenv("FAKE_TENSORRT", end)
    with pytest.raises(EngineUnavailable) as raised:
        built(model)
    assert words in raised.value.what
    assert left() == ["lock"]


def test_cancelling_leaves_nothing(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_TENSORRT", "slow")
    cancelled = threading.Event()
    with pytest.raises(Cancelled):
        build(model, FP32, lambda progress: cancelled.set() if progress.phase == "building engine" else None, cancelled)
    assert left() == ["lock"]
    assert "build watcher" not in [thread.name for thread in threading.enumerate()]


def test_an_interrupt_leaves_nothing(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_TENSORRT", "slow")

    def interrupt(progress: Progress) -> None:
        if progress.phase == "building engine":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(model, FP32, interrupt, threading.Event())
    assert left() == ["lock"]


def test_waiting_for_another_build_can_be_cancelled(model: Model) -> None:
    cancelled, told = threading.Event(), list[Progress]()

    def listen(progress: Progress) -> None:
        told.append(progress)
        cancelled.set()

    with EngineCache(default_folder()).workplace(iter([])), pytest.raises(Cancelled):
        build(model, FP32, listen, cancelled)
    assert [progress.phase for progress in told] == ["waiting for another build to end"]


def test_the_accelerator_has_no_fp32(model: Model) -> None:
    with pytest.raises(UsageError, match="fp16"):
        built(model, replace(FP32, dla=True))


def test_suppression_inside_is_refused_before_anything_is_built(model: Model) -> None:
    operators = {**model.graph.operators, "NonMaxSuppression": 1}
    with pytest.raises(EngineUnavailable, match=r"suppresses boxes itself.*without its suppression"):
        built(replace(model, graph=replace(model.graph, operators=operators)))
