"""The study of a GPU on a device that is none: every figure is there, or its reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cuda_on_cpu.device import OPEN
from cuda_on_cpu.engine import CpuEngine
from cuda_on_cpu.makers import makers
from detecting import tiny

from bench.arms import Job
from bench.gpu.rates import ARMS, BARE
from bench.gpu.rows import rows
from bench.gpu.study import RIVAL, Plan, measure
from bench.gpu.synthetic import Workload
from bench.studies import pipeline
from core.errors import SourceNotFound

SPOKEN: list[tuple[str, int, int]] = []
SOURCE = "pattern:?width=64&height=36&frames=20"


class Uncapturable(CpuEngine):
    not_capturable = "it copies in between"


def measured(folder: Path, source: str = SOURCE, engine: type[CpuEngine] = CpuEngine, **plan: Any) -> dict[str, Any]:
    """The network runs on a CPU in sessions too, whose backend it names."""
    job = Job(tiny(folder / "m.onnx").path, source, 0.05, "onnxruntime")
    small = {"samples": 1, "sizes": ((64, 36),), "workloads": (Workload(64, 5),), "frames": 3, "repeats": 1} | plan
    return measure(job, Plan(2, job.model, **small), lambda *told: SPOKEN.append(told), makers(engine))


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return measured(tmp_path_factory.mktemp("study"))


def test_gives_every_figure_as_plain_values(figures: dict[str, Any]) -> None:
    assert json.loads(json.dumps(figures)) == figures
    assert list(figures["forms"]) == ["64x36 BGR", "64x36 I420"]
    for form in figures["forms"].values():
        assert len(form["ms"]) == 8
        assert all(0 < times["p50"] <= times["p95"] for times in form["ms"].values())
    assert figures["forms"]["64x36 BGR"]["bytes"] == 64 * 36 * 3
    assert figures["forms"]["64x36 I420"]["bytes"] == 64 * 36 * 3 / 2
    assert (figures["model"], figures["backend"], figures["precision"]) == ("m.onnx", "onnxruntime", "FP32")


def test_the_overhead_is_what_network_and_copy_leave(figures: dict[str, Any]) -> None:
    for form in figures["forms"].values():
        assert max(form["overhead_ms"], form["overhead_by_gpu_ms"]) < form["ms"]["whole"]["p95"]


def test_kernels_find_what_there_is_to_find(figures: dict[str, Any]) -> None:
    kernels = figures["kernels"]["float32"]
    assert (kernels["cells"], kernels["candidates"]) == (84, 5)
    assert kernels["boxes"] == 5
    assert set(kernels["ms"]) == {"letterbox", "decode_suppress", "kernels"}


def test_rates_stand_beside_the_bare_engine_s(figures: dict[str, Any]) -> None:
    assert tuple(figures["rates"]) == ARMS
    assert figures["rates"][BARE]["ratio"] == 1
    for rate in figures["rates"].values():
        assert len(rate["rounds_fps"]) == 2
        assert min(rate["rounds_fps"]) > 0


def test_the_host_s_load_is_told(figures: dict[str, Any]) -> None:
    load = figures["host_load"]
    assert load["frames"] >= 3
    assert load["cpu_share"] > 0
    assert 0 < load["fps"] <= 250
    assert load["fresh_buffers"] <= load["frames"]


def test_names_what_it_ran_on(figures: dict[str, Any]) -> None:
    environment = figures["environment"]
    assert environment["gpu"] == "a CPU in place of a GPU"
    assert {"architecture", "driver", "cuda", "commit", "cpu"} <= set(environment)


def test_a_rival_that_is_not_here_is_missing_for_a_reason(figures: dict[str, Any]) -> None:
    assert figures["missing"] == {RIVAL: figures["missing"][RIVAL]}
    assert "pip install ultralytics" in figures["missing"][RIVAL]


def test_every_figure_is_a_row(figures: dict[str, Any]) -> None:
    told = dict(rows(figures))
    assert told["network"] == "m.onnx, FP32"
    assert told["64x36 I420: whole – engine – copy"].endswith(" ms")
    assert "p95" in told["64x36 BGR: bare pinned copy"]
    assert any(name.startswith("kernels for 84 cells, 5 candidates") for name in told)
    for arm in ARMS[1:]:
        assert told[f"rate: {arm}"].endswith(f" of the {BARE}")
    assert told["host"].endswith(" fps")
    assert told["frame buffers allocated"].endswith(" frames")
    assert told[RIVAL].startswith("missing: ultralytics is not installed")


def test_notes_stand_below_the_figures(figures: dict[str, Any]) -> None:
    told = pipeline.rows({**figures, "notes": ["tensorrt was passed over: it is not built"]})
    assert told == [*rows(figures), ("note", "tensorrt was passed over: it is not built")]


def test_tells_how_far_it_is(figures: dict[str, Any]) -> None:
    total = 2 + 1 + 2 * len(ARMS) + 1
    assert SPOKEN[:total] == [(name, number, total) for number, (name, _, _) in enumerate(SPOKEN[:total])]
    assert SPOKEN[total] == ("done", 1, 1)


def test_what_cannot_be_is_told_and_the_rest_is_measured(tmp_path: Path) -> None:
    found = measured(tmp_path, engine=Uncapturable, workloads=(Workload(64, 5, "uint8"),))
    assert "runs without a CUDA graph: it copies in between" in found["notes"]
    assert found["forms"]["64x36 BGR"]["ms"]["engine"]["p50"] > 0
    assert found["kernels"] == {}
    assert "decode_yolov8_u8" in found["missing"]["kernels, uint8"]
    assert ("kernels, uint8", f"missing: {found['missing']['kernels, uint8']}") in rows(found)
    assert found["host_load"]["frames"] >= 3


def test_nothing_is_left_open(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFound):
        measured(tmp_path, "nothing-here.mp4")
    assert not OPEN
