"""What a run leaves behind: video, log, summary; and what it prints at the end."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from cli.report import print_rows, report
from core.errors import UsageError
from core.settings import Policy
from core.status import Status
from output.files import claim
from output.observer import Observer
from output.recorder import Recorder
from output.summary import Summary


class Outputs:
    """The observers that the options ask for, and the figures when the run is over."""

    def __init__(self, args: argparse.Namespace, policy: Policy) -> None:
        _require_distinct(args)
        self._json: str | None = args.json
        if self._json not in (None, "-"):
            claim(Path(args.json))
        self._summary = Summary(args.summary)
        self._recorder = Recorder(args.save, policy) if args.save else None
        self.observers: list[Observer] = [self._summary]
        if args.log:
            from output.log import Log

            self.observers.append(Log(args.log))
        if self._recorder:
            self.observers.append(self._recorder)

    def finish(self, status: Status) -> dict[str, Any]:
        """Write the summary, print it where there is something to tell, and return its figures."""
        recording = self._recorder.recording if self._recorder else None
        figures = self._summary.figures(status, recording)
        try:
            report(figures, lambda: print_rows(_lines(figures) if figures["frames"] else ()), self._json)
        finally:
            self._summary.save(figures)
        return figures


def _require_distinct(args: argparse.Namespace) -> None:
    """No file twice, and never the one that is read."""
    taken: dict[Path, str] = {}
    for name in ("source", "model", "save", "log", "summary", "json"):
        path = getattr(args, name)
        if path is None or path == "-":
            continue
        other = taken.setdefault(Path(path).resolve(), name)
        if other != name:
            raise UsageError(f"--{other} and --{name} are the same file, {path}", "Give each a file of its own.")


def _lines(figures: dict[str, Any]) -> list[tuple[str, str]]:
    network, recording = figures["network"], figures["recording"]
    lines = [("frames", f"{figures['frames']} in {figures['duration_s']:.1f} s")]
    if network:
        lines.append(
            ("network", f"{network['model']} ({network['head']}) on {network['backend']}, {network['device']}")
        )
        lines += [("note", note) for note in network["notes"]]
    rates, counts = figures["rates_hz"], figures["counts"]
    lines += [(name, f"{rates[name]:.1f} per second ({counts[name]})") for name in rates]
    if counts["reconnects"]:
        lines.append(("reconnects", str(counts["reconnects"])))
    lines += [
        (name, f"{p['p50']:.1f} ms   p95 {p['p95']:.1f}   p99 {p['p99']:.1f}")
        for name, p in figures["stages_ms"].items()
    ]
    lines += [("found", f"{count} {label}") for label, count in figures["objects"].items()]
    if figures["overlooked"]:
        lines.append(("overlooked", f"{figures['overlooked']} candidates: raise --confidence"))
    lines += [("area", f"{percent:.1f} % {label}") for label, percent in figures["areas_percent"].items()]
    if recording:
        lines.append(("video", f"{recording['path']}: {recording['frames']} frames, {recording['encoder']}"))
        if recording["dropped"]:
            lines.append(("", f"{recording['dropped']} frames are missing in it: the encoder could not keep up"))
    return lines
