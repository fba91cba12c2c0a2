"""The network in the precision that was asked for, and what that costs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from core.types import Prediction
from detector.agreement import Agreement, compare
from detector.builder import samples
from detector.builder.difference import Difference, largest
from detector.builder.options import BuildOptions
from detector.builder.progress import Report
from detector.cpu import CpuDetector
from detector.model import Model
from onnxgraph.folding import fold
from onnxgraph.fp16 import to_fp16
from onnxgraph.int8 import to_int8

NAMES = {"fp16": "FP16", "int8": "INT8 (what is not quantised still in FP32)"}
POOR = 0.9  # recall or precision below which an engine is not worth having
READY = 0.4  # share of a build that the network's preparation is taken for
T = TypeVar("T")


def precision(model: Model, wanted: str) -> str:
    """Of the engine: a network that was exported in a lower precision than float32 keeps it."""
    return wanted if model.precision == "FP32" else model.precision.lower()


def prepare(model: Model, options: BuildOptions, folder: Path, report: Report) -> tuple[Path, tuple[str, ...]]:
    """The network's file to build from, and notes on how far it agrees with the one given.

    Raises `UsageError` where an int8 network is wanted and there are no pictures to calibrate it on.
    """
    if model.precision != "FP32" or options.precision == "fp32":
        return model.path, ()
    report.phase("simplifying", 0.0)
    simple = folder / "simple.onnx"
    fold(model.path, simple)
    if options.precision == "fp16":
        halved = _halved(simple, folder / "fp16.onnx", report)
        return halved, _costs(model, halved, options, report)
    quantised = _quantised(_with_file(model, simple), options.require_samples(), folder / "int8.onnx", report)
    notes = _costs(model, quantised, options, report)
    return _halved(quantised, folder / "int8-fp16.onnx", report), notes


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


def _costs(model: Model, changed: Path, options: BuildOptions, report: Report) -> tuple[str, ...]:
    """The changed network against the one given, both on the CPU, in words."""
    if options.samples is None:
        return ()
    choose = samples.comparison if options.precision == "int8" else samples.paths
    paths = choose(options.samples)
    given = _predictions(model, _told(paths, "comparing", report))
    after = _predictions(_with_file(model, changed), paths)
    agreement = sum((compare(*pair) for pair in zip(after, given, strict=True)), Agreement())
    difference = largest(model, changed, paths)
    name = NAMES[options.precision]
    found = agreement_text(name, agreement, len(paths))
    return (found, difference_text(name, difference)) if difference else (found,)


def agreement_text(name: str, agreement: Agreement, pictures: int) -> str:
    """E.g. "FP16 against FP32 on 8 pictures: finds 96.4% of the same 28, …"."""
    where = f"{name} against FP32 on {pictures} picture{'' if pictures == 1 else 's'}"
    if not agreement.reference and not agreement.found:
        return f"{where}: neither finds anything, so that nothing can be said"
    return (
        f"{where}: finds {agreement.recall:.1%} of the same {agreement.reference}, "
        f"{1 - agreement.precision:.1%} of its {agreement.found} are others, "
        f"scores differ by {agreement.score_difference:.4f}{_verdict(agreement)}"
    )


def difference_text(name: str, difference: Difference) -> str:
    """E.g. "FP16 against FP32: 'output0' differs by 0.0021 on average and by up to 0.42, its values reach 639"."""
    return (
        f"{name} against FP32: '{difference.output}' differs by {difference.mean:.2g} on average "
        f"and by up to {difference.error:.3g}, its values reach {difference.value:.3g}"
    )


def _verdict(agreement: Agreement) -> str:
    poor = min(agreement.recall, agreement.precision) < POOR
    return ": too much is lost, a higher precision suits this network better" if poor else ""


def _with_file(model: Model, path: Path) -> Model:
    return replace(model, graph=replace(model.graph, path=path))


def _predictions(model: Model, paths: Iterable[Path]) -> list[Prediction]:
    found = []
    with CpuDetector(model, "onnxruntime") as detector:
        for frame in samples.read(paths):
            detector.submit(frame)
            found.append(detector.collect().prediction)
    return found
