"""An engine for the checks that run a network."""

from __future__ import annotations

import threading

from detector.build import build as build_engine
from detector.builder.library import target
from detector.builder.options import BuildOptions
from detector.builder.progress import Progress
from detector.model import Model

PRECISION = "fp16"


def build(model: Model, backend: str) -> None:
    """The engine of a network for this machine; takes minutes. Raises `EngineUnavailable` where it cannot be built."""
    build_engine(model, BuildOptions(target(backend), PRECISION), _unheard, threading.Event())


def _unheard(progress: Progress) -> None:
    """A check tells its end only."""
