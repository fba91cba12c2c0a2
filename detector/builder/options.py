"""What is to be built, as it goes from the program to the process that builds."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.errors import UsageError
from detector.recipe import Target

PRECISIONS = ("fp32", "fp16", "int8")


@dataclass(frozen=True)
class BuildOptions:
    """How an engine is built.

    `samples` is a folder of pictures: an int8 network is calibrated on them, and what a precision costs is measured on
    them. `workspace_mb` bounds the memory that layers may use for their work; `dla` moves what can run there to a
    Jetson's deep learning accelerator.
    """

    target: Target
    precision: str = "fp16"
    samples: Path | None = None
    workspace_mb: int | None = None
    dla: bool = False

    def require_samples(self) -> Path:
        """The pictures to calibrate on. Raises `UsageError` where there are none."""
        if self.samples is None:
            raise UsageError("an int8 engine needs pictures to be calibrated on", "Give a source with --calibrate.")
        return self.samples


@dataclass(frozen=True)
class Job:
    """A build's options with the network's file and head, the engine's file and the timing cache's."""

    model: Path
    head: str
    options: BuildOptions
    engine: Path
    timings: Path

    def to_json(self) -> str:
        """As one line."""
        return json.dumps(asdict(self), default=str)

    @classmethod
    def from_json(cls, text: str) -> Job:
        """The inverse of `to_json`."""
        values: dict[str, Any] = json.loads(text)
        options = values["options"]
        options["target"] = Target(**options["target"])
        options["samples"] = options["samples"] and Path(options["samples"])
        places = {name: Path(values[name]) for name in ("model", "engine", "timings")}
        return cls(head=values["head"], options=BuildOptions(**options), **places)
