"""How set-up knows that nothing changed."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from scripts.machine import NO_DRIVER, driver, find_nvcc, jetson


@dataclass(frozen=True)
class Stamp:
    """What was installed last: a file inside the environment, gone with it."""

    inputs: str = ""
    groups: list[str] = field(default_factory=list)
    extras: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> Stamp | None:
        """The stamp in a file; None where there is none."""
        return cls(**json.loads(path.read_text())) if path.is_file() else None

    def write(self, path: Path) -> None:
        """Keep it in a file."""
        path.write_text(json.dumps(vars(self)))


def fingerprint(project: Path, python: Path, root: Path) -> str:
    """One word for all that a plan and an installation depend on, cheap to compute."""
    digest = hashlib.sha256(f"{project} {python}".encode())
    for path in (project / "setup.cfg", project / "pyproject.toml", *sorted((project / "scripts").glob("*.py"))):
        digest.update(path.read_bytes())
    if board := jetson(root):
        digest.update(board.encode())
        for path in _packages_of_the_board(root):
            digest.update(f"{path} {path.stat().st_mtime_ns}".encode())
    elif (cuda := driver(root)) != NO_DRIVER:
        digest.update(f"{cuda} {[*_compilers(root)]}".encode())
    return digest.hexdigest()


def _packages_of_the_board(root: Path) -> Iterator[Path]:
    """What changes when a package is installed there by apt, by pip, or as a CUDA toolkit."""
    for pattern in ("var/lib/dpkg/status", "usr/local/lib/python3*/dist-packages", "usr/local/cuda*"):
        yield from sorted(root.glob(pattern))


def _compilers(root: Path) -> Iterator[str | Path | None]:
    """What PyCUDA is built with."""
    yield from (find_nvcc(root), shutil.which("c++"))
    for pattern in ("usr/include/python3*/Python.h", "usr/include/cuda.h", "usr/local/cuda*/include/cuda.h"):
        yield from sorted(root.glob(pattern))
