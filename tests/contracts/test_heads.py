"""What every head promises, on the sample graphs of its own test module.

`tests/detector/heads/test_<head>.py` offers `SAMPLES`: a mapping from a name to a function that writes an ONNX file
in a layout of that head to the path it is given (`onnx_graphs.GraphBuilder` helps). All of it is run here.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from cuda_on_cpu.decoding import check

from core import plugins
from core.types import NO_CLASS, Classification, ClassMap, Detections, Frame, Thresholds
from detector.cpu import CpuDetector
from detector.engine import open_engine
from detector.head import Candidates, Outputs
from detector.letterbox import geometry
from detector.model import HEADS, Model, load_model, matches
from detector.segments import Segments
from onnxgraph.inspection import inspect

TESTS = Path(__file__).parent.parent / "detector" / "heads"
LOW = Thresholds(confidence=0.1)


def _samples(head: str) -> Mapping[str, Callable[[Path], object]]:
    path = TESTS / f"test_{head}.py"
    if not path.is_file():
        return {}
    spec = importlib.util.spec_from_file_location(f"samples_{head}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    samples: Mapping[str, Callable[[Path], object]] = getattr(module, "SAMPLES", {})
    return samples


ALL = {head: _samples(head) for head in plugins.names(HEADS)}
CASES = [(head, name) for head, samples in ALL.items() for name in samples]


@pytest.fixture(params=CASES, ids="-".join)
def case(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path]:
    """The name of a head and a graph of its family."""
    head, name = request.param
    path = tmp_path / "sample.onnx"
    ALL[head][name](path)
    return head, path


@pytest.fixture
def model(case: tuple[str, Path]) -> Model:
    head, path = case
    return load_model(path, head)


@pytest.fixture
def outputs(model: Model) -> Outputs:
    """What the graph says about a grey picture."""
    with open_engine("onnxruntime", model.path) as engine:
        picture = model.picture
        shape = [side or 64 for side in picture.shape[1:]]
        answers = engine.run({picture.name: np.full((1, *shape), 100, picture.dtype), **model.constants})
    for values in answers.values():
        values.flags.writeable = False
    return answers


@pytest.mark.parametrize("head", ALL)
def test_every_head_has_samples(head: str) -> None:
    assert ALL[head], f"tests/detector/heads/test_{head}.py offers no SAMPLES"


def test_a_sample_is_recognised_by_its_head_alone(case: tuple[str, Path]) -> None:
    head, path = case
    found = matches(inspect(path), plugins.names(HEADS))
    assert [layout.head for layout in found] == [head]


def test_layout_fits_the_graph(model: Model, case: tuple[str, Path]) -> None:
    layout = model.layout
    assert layout.head == case[0]
    assert layout.words
    assert layout.classes == len(model.labels) >= 1
    sides = [side for side in model.graph.inputs[0].shape[1:] if side]
    assert layout.preprocessing.step or {layout.preprocessing.width, layout.preprocessing.height} <= set(sides)


def _decode(model: Model, outputs: Outputs, thresholds: Thresholds) -> Candidates | Classification | ClassMap:
    """Classes of pixels in a frame of the input's size."""
    picture = model.layout.preprocessing
    found = model.head(picture).decode(outputs, thresholds)
    return found.in_frame(geometry(picture.width, picture.height, picture)) if isinstance(found, Segments) else found


def test_decode_gives_the_promised_types(model: Model, outputs: Outputs) -> None:
    found = _decode(model, outputs, LOW)
    if isinstance(found, ClassMap):
        assert found.class_id.dtype == np.uint8
        return
    assert len(found.confidence) > 0, "a sample must find something above 0.1"
    assert found.confidence.dtype == np.float32
    assert found.class_id.dtype == np.int32
    assert found.class_id.min() >= 0
    assert found.class_id.max() < model.layout.classes
    if isinstance(found, Candidates):
        assert found.xyxy.dtype == np.float32
        assert found.xyxy.shape == (len(found.confidence), 4)
        assert np.isfinite(found.xyxy).all()


def test_a_higher_threshold_keeps_the_better_ones(model: Model, outputs: Outputs) -> None:
    low = _decode(model, outputs, LOW)
    if not isinstance(low, Candidates):
        pytest.skip("only boxes have a threshold")
    levels = np.unique(low.confidence)
    middle = float(levels[len(levels) // 2 - 1 :][:2].mean())
    high = _decode(model, outputs, replace(LOW, confidence=middle))
    assert isinstance(high, Candidates)
    better = low.confidence >= np.float32(middle)
    assert len(high.confidence) == better.sum()
    np.testing.assert_allclose(np.sort(high.confidence), np.sort(low.confidence[better]), rtol=1e-6)


def test_only_classes_asked_for(model: Model, outputs: Outputs) -> None:
    found = _decode(model, outputs, LOW)
    if isinstance(found, Classification):
        pytest.skip("the likeliest classes of all are told")
    one = int(found.class_id.flat[0])
    chosen = _decode(model, outputs, replace(LOW, classes=frozenset({one, 10_000})))
    assert set(chosen.class_id.ravel().tolist()) - {NO_CLASS} == {one}
    nothing = _decode(model, outputs, replace(LOW, classes=frozenset()))
    assert set(nothing.class_id.ravel().tolist()) <= {NO_CLASS}


def test_kernels_find_the_same_candidates(model: Model, outputs: Outputs) -> None:
    picture = model.layout.preprocessing
    head = model.head(replace(picture, width=64, height=64) if picture.step else picture)
    if not head.kernel_calls() or not isinstance(head.decode(outputs, LOW), Candidates):
        pytest.skip("no kernel finds boxes of this head")
    check(head, outputs, LOW, model.layout.classes)
    check(head, outputs, replace(LOW, multi_label=True), model.layout.classes)


def test_through_the_detector_in_frame_pixels(model: Model) -> None:
    with CpuDetector(model, "onnxruntime") as detector:
        detector.set_thresholds(LOW)
        for width, height in ((90, 50), (31, 77)):
            detector.submit(Frame.from_bgr(np.full((height, width, 3), 100, np.uint8)))
            prediction = detector.collect().prediction
            if isinstance(prediction, Detections):
                assert len(prediction) > 0
                assert (prediction.xyxy >= 0).all()
                assert (prediction.xyxy <= (width, height, width, height)).all()
                assert (np.diff(prediction.confidence) <= 0).all()
            elif isinstance(prediction, ClassMap):
                assert prediction.class_id.shape == (height, width)
