"""A user's own engine as a model: what is taken from its tensors, its header and its description, and what is said."""

from __future__ import annotations

import json
import sys
import threading
from dataclasses import replace
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pytest
from cuda_on_cpu.device import Device
from cuda_on_cpu.makers import makers
from cuda_on_cpu.onnx_network import OnnxNetwork
from detecting import LOW, assert_alike, detect, frame, tiny
from fake_tensorrt import TensorRt, tensor
from onnx_graphs import GraphBuilder

from core.errors import EngineUnavailable, LayoutAmbiguous, LayoutUnknown, ModelUnreadable, UsageError
from core.types import TensorSpec
from detector import enginemodel
from detector.backends import NothingToBuild, Probes, buildable, choose
from detector.build import build
from detector.builder.options import BuildOptions
from detector.cpu import CpuDetector
from detector.cuda import tensorrt_runtime
from detector.cuda.detector import CudaDetector
from detector.cuda.engine import open_engine
from detector.cuda.libcuda import why_no_device
from detector.enginefile import EngineFile
from detector.enginemodel import Tensors
from detector.model import Model, load_model, model_of
from detector.recipe import Target

STREAM = 0x5000
PICTURE = TensorSpec("images", (1, 3, 640, 640), "float32")
HEADER = {
    "description": "Ultralytics YOLO11n model trained on coco.yaml",
    "author": "Ultralytics",
    "version": "8.4.190",
    "task": "detect",
    "imgsz": [640, 640],
    "names": {"0": "cat", "1": "dog"},
    "args": {"batch": 1, "half": True, "int8": False},
}


class Bare:
    """A network that tells the shapes of its outputs and is never run."""

    def __init__(self, *outputs: TensorSpec) -> None:
        self.outputs = outputs

    def shapes(self, inputs: Any) -> dict[str, tuple[int, ...]]:
        return {spec.name: tuple(side or 0 for side in spec.shape) for spec in self.outputs}

    def run(self, addresses: Any, shapes: Any, stream: int) -> None:
        raise NotImplementedError


def written(path: Path, library: TensorRt, tensors: list[dict[str, Any]], header: dict[str, Any] | None = None) -> Path:
    """An engine file, with Ultralytics' header where one is given."""
    text = json.dumps(header).encode()
    path.write_bytes((len(text).to_bytes(4, "little") + text if header else b"") + library.plan(tensors))
    return path


def opened(path: Path, library: TensorRt, head: str | None = None) -> Model:
    """The model of an engine on the device that is none."""

    def look(file: EngineFile) -> Tensors:
        return tensorrt_runtime.tensors(file, library, Device)

    return model_of(enginemodel.read(path, look), head)


def engine(
    path: Path, *shapes: tuple[int, ...], header: dict[str, Any] | None = None, head: str | None = None
) -> Model:
    """The model of an engine with outputs of these shapes."""
    outputs = [TensorSpec(f"output{number}", shape, "float32") for number, shape in enumerate(shapes)]
    library = TensorRt(Bare(*outputs))
    tensors = [tensor("INPUT", PICTURE), *(tensor("OUTPUT", spec) for spec in outputs)]
    return opened(written(path, library, tensors, header), library, head)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "m.engine"


def test_an_engine_of_ultralytics_tells_all_but_its_inside(path: Path) -> None:
    model = engine(path, (1, 6, 8400), header=HEADER)
    assert (model.layout.head, model.labels, model.precision) == ("yolov8", ("cat", "dog"), "FP16")
    assert model.layout.parameters["logits"] is False
    assert model.graph.producer == "Ultralytics 8.4.190"
    assert model.notes == ("an engine does not show its inside: taken that its end is as Ultralytics exports it",)


@pytest.mark.parametrize(
    ("shapes", "changed", "head"),
    [
        ([(1, 300, 6)], {"end2end": True}, "end_to_end"),
        ([(1, 38, 8400), (1, 32, 160, 160)], {"task": "segment"}, "yolov8"),
        ([(1, 57, 8400)], {"task": "pose", "names": {"0": "person"}}, "yolov8"),
        ([(1, 300, 6)], {"description": "Ultralytics rtdetr-l model", "end2end": False}, "detr"),
    ],
)
def test_the_header_and_the_shapes_tell_the_head(
    path: Path, shapes: list[tuple[int, ...]], changed: dict[str, Any], head: str
) -> None:
    assert engine(path, *shapes, header={**HEADER, **changed}).layout.head == head


