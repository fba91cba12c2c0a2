"""`jetsight engines`: the engines that were built."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from cli import options
from cli.report import print_table, report
from core.errors import UsageError

if TYPE_CHECKING:
    from detector.engine_cache import Entry

HELP = "list the engines that were built, or remove them"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    options.add_json(parser)
    parser.set_defaults(names=[], all=False, remove=False)
    actions = parser.add_subparsers(metavar="ACTION")
    remove = actions.add_parser("remove", help="take engines out")
    remove.add_argument("names", nargs="*", metavar="NAME", help="as listed")
    remove.add_argument("--all", action="store_true", help="every one")
    options.add_debug(remove)
    remove.set_defaults(remove=True)


def run(args: argparse.Namespace) -> int:
    """Print the engines, write them as JSON, or remove some."""
    from detector.engine_cache import EngineCache, default_folder

    cache = EngineCache(default_folder())
    entries = cache.entries()
    if args.remove:
        _remove(cache, [entry.recipe.name for entry in entries] if args.all else args.names)
    else:
        report(figures(entries), lambda: show(entries), args.json)
    return 0


def figures(entries: Sequence[Entry]) -> dict[str, Any]:
    """All of it for programs."""
    return {"engines": [_figures(entry) for entry in entries]}


def show(entries: Sequence[Entry]) -> None:
    """All of it for people."""
    from rich.table import Column, Table
    from rich.text import Text

    if not entries:
        print("No engines were built yet: jetsight build MODEL.")
        return
    table = Table("engine", Column("size", justify="right"), "built")
    for entry in entries:
        built = time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.built_s))
        warning = f"\nwarning: {entry.cost.verdict}" if entry.cost and entry.cost.suits is False else ""
        table.add_row(Text(f"{entry.recipe.name}\n{_terms(entry)}{warning}"), f"{entry.size / 1e6:.1f} MB", built)
    print_table(table)


def _figures(entry: Entry) -> dict[str, Any]:
    from detector.builder import cost

    measured = cost.figures(entry.cost)
    values = {**asdict(entry), "path": str(entry.path), "name": entry.recipe.name, "notes": entry.notes, **measured}
    return {name: value for name, value in values.items() if name != "cost"}


def _terms(entry: Entry) -> str:
    """E.g. "yolov8n.onnx in FP16, tensorrt 10.3.0, Orin"."""
    recipe, target = entry.recipe, entry.recipe.target
    gpu = target.gpu or f"every GPU of architecture {target.architecture}"
    accelerator = ", DLA" if recipe.dla else ""
    return f"{recipe.network} in {recipe.precision.upper()}{accelerator}, {target.backend} {target.version}, {gpu}"


def _remove(cache: Any, names: Sequence[str]) -> None:
    if not names:
        raise UsageError("nothing was named", "Name an engine as `jetsight engines` lists it, or give --all.")
    for name in names:
        cache.remove(name)
        print(f"removed {name}")
