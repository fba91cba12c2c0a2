"""Real parses and builds by TensorRT-RTX, which needs no GPU for them."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from onnx_graphs import GraphBuilder

from core.errors import EngineUnavailable
from core.settings import BUILT_IN
from detector.build import build
from detector.builder import library, samples
from detector.builder.options import BuildOptions
from detector.engine_cache import Entry
from detector.model import load_model
from pipeline.samples import sampled

pytestmark = pytest.mark.skipif(
    "tensorrt_rtx" not in library.installed(), reason="TensorRT-RTX is not installed (tensorrt-rtx-cu13-…)"
)
NETWORKS = (
    "fastestdet_352",
    "notdet_mnist_classifier",
    "picodet_s_416",
    "twinlitenet_320",
    "ultraface_rfb_320",
    "yolo26n_640",
    "yolo_fastestv2_352",
    "yolo_fastestv2_raw_352",
    "yolov8n_640",
    "yolox_nano_416",
)


@pytest.fixture(autouse=True)
def _cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def built(path: Path, precision: str, pictures: Path | None = None, head: str | None = None) -> Entry:
    target = library.target("tensorrt_rtx", "86")
    return build(load_model(path, head), BuildOptions(target, precision, pictures), lambda _: None, threading.Event())


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
@pytest.mark.parametrize("name", NETWORKS)
def test_real_networks(shared: Path, name: str, precision: str) -> None:
    entry = built(shared / "data" / "models" / f"{name}.onnx", precision)
    assert entry.size > 100_000


def test_int8(shared: Path, tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    samples.save(sampled(str(shared / "data" / "videos" / "urban_pedestrians_1280x720.mp4"), 5), pictures)
    entry = built(shared / "data" / "models" / "yolov8n_640.onnx", "int8", pictures)
    assert entry.size > 100_000
    assert "INT8 (what is not quantised still in FP32) against FP32" in entry.notes[0]


def test_a_free_size(tmp_path: Path) -> None:
    graph = GraphBuilder((1, 3, None, None))
    graph.output(graph.weighted(1, 10), "scores", (1, 10))
    entry = built(graph.save(tmp_path / "net.onnx"), "fp16", head="classification")
    assert entry.recipe.largest == (1, 3, 640, 640)


def test_a_network_quantised_for_cpus_is_refused_in_words(shared: Path) -> None:
    with pytest.raises(EngineUnavailable, match=r"64 of ConvInteger, 59 of DynamicQuantizeLinear.*export it in float"):
        built(shared / "data" / "models" / "yolov8n_int8_640.onnx", "fp32")


def test_an_architecture_that_it_does_not_know() -> None:
    options = BuildOptions(library.target("tensorrt_rtx", "90"))
    with pytest.raises(EngineUnavailable, match="builds nothing for architecture 90, only for 75, 80, 86"):
        build(load_model(BUILT_IN), options, lambda _: None, threading.Event())
