"""Built engines, kept by what they were built from.

In `$XDG_CACHE_HOME/jetsight/engines` each engine `NAME.engine` has a sidecar `NAME.json` with its `Recipe` and the hash
of its content. The sidecar is written last and makes the engine valid; both appear whole or not at all.
"""

from __future__ import annotations

import fcntl
import glob
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.errors import EngineUnavailable, OutputError, UsageError
from core.files import replace_whole
from detector.builder import library
from detector.builder.cost import Cost
from detector.model import Model
from detector.recipe import Recipe, Shape, Target, Wanted, misfit

POLL_S = 0.2
DAMAGED = (99, "its file is damaged")


@dataclass(frozen=True)
class Entry:
    """An engine built at `built_s` (seconds of Unix time); `notes` and `cost` tell what its precision costs."""

    path: Path
    recipe: Recipe
    size: int
    sha256: str
    built_s: float
    notes: tuple[str, ...] = ()
    cost: Cost | None = None


class EngineCache:
    """The folder of engines."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def entries(self) -> list[Entry]:
        """All that have a sidecar, newest first; whether the files are whole is not looked at."""
        found = (_read(path) for path in self.folder.glob("*.json"))
        return sorted((entry for entry in found if entry), key=lambda entry: -entry.built_s)

    def find(self, wanted: Wanted) -> Entry:
        """The engine built last that fits and is whole; `EngineUnavailable` tells what is wrong with the nearest."""
        misfits = [(-1, "it was not built yet")]
        for entry in self.entries():
            found = misfit(entry.recipe, wanted)
            if found is None and whole(entry):
                return entry
            misfits.append(found or DAMAGED)
        precision = f" --precision {wanted.precision}" if wanted.precision else ""
        raise EngineUnavailable(
            f"there is no {wanted.target.backend} engine for {wanted.network}: {max(misfits)[1]}",
            f"Build it: jetsight build {wanted.network} --backend {wanted.target.backend}{precision}.",
        )

    def get(self, recipe: Recipe) -> Entry | None:
        """The engine of exactly that recipe, if it is there and whole."""
        entry = _read(self.folder / f"{recipe.name}.json")
        return entry if entry and entry.recipe == recipe and whole(entry) else None

    def add(self, built: Path, recipe: Recipe, notes: tuple[str, ...], cost: Cost | None = None) -> Entry:
        """Move a finished engine from within the folder to its name and make it valid."""
        path = self.folder / f"{recipe.name}.engine"
        entry = Entry(path, recipe, built.stat().st_size, file_hash(built), time.time(), notes, cost)
        sidecar = path.with_suffix(".json")
        sidecar.unlink(missing_ok=True)
        built.replace(path)
        replace_whole(sidecar, json.dumps({**asdict(entry), "path": path.name}, indent=2).encode())
        return entry

    def remove(self, name: str) -> None:
        """Take an engine out, with all that lies beside it. Raises `UsageError` where there is none of that name."""
        sidecar = self.folder / f"{name}.json"
        if Path(name).name != name or not sidecar.is_file():
            raise UsageError(f"there is no engine '{name}'", "`jetsight engines` lists them.")
        try:
            sidecar.unlink()
            for path in self.folder.glob(f"{glob.escape(name)}.*"):
                path.unlink()
        except OSError as error:
            raise OutputError(f"{sidecar} cannot be removed ({error.strerror})", "Check its permissions.") from error

    @contextmanager
    def workplace(self, patience: Iterator[None]) -> Iterator[Path]:
        """A folder to build in, for one build at a time on this machine; gone afterwards with all that is left in it.

        While another process builds, `patience` is stepped; it ends the waiting by raising.
        """
        with self._lock(patience):
            for orphan in self.folder.glob("building-*"):
                shutil.rmtree(orphan, ignore_errors=True)
            with tempfile.TemporaryDirectory(prefix="building-", dir=self.folder) as name:
                yield Path(name)

    @contextmanager
    def _lock(self, patience: Iterator[None]) -> Iterator[None]:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = (self.folder / "lock").open("w")
        except OSError as error:
            raise OutputError(f"{self.folder} cannot be written ({error.strerror})", "Set XDG_CACHE_HOME.") from error
        with lock:
            while not _taken(lock.fileno()):
                next(patience)
                time.sleep(POLL_S)
            yield


def find(model: Model, backend: str, precision: str | None = None, shape: Shape | None = None) -> Entry:
    """The engine of a network for this machine. Raises `EngineUnavailable` with the reason and how to build one.

    `precision` is "fp32", "fp16", "int8" or None for the one built last; `shape` is the picture's.
    """
    wanted = Wanted(model.path.name, network_hash(model), library.target(backend), precision, shape)
    return EngineCache(default_folder()).find(wanted)


def default_folder() -> Path:
    """Where this user's engines lie."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jetsight" / "engines"


def whole(entry: Entry) -> bool:
    """Whether the file is what was built."""
    try:
        return entry.path.stat().st_size == entry.size and file_hash(entry.path) == entry.sha256
    except OSError:
        return False


def network_hash(model: Model) -> str:
    """SHA-256 of a network's file and, one after another, of those that hold more of its weights."""
    return file_hash(model.path, *model.graph.weight_files)


def file_hash(*paths: Path) -> str:
    """SHA-256 of files, one after another."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def _read(sidecar: Path) -> Entry | None:
    """What a sidecar says; None where it is none of ours."""
    try:
        values: dict[str, Any] = json.loads(sidecar.read_text())
        recipe = values["recipe"]
        shapes = {side: tuple(map(int, recipe[side])) for side in ("smallest", "largest")}
        return Entry(
            path=sidecar.with_suffix(".engine"),
            recipe=Recipe(**{**recipe, **shapes, "target": Target(**recipe["target"])}),
            size=int(values["size"]),
            sha256=str(values["sha256"]),
            built_s=float(values["built_s"]),
            notes=tuple(map(str, values["notes"])),
            cost=Cost.from_values(values["cost"]) if values.get("cost") else None,
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