def test_a_classifier_of_ultralytics_has_its_softmax_inside(path: Path) -> None:
    assert engine(path, (1, 2), header={**HEADER, "task": "classify"}).layout.parameters["activation"] == "none"
    assert engine(path, (1, 2)).layout.parameters["activation"] == "softmax"


@pytest.mark.parametrize(
    ("shapes", "head", "words"),
    [
        ([(1, 84, 8400)], "yolov8", "boxes are decoded inside"),
        ([(1, 25200, 85)], "yolov5", "boxes are decoded inside"),
        ([(1, 300, 6)], "end_to_end", "detections are chosen inside"),
        ([(1, 3, 80, 80, 85), (1, 3, 40, 40, 85), (1, 3, 20, 20, 85)], "yolov5", "as the last layer gives them"),
    ],
)
def test_shapes_alone_may_tell_the_head(path: Path, shapes: list[tuple[int, ...]], head: str, words: str) -> None:
    model = engine(path, *shapes)
    assert (model.layout.head, model.precision) == (head, "unknown precision")
    assert any(words in note for note in model.notes)


@pytest.mark.parametrize(
    ("head", "expected"), [("yolox", {"decoded": False, "logits": False}), ("yolov5", {"per_cell": 1})]
)
def test_where_shapes_allow_several_the_user_chooses(path: Path, head: str, expected: dict[str, Any]) -> None:
    with pytest.raises(LayoutAmbiguous, match="--head"):
        engine(path, (1, 8400, 85))
    assert expected.items() <= engine(path, (1, 8400, 85), head=head).layout.parameters.items()


def test_queries_are_logits_and_boxes_of_an_ssd_are_decoded(path: Path) -> None:
    both = (1, 300, 4), (1, 300, 91)
    assert engine(path, *both, head="detr").layout.parameters["activation"] == "sigmoid"
    assert engine(path, *both, head="ssd").layout.parameters["activation"] == "none"


def test_the_description_beside_it_chooses(path: Path) -> None:
    path.with_suffix(".toml").write_text('[model]\nhead = "yolox"\nconfidence = 0.4\n')
    model = engine(path, (1, 8400, 85))
    assert (model.layout.head, model.thresholds.confidence) == ("yolox", 0.4)


def test_an_engine_that_no_head_fits(path: Path) -> None:
    with pytest.raises(LayoutUnknown, match=r"no head fits m\.engine .*output0 1x7x7 float32"):
        engine(path, (1, 7, 7))


def test_several_pictures_at_a_time(path: Path) -> None:
    output = TensorSpec("output0", (4, 84, 8400), "float32")
    library = TensorRt(Bare(output))
    picture = tensor("INPUT", TensorSpec("images", (4, 3, 640, 640), "float32"))
    written(path, library, [picture, tensor("OUTPUT", output)])
    with pytest.raises(ModelUnreadable, match="takes 4 pictures at a time"):
        opened(path, library)


@pytest.fixture(params=["10.3.0.26", "8.6.1.6"])
def library(request: pytest.FixtureRequest, tmp_path: Path) -> TensorRt:
    """A library whose engines compute a network of any size."""
    graph = GraphBuilder((None, 3, None, None))
    graph.output(graph.op("Sigmoid", graph.weighted(1, 84, 21)), "output0", (1, 84, 21))
    return TensorRt(OnnxNetwork(graph.save(tmp_path / "net.onnx")), request.param)


@pytest.fixture
def free(path: Path, library: TensorRt) -> Path:
    """An engine for any size that is tuned for two pictures of 32 x 32."""
    picture, output = (
        TensorSpec("images", (None, 3, None, None), "float32"),
        TensorSpec("output0", (1, 84, 21), "float32"),
    )
    return written(path, library, [tensor("INPUT", picture, usual=[2, 3, 32, 32]), tensor("OUTPUT", output)])


