"""Files that are there whole or not at all."""

from __future__ import annotations

import secrets
from pathlib import Path


def replace_whole(path: Path, content: bytes) -> None:
    """Write a file so that nobody ever sees half of it, whoever else writes it. Makes its folder; raises `OSError`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
