"""`jetsight models`: what is known of a network."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli import options
from cli.report import print_rows, report

if TYPE_CHECKING:
    from detector.model import Model
    from detector.preprocessing import Preprocessing

HELP = "look into a network: what was recognised, and why"
FIRST_LABELS = 8


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    inspect = actions.add_parser("inspect", help="inputs, outputs, head, preprocessing, labels, thresholds")
    inspect.add_argument("model", type=Path, metavar="FILE", help="ONNX file or engine")
    inspect.add_argument("--head", help="network family, where the graph fits several")
    options.add_json(inspect)
    options.add_debug(inspect)


def run(args: argparse.Namespace) -> int:
    """Print what was recognised, or write it as JSON."""
    from detector.model import load_model

    model = load_model(args.model, args.head)
    report(figures(model), lambda: show(model), args.json)
    return 0


def show(model: Model) -> None:
    """All of it for people."""
    print(model.path.name)
    print_rows(lines(model))


def figures(model: Model) -> dict[str, Any]:
    """All of it for programs."""
    graph, layout = model.graph, model.layout
    return {
        "path": str(model.path),
        "opset": graph.opset,
        "producer": graph.producer,
        "precision": model.precision,
        "inputs": [asdict(spec) for spec in graph.inputs],
        "outputs": [asdict(spec) for spec in graph.outputs],
        "head": layout.head,
        "recognised": layout.words,
        "assumed": model.notes,
        "preprocessing": {**asdict(layout.preprocessing), "fit": layout.preprocessing.fit.value},
        "labels": model.labels,
        "confidence": model.thresholds.confidence,
        "iou": model.thresholds.iou,
    }


def lines(model: Model) -> list[tuple[str, str]]:
    """A word and a text a line."""
    from detector.model import spec_text

    graph, layout = model.graph, model.layout
    first = ", ".join(model.labels[:FIRST_LABELS]) + (", …" if len(model.labels) > FIRST_LABELS else "")
    return [
        *(("input", spec_text(spec)) for spec in graph.inputs),
        *(("output", spec_text(spec)) for spec in graph.outputs),
        ("file", f"{_form(model)}, {model.precision}, written by {graph.producer or 'an unnamed program'}"),
        ("head", f"{layout.head}: {layout.words}"),
        ("preprocessing", _preprocessing_text(layout.preprocessing)),
        ("labels", f"{len(model.labels)}: {first}"),
        ("thresholds", f"confidence {model.thresholds.confidence:g}, IoU {model.thresholds.iou:g}"),
        ("description", str(model.description) if model.description else "none"),
        *(("assumed", note) for note in model.notes),
    ]


def _form(model: Model) -> str:
    return f"engine of {model.engine.backend}" if model.engine else f"opset {model.graph.opset}"


def _preprocessing_text(wanted: Preprocessing) -> str:
    size = f"up to {wanted.width}x{wanted.height}" if wanted.step else f"{wanted.width}x{wanted.height}"
    pad = f", bars of {wanted.pad}" if "letterbox" in wanted.fit.value else ""
    return (
        f"{wanted.colour}, {wanted.fit.value} to {size}{pad}, "
        f"(pixel - {_per_channel(wanted.mean)}) / {_per_channel(wanted.std)} as {wanted.dtype} {wanted.layout}"
    )


def _per_channel(values: tuple[float, ...]) -> str:
    return f"{values[0]:g}" if len(set(values)) == 1 else "(" + ", ".join(f"{value:g}" for value in values) + ")"