def test_an_engine_for_any_size_gets_what_it_is_tuned_for(free: Path, library: TensorRt) -> None:
    model = opened(free, library)
    assert model.graph.inputs[0].shape == (1, 3, 32, 32)
    assert model.layout.preprocessing.step is None


def test_nothing_stays_open(free: Path, library: TensorRt) -> None:
    opened(free, library)
    assert not list(library.alive)


def test_an_engine_of_another_version(free: Path, library: TensorRt) -> None:
    with pytest.raises(EngineUnavailable, match=r"m\.engine was built with .*, this is TensorRT 11\.4\.0"):
        opened(free, TensorRt(library.network, "11.4.0.7"))


def probes() -> Probes:
    return Probes(lambda: None, lambda _: None, tensorrt_runtime.why_not_built)


def test_only_its_own_backend_runs_it(free: Path, library: TensorRt) -> None:
    model = opened(free, library)
    for backend in ("auto", "tensorrt"):
        choice = choose(backend, model, probes())
        assert (choice.backend, choice.on_device, choice.notes) == ("tensorrt", True, ())
    for backend in ("onnxruntime", "onnxruntime_cuda", "tensorrt_rtx"):
        with pytest.raises(EngineUnavailable, match=f"{backend} cannot run m.engine: it is an engine of tensorrt"):
            choose(backend, model, probes())
    assert tensorrt_runtime.why_not_built("tensorrt_rtx", model) == "m.engine is an engine of tensorrt"
    with pytest.raises(NothingToBuild, match=r"m\.engine is an engine already"):
        buildable(model, probes())


def test_it_is_not_built_again(free: Path, library: TensorRt) -> None:
    options = BuildOptions(Target("tensorrt", "10.3.0", "Orin", "87"))
    with pytest.raises(UsageError, match=r"m\.engine is an engine already"):
        build(opened(free, library), options, lambda _: None, threading.Event())


def test_an_engine_of_rtx_runs_there(path: Path, tmp_path: Path) -> None:
    output = TensorSpec("output0", (1, 84, 8400), "float32")
    library = TensorRt(Bare(output), "1.7.1.116", rtx=True)
    model = opened(written(path, library, [tensor("INPUT", PICTURE), tensor("OUTPUT", output)]), library)
    assert choose("auto", model, probes()).backend == "tensorrt_rtx"


def test_its_answers_are_the_networks(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = tiny(tmp_path / "net.onnx")
    library = TensorRt(OnnxNetwork(network.path))
    library.__spec__ = ModuleSpec("tensorrt", None)
    monkeypatch.setitem(sys.modules, "tensorrt", library)
    specs = network.graph
    tensors = [*(tensor("INPUT", spec) for spec in specs.inputs), *(tensor("OUTPUT", spec) for spec in specs.outputs)]
    header = {**HEADER, "names": dict(enumerate(network.labels))}
    model = opened(written(path, library, tensors, header), library)
    choice = choose("auto", model, probes())
    with (
        CudaDetector(model, choice.backend, 1, replace(makers(), engine=open_engine)) as detector,
        CpuDetector(network, "onnxruntime") as reference,
    ):
        for opened_one in (detector, reference):
            opened_one.set_thresholds(LOW)
        assert_alike(detect(detector, frame()), detect(reference, frame()))
        assert (detector.info.labels, detector.info.precision) == (network.labels, "FP16")


@pytest.mark.skipif(
    not (why_no_device() or tensorrt_runtime.why_not("tensorrt")), reason="this machine has TensorRT and a GPU"
)
def test_without_a_gpu_or_the_library_it_says_so(path: Path) -> None:
    written(path, TensorRt(Bare()), [tensor("INPUT", PICTURE)])
    with pytest.raises(EngineUnavailable, match=r"m\.engine is an engine of tensorrt and cannot run here: ") as caught:
        load_model(path)
    assert "Give the ONNX file" in caught.value.remedy


def test_a_file_that_is_no_engine(path: Path) -> None:
    path.write_bytes(b"PK\x03\x04" + bytes(100))
    with pytest.raises(ModelUnreadable, match="an archive"):
        load_model(path)
