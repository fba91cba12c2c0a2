"""Options that several commands share, and what becomes of them."""

from __future__ import annotations

import argparse
import math
from pathlib import Path

from core.arguments import count, fraction, positive, up_to, whole
from core.settings import BUILT_IN, MOST_DETECTIONS, Settings

THROUGHPUT = 2  # frames under way


def add_debug(parser: argparse.ArgumentParser) -> None:
    """For those who mend the program; may stand before and after a command's own sub-command."""
    parser.add_argument(
        "--debug", action="store_true", default=argparse.SUPPRESS, help="show the traceback of an error"
    )


def add_model(parser: argparse.ArgumentParser) -> None:
    """Which network runs, and where."""
    parser.add_argument(
        "--model", type=Path, default=BUILT_IN, metavar="FILE", help="ONNX file or engine (default: built in)"
    )
    parser.add_argument("--head", help="network family, where the graph fits several")
    parser.add_argument("--backend", default="auto", help="runtime (default: auto, the fastest that is here)")


def add_thresholds(parser: argparse.ArgumentParser) -> None:
    """What counts as a detection."""
    parser.add_argument("--confidence", type=fraction, metavar="0..1", help="lowest score (default: the network's)")
    parser.add_argument("--iou", type=fraction, metavar="0..1", help="overlap suppressed (default: the network's)")
    parser.add_argument("--classes", default="", metavar="NAME,…", help="only these classes")
    parser.add_argument("--class-agnostic", action="store_true", help="boxes of other classes are suppressed as well")
    parser.add_argument(
        "--max-detections", type=up_to(MOST_DETECTIONS), metavar="N", help="boxes a frame at most (default: 300)"
    )


def add_capture(parser: argparse.ArgumentParser) -> None:
    """What to ask of the source."""
    parser.add_argument("--width", type=count, metavar="PX", help="camera: wanted width")
    parser.add_argument("--height", type=count, metavar="PX", help="camera: wanted height")
    parser.add_argument("--fps", type=positive, metavar="N", help="camera: wanted frames per second")
    parser.add_argument("--flip", choices=("horizontal", "vertical", "both"), help="mirror the picture")
    parser.add_argument("--latency", type=whole, default=200, metavar="MS", help="stream: buffer (default: 200)")
    parser.add_argument("--timeout", type=positive, default=10.0, metavar="S", help="open and read (default: 10)")
    parser.add_argument("--no-reconnect", action="store_true", help="end at the first loss of a live source")


def add_outputs(parser: argparse.ArgumentParser) -> None:
    """Options for the files that a run writes."""
    parser.add_argument("--save", type=file, metavar="FILE.mp4", help="video with what was found drawn into it")
    parser.add_argument("--log", type=file, metavar="FILE.jsonl", help="a JSON line a frame")
    parser.add_argument("--summary", type=file, metavar="FILE.json", help="frames, rates, stages, counts, environment")


def add_json(parser: argparse.ArgumentParser) -> None:
    """Figures for programs."""
    parser.add_argument("--json", metavar="FILE", help="write the figures as JSON; - for standard output")


def settings_from(args: argparse.Namespace) -> Settings:
    """The settings of a run from the options of the groups above, `--source`, `--loop` and `--frames`."""
    return Settings(
        source=args.source,
        model=args.model,
        head=args.head,
        backend=args.backend,
        depth=THROUGHPUT if args.throughput else 1,
        confidence=args.confidence,
        iou=args.iou,
        classes=tuple(name.strip() for name in args.classes.split(",") if name.strip()),
        class_agnostic=args.class_agnostic,
        max_detections=args.max_detections,
        loop=args.loop,
        frames=args.frames,
        reconnect=not args.no_reconnect,
        width=args.width,
        height=args.height,
        fps=args.fps,
        flip=args.flip,
        latency_ms=args.latency,
        timeout_s=args.timeout,
    )


def file(text: str) -> Path:
    """A file to be written."""
    if text in ("", "-"):
        raise argparse.ArgumentTypeError(f"'{text}' is no file; only --json takes - for standard output")
    return Path(text)


def speed(text: str) -> float:
    """`max`, `1x`, `0.25x`, `4` as a factor on a recording's own rate."""
    if text == "max":
        return math.inf
    try:
        factor = float(text.removesuffix("x"))
    except ValueError:
        factor = 0.0
    if not 0 < factor < math.inf:
        raise argparse.ArgumentTypeError(f"'{text}' is no speed; give max, 1x, 0.5x, …")
    return factor
