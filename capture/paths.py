"""Which addresses are paths on this machine, and whether what lies there can be opened."""

from __future__ import annotations

import os
import re
from pathlib import Path

from core.errors import SourceNotFound, SourceUnreadable

_SCHEME = re.compile(r"[A-Za-z]+:|[A-Za-z][A-Za-z0-9+.-]*://")
_GLOB = re.compile(r"[*?\[]")
_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".pbm"})


def local_path(uri: str) -> Path | None:
    """The path that `uri` names; None for a camera number, a device and anything with a scheme, like `rtsp://`."""
    if not uri or uri.isdecimal() or uri.startswith("/dev/") or _SCHEME.match(uri):
        return None
    return Path(os.path.expanduser(uri))


def is_glob(path: Path) -> bool:
    """Whether a path is a pattern and not the name of something that exists."""
    return bool(_GLOB.search(str(path))) and not os.path.exists(path)


def is_picture(path: Path) -> bool:
    """Whether a file's name is that of a still picture."""
    return path.suffix.lower() in _PICTURES and not path.name.startswith(".")


def holds_pictures(path: Path) -> bool:
    """Whether a path stands for still pictures: a picture, a folder or a glob."""
    return is_picture(path) or is_glob(path) or os.path.isdir(path)


def require_file(path: Path) -> None:
    """Raise `SourceNotFound` or `SourceUnreadable` unless `path` is a file with something in it."""
    try:
        if not os.path.lexists(path):
            raise SourceNotFound(f"there is no file {path}", "Check the path.")
        if not path.is_file():
            raise SourceUnreadable(f"{path} is not a file", "Give a video or a picture.")
        with path.open("rb") as file:
            if not file.read(1):
                raise SourceUnreadable(f"{path} is empty", "Give a file that was written to its end.")
    except OSError as error:
        raise SourceUnreadable(f"{path} cannot be read: {error.strerror}", "Check its permissions.") from error
