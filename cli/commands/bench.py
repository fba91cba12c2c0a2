"""`jetsight bench`: the studies, each found by its file name."""

from __future__ import annotations

import argparse

from cli import options
from core import plugins

HELP = "measure: pipeline (the whole program against its bare network)"
STUDIES = "bench.studies"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes; the study's own options are declared by the study."""
    parser.add_argument("study", choices=plugins.names(STUDIES), help="what to measure")
    parser.add_argument("options", nargs=argparse.REMAINDER, help="of the study: jetsight bench STUDY --help")


def run(args: argparse.Namespace) -> int:
    """Run a study and print its figures, or write them as JSON."""
    from rich.console import Console
    from rich.progress import Progress
    from rich.table import Table

    study = plugins.load(STUDIES, args.study)
    parser = argparse.ArgumentParser(prog=f"jetsight bench {args.study}", description=study.HELP)
    study.arguments(parser)
    options.add_json(parser)
    asked = parser.parse_args(args.options)
    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task(args.study)
        figures = study.run(
            asked, lambda name, done, total: bar.update(task, description=name, completed=done, total=total)
        )
    if asked.json:
        options.write_json(figures, asked.json)
    if asked.json != "-":
        table = Table(show_header=False, box=None, padding=(0, 2))
        for name, value in study.rows(figures):
            table.add_row(name, value)
        Console(highlight=False).print(table)
    return 0
