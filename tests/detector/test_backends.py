"""Which backend is chosen, and what is said about it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from onnx_graphs import GraphBuilder

from core.errors import EngineUnavailable, NothingToBuild, UsageError
from detector.backends import FASTEST_FIRST, Probes, buildable, choose, names
from detector.model import Model, load_model

OLD = "version 7 is too old"
UNBUILT = "it was not built yet. Build it: jetsight build m.onnx"


@pytest.fixture
def model(tmp_path: Path) -> Model:
    graph = GraphBuilder((1, 3, 64, 64))
    graph.output(graph.op("Sigmoid", graph.weighted(1, 7, 84)), "output0", (1, 7, 84))
    return load_model(graph.save(tmp_path / "m.onnx", {"names": "['cat', 'dog', 'cow']"}))


@pytest.fixture
def bare(tmp_path: Path) -> Model:
    """A network with its suppression inside, which no CUDA kernel decodes."""
    graph = GraphBuilder((1, 3, 64, 64))
    graph.output(graph.op("Cast", graph.weighted(1, 1), to=6), "num_dets", (1, 1), "int32")
    graph.output(graph.weighted(1, 12, 4), "det_boxes", (1, 12, 4))
    graph.output(graph.op("Sigmoid", graph.weighted(1, 12)), "det_scores", (1, 12))
    graph.output(graph.op("Cast", graph.weighted(1, 12), to=6), "det_classes", (1, 12), "int32")
    return load_model(graph.save(tmp_path / "bare.onnx"))


def probes(
    device: str | None = None, runtime: Mapping[str, str] | None = None, network: Mapping[str, str] | None = None
) -> Probes:
    return Probes(lambda: device, (runtime or {}).get, lambda backend, _: (network or {}).get(backend))


def test_the_fastest_comes_first(model: Model) -> None:
    choice = choose("auto", model, probes())
    assert (choice.backend, choice.on_device, choice.notes) == ("tensorrt", True, ())


def test_each_one_passed_over_is_told_with_its_reason(model: Model) -> None:
    choice = choose("auto", model, probes(None, {"tensorrt": OLD}, {"tensorrt_rtx": UNBUILT}))
    assert (choice.backend, choice.on_device) == ("onnxruntime_cuda", True)
    assert choice.notes == (f"tensorrt was passed over: {OLD}", f"tensorrt_rtx was passed over: {UNBUILT}")


def test_falling_back_to_the_cpu_is_told(model: Model) -> None:
    choice = choose("auto", model, probes(None, dict.fromkeys(FASTEST_FIRST, OLD)))
    assert (choice.backend, choice.on_device) == ("onnxruntime", False)
    assert choice.notes[0] == "runs on the CPU"
    assert [note.partition(" ")[0] for note in choice.notes[1:]] == list(FASTEST_FIRST)


def test_one_note_says_that_there_is_no_gpu(model: Model) -> None:
    choice = choose("auto", model, probes("no driver", {"tensorrt": OLD}))
    assert (choice.backend, choice.on_device) == ("onnxruntime", False)
    assert choice.notes == ("runs on the CPU: no driver",)


def test_a_head_without_kernels_runs_on_the_cpu(bare: Model) -> None:
    choice = choose("auto", bare, probes())
    assert choice.backend == "onnxruntime"
    (note,) = choice.notes
    assert note.startswith("runs on the CPU: its suppression (NMS) is inside the graph: export it without")


@pytest.mark.parametrize("given", [{"device": "no driver"}, {"runtime": {"tensorrt": OLD}}])
def test_what_was_asked_for_never_falls_back(model: Model, given: dict[str, object]) -> None:
    with pytest.raises(EngineUnavailable, match=f"tensorrt cannot run m.onnx: (no driver|{OLD})"):
        choose("tensorrt", model, probes(**given))


def test_what_was_asked_for_needs_kernels(bare: Model) -> None:
    with pytest.raises(EngineUnavailable, match=r"suppression \(NMS\) is inside"):
        choose("onnxruntime_cuda", bare, probes())


def test_what_was_asked_for_is_chosen_without_a_word(model: Model) -> None:
    for backend in ("onnxruntime_cuda", "tensorrt", "opencv_dnn"):
        choice = choose(backend, model, probes())
        assert (choice.backend, choice.notes) == (backend, ())
        assert choice.on_device == (backend in FASTEST_FIRST)


def test_backends_on_the_cpu_ask_no_driver(model: Model) -> None:
    assert choose("onnxruntime", model, probes("no driver")).notes == ()


def test_the_names_are_listed(model: Model) -> None:
    with pytest.raises(UsageError, match=f"'fast'.*{', '.join(names())}"):
        choose("fast", model, probes())
    assert {"auto", "onnxruntime", *FASTEST_FIRST} <= set(names())


def test_the_fastest_that_lacks_its_engine_is_built(model: Model) -> None:
    unbuilt = {"tensorrt": UNBUILT, "tensorrt_rtx": UNBUILT}
    assert buildable(model, probes(None, None, unbuilt)) == "tensorrt"
    assert buildable(model, probes(None, {"tensorrt": OLD}, unbuilt)) == "tensorrt_rtx"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"device": "no driver"}, "no engine can be built for m.onnx: no driver"),
        ({"runtime": dict.fromkeys(FASTEST_FIRST, OLD)}, f"no engine can be built for m.onnx: {OLD}; {OLD}"),
        ({"runtime": dict.fromkeys(FASTEST_FIRST[:2], OLD)}, f"no engine can be built for m.onnx: {OLD}; {OLD}"),
        ({"network": {"tensorrt_rtx": UNBUILT}}, "m.onnx has its tensorrt engine already"),
    ],
)
def test_why_nothing_is_built_is_told(model: Model, given: dict[str, object], reason: str) -> None:
    with pytest.raises(NothingToBuild, match=f"^{reason}$"):
        buildable(model, probes(**given))
