"""One annotated picture as a file."""

from __future__ import annotations

from pathlib import Path

from core.types import Result
from output.annotate import annotate
from output.files import require_suffix, write_whole


def save_snapshot(result: Result, path: Path) -> None:
    """Write a result's frame with its prediction as PNG, whole or not at all.

    Raises `UsageError` for names without ".png", `OutputError` where the file cannot be written.
    """
    require_suffix(path, ".png")
    import cv2

    _, content = cv2.imencode(".png", annotate(result))
    write_whole(path, content.tobytes())
