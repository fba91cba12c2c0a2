"""`jetsight eval`: how well a network finds what is labelled."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from cli import options
from cli.report import print_rows, print_table, progress_bar, report
from core.arguments import fraction

HELP = "accuracy (COCO mAP) of a network on labelled pictures"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    options.add_model(parser)
    parser.add_argument("--images", type=Path, required=True, metavar="FOLDER", help="the pictures")
    parser.add_argument("--annotations", type=Path, required=True, metavar="FILE", help="COCO instances JSON")
    parser.add_argument("--iou", type=fraction, metavar="0..1", help="overlap suppressed (default: the network's)")
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Evaluate, then print a table or write JSON."""
    from bench.accuracy import Labelled, evaluate
    from detector.detector import open_detector

    labelled = Labelled(args.images, args.annotations)
    with open_detector(args.model, args.backend, args.head) as detector, progress_bar() as bar:
        task = bar.add_task(args.model.name)
        figures = evaluate(
            detector, labelled, lambda done, total: bar.update(task, completed=done, total=total), args.iou
        )
    report(figures, lambda: show(figures), args.json)
    return 0


def show(figures: dict[str, Any]) -> None:
    """All of it for people: classes without objects left out."""
    from rich.table import Table
    from rich.text import Text

    table = Table("class", "objects", "mAP", "mAP50", caption="percent, COCO box evaluation")
    for name, row in figures["per_class"].items():
        if row["objects"]:
            table.add_row(Text(name), str(row["objects"]), _percent(row["map"]), _percent(row["map50"]))
    table.add_section()
    table.add_row("all", "", _percent(figures["map"]), _percent(figures["map50"]), style="bold")
    print_table(table)
    print_rows([("head", figures["head"]), *(("assumed", note) for note in figures["assumed"])])


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"
