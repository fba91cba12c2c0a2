"""The network in the precision that was asked for, and what that costs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from core.types import Classification, ClassMap, Detections, Prediction
from detector.agreement import Agreement, compare
from detector.builder import samples
from detector.builder.cost import NAMES, Cost
from detector.builder.difference import Difference, largest
from detector.builder.options import BuildOptions
from detector.builder.progress import Report
from detector.cpu import CpuDetector
from detector.model import Model
from onnxgraph.folding import fold
from onnxgraph.fp16 import to_fp16
from onnxgraph.int8 import to_int8

UNITS = {Detections: "objects", Classification: "pictures", ClassMap: "pixels"}
READY = 0.4  # share of a build that the network's preparation is taken for
T = TypeVar("T")


def precision(model: Model, wanted: str) -> str:
    """Of the engine: a network that was exported in a lower precision than float32 keeps it."""
    return wanted if model.precision == "FP32" else model.precision.lower()


def prepare(model: Model, options: BuildOptions, folder: Path, report: Report) -> tuple[Path, Cost | None]:
    """The network's file to build from, and how far it agrees with the one given where they were compared.

    Raises `UsageError` where an int8 network is wanted and there are no pictures to calibrate it on.
    """
    if model.precision != "FP32" or options.precision == "fp32":
        return model.path, None
    report.phase("simplifying", 0.0)
    simple = folder / "simple.onnx"
    fold(model.path, simple)
    if options.precision == "fp16":
        halved = _halved(simple, folder / "fp16.onnx", report)
        return halved, _cost(model, halved, options, report)
    quantised = _quantised(_with_file(model, simple), options.require_samples(), folder / "int8.onnx", report)
    cost = _cost(model, quantised, options, report)
    return _halved(quantised, folder / "int8-fp16.onnx", report), cost


def _halved(source: Path, target: Path, report: Report) -> Path:
    report.phase("converting to FP16", None)
    to_fp16(source, target)
    return target


def _quantised(model: Model, pictures: Path, target: Path, report: Report) -> Path:
    paths = _told(samples.calibration(pictures), "calibrating", report)
    to_int8(model.path, target, samples.feeds(model, samples.read(paths)))
    return target


def _told(items: list[T], phase: str, report: Report) -> Iterator[T]:
    for number, item in enumerate(items):
        report.phase(f"{phase}, picture {number + 1} of {len(items)}", READY * number / len(items))
        yield item


def _cost(model: Model, changed: Path, options: BuildOptions, report: Report) -> Cost | None:
    """The changed network against the one given, both on the CPU; None where there are no pictures."""
    if options.samples is None:
        return None
    quantised, given = options.precision == "int8", samples.paths(options.samples)
    paths = samples.comparison(options.samples) if quantised else given
    before = _predictions(model, _told(paths, "comparing", report))
    after = _predictions(_with_file(model, changed), paths)
    return Cost(
        precision=options.precision,
        agreement=sum((compare(*pair) for pair in zip(after, before, strict=True)), Agreement()),
        unit=UNITS[type(before[0])],
        pictures=len(paths),
        given=len(given),
        held_out=quantised and len(given) >= samples.HELD_OUT,
        difference=difference_text(NAMES[options.precision], largest(model, changed, paths)),
    )


def difference_text(name: str, difference: Difference | None) -> str:
    """E.g. "FP16 against FP32: 'output0' differs by 0.0021 on average and by up to 0.42, its values reach 639"."""
    if difference is None:
        return ""
    return (
        f"{name} against FP32: '{difference.output}' differs by {difference.mean:.2g} on average "
        f"and by up to {difference.error:.3g}, its values reach {difference.value:.3g}"
    )


def _with_file(model: Model, path: Path) -> Model:
    return replace(model, graph=replace(model.graph, path=path))


def _predictions(model: Model, paths: Iterable[Path]) -> list[Prediction]:
    found = []
    with CpuDetector(model, "onnxruntime") as detector:
        for frame in samples.read(paths):
            detector.submit(frame)
            found.append(detector.collect().prediction)
    return found
