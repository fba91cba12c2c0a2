"""What the program costs on top of its network: on the CPU, or on the GPU where the network runs there."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.study import Progress
from core.arguments import count, positive
from core.settings import BUILT_IN

if TYPE_CHECKING:
    from bench.arms import Job

HELP = "the whole program against its bare network"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the study takes."""
    parser.add_argument("--model", type=Path, default=BUILT_IN, metavar="FILE", help="ONNX file (default: built in)")
    parser.add_argument("--backend", default="auto", help="runtime (default: auto, the fastest that is here)")
    parser.add_argument("--source", default="demo:", metavar="VIDEO", help="a video file (default: demo:)")
    parser.add_argument("--rounds", type=count, default=5, metavar="N", help="rounds of all arms (default: 5)")
    parser.add_argument("--seconds", type=positive, default=3.0, metavar="S", help="of each rate (default: 3)")
    parser.add_argument(
        "--rival", type=Path, metavar="FILE", help="GPU: weights for ultralytics' predict (default: the network)"
    )


def run(args: argparse.Namespace, progress: Progress) -> dict[str, Any]:
    """All figures of where the network runs; an arm that cannot run has its reason under `missing`."""
    from bench.arms import Job
    from detector.backends import choose
    from detector.model import load_model

    choice = choose(args.backend, load_model(args.model))
    job = Job(args.model, args.source, args.seconds, choice.backend)
    figures = (_on_gpu if choice.on_device else _on_host)(job, args, progress)
    return {**figures, "notes": [*choice.notes, *figures["notes"]]}


def rows(figures: dict[str, Any]) -> list[tuple[str, str]]:
    """The figures for a person, and what is to be known of them."""
    from bench import host
    from bench.gpu import rows as gpu

    lines = gpu.rows(figures) if "forms" in figures else host.rows(figures)
    return [*lines, *(("note", note) for note in figures["notes"])]


def _on_gpu(job: Job, args: argparse.Namespace, progress: Progress) -> dict[str, Any]:
    from bench.gpu.study import Plan, measure

    return measure(job, Plan(args.rounds, args.rival or args.model), progress)


def _on_host(job: Job, args: argparse.Namespace, progress: Progress) -> dict[str, Any]:
    from bench.host import measure

    return measure(job, args.rounds, progress)
