"""How long a picture in memory takes to become boxes, beside what it cannot be faster than, and what others reach."""

from __future__ import annotations

from statistics import median
from typing import Any

from core.types import Frame, StageTimes
from detector.cuda.detector import CudaDetector
from detector.model import Model, load_model
from selftest import bare, choice, timing
from selftest.check import Context, Outcome, Status

LIMIT_S = 600.0
ANCHORS: dict[str, Any] = {
    "source": "trtutils, benchmark of its image in memory to boxes: YOLOv8n at 640x640 in FP16, batch of one",
    "only_for": "yolov8n_640 in FP16; a figure of another network or precision must not be compared",
    "ms": {"Jetson AGX Orin 64 GB": 3.26, "Jetson Orin Nano 8 GB": 9.65, "RTX 3080 Ti": 1.14},
    "above_engine_ms": {"Jetson AGX Orin 64 GB": 1.1, "Jetson Orin Nano 8 GB": 2.6, "RTX 3080 Ti": 0.5},
    "of_another_network": {
        "source": "trtutils, the same benchmark as a CUDA graph: YOLOv10n at 640x640 in FP16, batch of one",
        "ms": {"RTX 5080": 0.59},
    },
}
ANCHORED = "yolov8n"


def run(context: Context) -> Outcome:
    """Medians, the whole path and its parts in turn."""
    model = load_model(context.options.model)
    backend = choice.device_backend(context, model)
    frame = choice.frames(context, 1)[0]
    stages: list[StageTimes] = []
    with (
        bare.steps(context, model, backend, frame) as parts,
        CudaDetector(model, backend, 1, context.makers) as detector,
    ):
        took = timing.medians_ms({"whole_ms": _whole(detector, frame, stages), **parts})
    over = took["whole_ms"] - took["engine_ms"] - took["copy_ms"]
    figures = {
        **took,
        "above_engine_and_copy_ms": round(over, timing.DIGITS),
        **_stages(stages),
        "frame": choice.size([frame]),
        "backend": backend,
        "device": detector.info.device,
        "precision": detector.info.precision,
        "model": model.path.name,
        "input": f"{detector.info.input_width}x{detector.info.input_height}",
        "notes": detector.info.notes,
        "anchors": ANCHORS,
        "anchors_compare": _anchored(model, detector),
    }
    words = (
        f"{took['whole_ms']:.2f} ms from picture to boxes: engine {took['engine_ms']:.2f}, copy {took['copy_ms']:.2f}, "
        f"all else {over:.2f} ({figures['frame']}, {model.path.name} in {detector.info.precision}, {backend})"
    )
    return Outcome(Status.OK, words, figures)


def _whole(detector: CudaDetector, frame: Frame, stages: list[StageTimes]) -> bare.Step:
    def step() -> None:
        detector.submit(frame)
        stages.append(detector.collect().stages)

    return step


def _stages(stages: list[StageTimes]) -> dict[str, float]:
    names = ("preprocess_ms", "inference_ms", "postprocess_ms")
    return {name: round(median(getattr(each, name) for each in stages), timing.DIGITS) for name in names}


def _anchored(model: Model, detector: CudaDetector) -> bool:
    """Whether this is the network of the anchors, by its name, size and precision."""
    info = detector.info
    size = info.input_width, info.input_height
    return model.path.stem.startswith(ANCHORED) and size == (640, 640) and info.precision == "FP16"
