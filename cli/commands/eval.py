"""`jetsight eval`: how well a network finds what is labelled."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from cli import options

HELP = "accuracy (COCO mAP) of a network on labelled pictures"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    options.add_model(parser)
    parser.add_argument("--images", type=Path, required=True, metavar="FOLDER", help="the pictures")
    parser.add_argument("--annotations", type=Path, required=True, metavar="FILE", help="COCO instances JSON")
    parser.add_argument(
        "--iou", type=options.fraction, metavar="0..1", help="overlap suppressed (default: the network's)"
    )
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Evaluate, then print a table or write JSON."""
    from rich.console import Console
    from rich.progress import Progress

    from bench.accuracy import evaluate
    from detector.detector import open_detector

    with open_detector(args.model, args.backend, args.head) as detector, Progress(console=Console(stderr=True)) as bar:
        if args.iou is not None:
            detector.info = replace(detector.info, thresholds=replace(detector.info.thresholds, iou=args.iou))
        task = bar.add_task(args.model.name)
        figures = evaluate(
            detector, args.images, args.annotations, lambda done, total: bar.update(task, completed=done, total=total)
        )
    if args.json:
        options.write_json(figures, args.json)
    else:
        _print(figures)
    return 0


def _print(figures: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("class", "objects", "mAP", "mAP50", caption="percent, COCO box evaluation")
    for name, row in figures["per_class"].items():
        if row["objects"]:
            table.add_row(name, str(row["objects"]), f"{row['map']:.1f}", f"{row['map50']:.1f}")
    table.add_section()
    table.add_row("all", "", f"{figures['map']:.1f}", f"{figures['map50']:.1f}", style="bold")
    Console().print(table)
