"""TensorRT's Python module, whichever of its two kinds."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from core.errors import EngineUnavailable, UsageError
from detector.cuda.identity import gpu
from detector.recipe import Target

MODULES = {"tensorrt": ("tensorrt",), "tensorrt_rtx": ("tensorrt_rtx", "tensorrt_rtx_bindings")}
INSTALL = {
    "tensorrt": "Jetson: sudo apt-get install nvidia-jetpack; others: .venv/bin/pip install tensorrt-cu13 (or cu12).",
    "tensorrt_rtx": 'GeForce or RTX: .venv/bin/pip install -e ".[rtx]".',
}

LAST = 3  # errors told


def installed() -> tuple[str, ...]:
    """The backends whose module is here, the better one first; nothing is loaded."""
    return tuple(backend for backend, names in MODULES.items() if any(map(find_spec, names)))


def load(backend: str) -> Any:
    """The module. Raises `EngineUnavailable` where it is missing or does not load, `UsageError` for other backends."""
    if backend not in MODULES:
        raise UsageError(f"nothing is built for the backend '{backend}'", f"Choose one of: {', '.join(MODULES)}.")
    name = next(filter(find_spec, MODULES[backend]), None)
    if name is None:
        raise EngineUnavailable(f"{backend} is not installed", INSTALL[backend])
    try:
        return import_module(name)
    except (ImportError, OSError) as error:
        raise EngineUnavailable(f"{backend} does not load ({error})", INSTALL[backend]) from error


def is_rtx(library: Any) -> bool:
    """Whether its engines are compiled for each GPU when they are opened."""
    return hasattr(library, "ComputeCapability")


def architectures(library: Any) -> list[str]:
    """What TensorRT-RTX builds for and runs on, such as "86", in ascending order."""
    names = (name for name in library.ComputeCapability.__members__ if name.startswith("SM"))
    return sorted((name.removeprefix("SM") for name in names), key=int)


def logger(library: Any, listen: Callable[[str], None] = lambda _: None) -> Any:
    """A logger for the library, whose `reason()` gives its last errors in words; `listen` is told all but details.

    The library logs from threads of its own, too.
    """
    kinds = library.ILogger.Severity
    severe = (kinds.ERROR, kinds.INTERNAL_ERROR)
    told = (*severe, kinds.WARNING, kinds.INFO)

    class Logger(library.ILogger):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self._errors: deque[str] = deque(maxlen=LAST)

        def log(self, severity: Any, text: str) -> None:
            if severity in severe:
                self._errors.append(" ".join(text.split()))
            if severity in told:
                listen(text)

        def reason(self) -> str:
            return "; ".join(self._errors) or "it gives no reason"

    return Logger()


def target(backend: str, architecture: str | None = None) -> Target:
    """What an engine for this machine's GPU is made for, or for an architecture such as "86".

    Raises `UsageError` where the engine can only be built on the GPU itself.
    """
    library = load(backend)
    version = str(library.__version__)
    if is_rtx(library):
        return Target(backend, version, "", architecture or gpu().architecture)
    here = gpu()
    if architecture not in (None, here.architecture):
        raise UsageError(
            f"{backend} builds only for the GPU of this machine, {here.name}",
            "Leave --architecture out, or use --backend tensorrt_rtx.",
        )
    return Target(backend, version, here.name, here.architecture)
