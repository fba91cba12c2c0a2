"""`jetsight selftest`: what this machine can prove, in one file to send back."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

from core.settings import BUILT_IN

if TYPE_CHECKING:
    from selftest.check import Options
    from selftest.report import Report

HELP = "prove that everything works on this machine, and how fast, in one file to send back"
STYLES = {"ok": "green", "failed": "bold red", "skipped": "dim", "missing": "yellow"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("--out", type=Path, default=Path("out/selftest"), metavar="DIR", help="default: out/selftest")
    parser.add_argument("--only", default="", metavar="NAME,…", help="these checks only")
    parser.add_argument("--model", type=Path, default=BUILT_IN, metavar="FILE", help="ONNX file (default: built in)")
    parser.add_argument("--backend", default="auto", help="runtime (default: auto, the fastest that is here)")
    parser.add_argument("--source", metavar="VIDEO", help="pictures to compare on (default: demo:, else a pattern)")


def run(args: argparse.Namespace) -> int:
    """Run the checks one by one; 1 where any failed."""
    from selftest.check import Options
    from selftest.report import Report

    wanted = _wanted(args.only)
    options = Options(args.model.resolve(), args.backend, args.source)
    report = Report(args.out, {"model": args.model.name, "backend": args.backend, "only": args.only})
    _run_all(wanted, options, report)
    show(report)
    return 1 if report.failed else 0


def show(report: Report) -> None:
    """All of it for people."""
    from rich.console import Console
    from rich.table import Column, Table
    from rich.text import Text

    table = Table("check", "result", "what was found", Column("s", justify="right"))
    for name, check in report.figures()["checks"].items():
        status = check["status"]
        table.add_row(name, Text(status, STYLES[status]), Text(check["words"]), f"{check['seconds']:.1f}")
    console = Console(highlight=False)
    console.print(table)
    console.print(Text(f"All of it, without names and addresses, to send back: {report.path}"))


def _wanted(only: str) -> list[str]:
    """The names of the checks asked for, behind that of the machine; `UsageError` where there is none of a name."""
    from selftest import check

    asked = {name.strip() for name in only.split(",") if name.strip()}
    for name in asked:
        check.load(name)
    return [name for name in check.names() if not asked or name in asked | {check.FIRST}]


def _run_all(wanted: list[str], options: Options, report: Report) -> None:
    from rich.console import Console

    from selftest import check, suite

    with Console(stderr=True).status("") as status:
        for name in wanted:
            status.update(f"{name} …")
            began = time.perf_counter()
            outcome = suite.run(name, check.load(name), options)
            report.add(name, outcome, time.perf_counter() - began)
