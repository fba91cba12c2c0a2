"""The file name is the registry: kinds are modules of a package, found without importing them."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

from core.errors import UsageError


def names(package: str) -> tuple[str, ...]:
    """The kinds in a package, sorted, e.g. `names("capture.sources")`."""
    paths = importlib.import_module(package).__path__
    return tuple(sorted(module.name for module in pkgutil.iter_modules(paths)))


def load(package: str, name: str) -> ModuleType:
    """The module of one kind; a `UsageError` lists those that exist."""
    known = names(package)
    if name not in known:
        kind = package.rpartition(".")[2]
        raise UsageError(f"there is no '{name}' among the {kind}", f"Choose one of: {', '.join(known)}.")
    return importlib.import_module(f"{package}.{name}")
