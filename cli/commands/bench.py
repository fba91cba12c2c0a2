"""`jetsight bench`: the studies, each found by its file name."""

from __future__ import annotations

import argparse
from pathlib import Path

from bench.study import KINDS
from cli import options
from core import plugins

HELP = "measure, in a way that anyone can repeat"


def arguments(parser: argparse.ArgumentParser) -> None:
    """A sub-command for each study, whose options the study declares."""
    studies = parser.add_subparsers(required=True, metavar="STUDY")
    for name in plugins.names(KINDS):
        module = plugins.load(KINDS, name)
        study = studies.add_parser(name, help=module.HELP, description=module.HELP)
        module.arguments(study)
        options.add_json(study)
        study.add_argument("--out", type=Path, metavar="DIR", help="write result.json and result.md there")
        options.add_debug(study)
        study.set_defaults(study=name)


def run(args: argparse.Namespace) -> int:
    """Run a study and print its figures, or write them as JSON, or as files to be shown to others."""
    from bench.report import claim_folder, write
    from cli.report import print_rows, progress_bar, report

    study = plugins.load(KINDS, args.study)
    if args.out:
        claim_folder(args.out)
    with progress_bar() as bar:
        task = bar.add_task(args.study)
        figures = study.run(
            args, lambda name, done, total: bar.update(task, description=name, completed=done, total=total)
        )
    if args.out:
        write(args.out, args.study, figures, study.rows(figures))
    report(figures, lambda: print_rows(study.rows(figures)), args.json)
    return 0
