"""What the program costs on top of its network, on the CPU.

In each round every arm of `bench/arms.py` runs for a few seconds, one after another, so that a machine that slows
down slows all. Ratios are medians over the ratios of each round. Preprocessing and postprocessing are timed alone
(`bench/stages.py`), and as they are in a run.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from bench import stages
from bench.arms import ARMS, Job
from bench.child import observe
from bench.study import Progress
from core.errors import JetsightError
from output.environment import environment

Rates = dict[str, list[float]]


def measure(job: Job, rounds: int, progress: Progress) -> dict[str, Any]:
    """All arms, round by round; an arm that cannot run has None and its reason under `missing`."""
    alone, between = stages.alone(job), stages.between_inferences(job)
    rates, missing = _rounds(job, rounds, progress)
    seen = observe(["--headless", *job.options], job.seconds)
    return {
        **{f"{name}_fps": _median(values) for name, values in rates.items()},
        "ratio": _ratio(rates, "pipeline", "bare"),
        "ratio_decoding": _ratio(rates, "pipeline", "decoding"),
        "ratio_plain_loop": _ratio(rates, "pipeline", "plain_loop"),
        "ratio_window": _ratio(rates, "window", "pipeline"),
        "pre_ms": round(alone[0], 3),
        "post_ms": round(alone[1], 3),
        "pre_between_inferences_ms": round(between[0], 3),
        "post_between_inferences_ms": round(between[1], 3),
        "first_boxes_s": round(seen.first_boxes_s, 2),
        "rss_mb": round(seen.rss_mb, 1),
        "missing": missing,
        "model": job.model.name,
        "source": Path(job.source).name,
        "backend": job.backend,
        "notes": [],
        "rounds_fps": rates,
        "environment": environment(),
    }


def rows(figures: dict[str, Any]) -> list[tuple[str, str]]:
    """The figures for a person."""
    rates = {name: figures[f"{name}_fps"] for name in figures["rounds_fps"]}
    lines = [(name, f"{fps} fps") for name, fps in rates.items() if fps is not None]
    lines += [(name, f"missing: {reason}") for name, reason in figures["missing"].items()]
    lines += [
        ("pipeline / bare", _text(figures["ratio"])),
        ("pipeline / bare beside decoding", _text(figures["ratio_decoding"])),
        ("pipeline / plain loop", _text(figures["ratio_plain_loop"])),
        ("window / pipeline", _text(figures["ratio_window"])),
        ("preprocessing + postprocessing alone", f"{figures['pre_ms']:.2f} + {figures['post_ms']:.2f} ms"),
        (
            "… between inferences",
            f"{figures['pre_between_inferences_ms']:.2f} + {figures['post_between_inferences_ms']:.2f} ms",
        ),
        ("first boxes after", f"{figures['first_boxes_s']} s"),
        ("resident memory", f"{figures['rss_mb']} MB"),
    ]
    return lines


def _rounds(job: Job, rounds: int, progress: Progress) -> tuple[Rates, dict[str, str]]:
    rates: Rates = {name: [] for name in ARMS}
    missing: dict[str, str] = {}
    for step in range(rounds * len(ARMS)):
        name = list(ARMS)[step % len(ARMS)]
        progress(name, step, rounds * len(ARMS))
        if name in missing:
            continue
        try:
            rates[name].append(round(ARMS[name](job), 2))
        except JetsightError as error:
            missing[name] = str(error)
    progress("done", 1, 1)
    return rates, missing


def _median(values: Sequence[float]) -> float | None:
    return round(median(values), 2) if values else None


def _text(ratio: float | None) -> str:
    return "–" if ratio is None else f"{ratio:.3f}"


def _ratio(rates: Rates, above: str, below: str) -> float | None:
    pairs = list(zip(rates[above], rates[below], strict=False))
    return round(median(a / b for a, b in pairs), 3) if pairs else None
