"""How outputs treat the files that they are asked for.

A folder that is missing is made. A file that is there is not touched before there is something to write.
"""

from __future__ import annotations

from pathlib import Path

from core.errors import OutputError, UsageError
from core.files import replace_whole


def require_suffix(path: Path, suffix: str) -> None:
    """Raises `UsageError` where a file's name does not end so."""
    if path.suffix.lower() != suffix:
        raise UsageError(f"'{path}' does not end in {suffix}", f"Give a file name that ends in {suffix}.")


def claim(path: Path) -> None:
    """See to it that a file can be written; what it holds stays, and none is left empty. Raises `OutputError`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        known = path.exists()
        path.open("ab").close()
        if not known:
            path.unlink()
    except OSError as error:
        raise cannot_write(path, error.strerror) from error


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that nobody ever sees half of it; devices and pipes are written to. Raises `OutputError`."""
    path = path.resolve() if path.is_file() else path
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(content)
        else:
            replace_whole(path, content)
    except OSError as error:
        raise cannot_write(path, error.strerror) from error


def cannot_write(path: Path, reason: object) -> OutputError:
    """What the user is told."""
    return OutputError(f"{path} cannot be written ({reason})", "Free space or choose another place.")
