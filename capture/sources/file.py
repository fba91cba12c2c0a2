"""Video files."""

from __future__ import annotations

from pathlib import Path

from capture.paths import holds_pictures, local_path
from capture.recording import Recording
from capture.source import CaptureOptions, Source
from core.buffers import FrameBuffers

EXAMPLE = "drive.mp4"


def claims(uri: str) -> bool:
    """Every path, existing or not, that does not stand for still pictures."""
    path = local_path(uri)
    return path is not None and not holds_pictures(path)


def open(uri: str, buffers: FrameBuffers, options: CaptureOptions) -> Source:
    """The file as a source; nothing of `options` applies."""
    return Recording("file", uri, lambda: Path(uri).expanduser(), buffers)
