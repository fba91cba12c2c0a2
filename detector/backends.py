"""Which backend runs a network, and why the faster ones were passed over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from core import plugins
from core.errors import EngineUnavailable, NothingToBuild, UsageError
from detector import engine as host
from detector.cuda import engine as cuda
from detector.cuda.libcuda import why_no_device
from detector.enginefile import REMEDY
from detector.enginemodel import Engine
from detector.model import Model

AUTO = "auto"
BUILT = ("tensorrt", "tensorrt_rtx")  # those that need an engine of each network
FASTEST_FIRST = (*BUILT, "onnxruntime_cuda")
ON_THE_CPU = "onnxruntime"
ANOTHER = "Choose --backend auto, or --backend onnxruntime for the CPU."


@dataclass(frozen=True)
class Choice:
    """A backend, whether it works on device memory, and what the user should know about the choice."""

    backend: str
    on_device: bool
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Probes:
    """What is asked before a backend is chosen: each answers with a reason against it, or None."""

    device: Callable[[], str | None] = why_no_device
    runtime: Callable[[str], str | None] = cuda.unavailable
    network: Callable[[str, Model], str | None] = cuda.unready


def choose(backend: str, model: Model, probes: Probes | None = None) -> Choice:
    """The first of `choices`."""
    return choices(backend, model, probes)[0]


def choices(backend: str, model: Model, probes: Probes | None = None) -> tuple[Choice, ...]:
    """The backend of that name, or for "auto" all that can run the network, the fastest first.

    Raises `UsageError` where there is none of that name, and `EngineUnavailable` where it was asked for by name and
    cannot run: only "auto" falls back, and says so in its notes. A built engine runs on its own backend or not at all.
    """
    probes = probes or Probes()
    if model.engine:
        backend = _own(model.engine, backend)
    if backend == AUTO:
        return tuple(_fastest_first(model, probes))
    if backend in plugins.names(host.KINDS):
        return (Choice(backend, on_device=False),)
    if backend not in plugins.names(cuda.KINDS):
        raise UsageError(f"there is no '{backend}' among the backends", f"Choose one of: {', '.join(names())}.")
    reason = probes.device() or _unfit(model) or probes.runtime(backend)
    if reason:
        remedy = REMEDY if model.engine else ANOTHER
        raise EngineUnavailable(f"{backend} cannot run {model.path.name}: {reason}", remedy)
    return (Choice(backend, on_device=True),)


def buildable(model: Model, probes: Probes | None = None) -> str:
    """The fastest backend, which only lacks its engine of a network; raises `NothingToBuild` with the reason."""
    probes = probes or Probes()
    name = model.path.name
    if model.engine:
        raise NothingToBuild(f"{name} is an engine already")
    if reason := probes.device() or _unfit(model):
        raise NothingToBuild(f"no engine can be built for {name}: {reason}")
    unusable: list[str] = []
    for backend in BUILT:
        reason = probes.runtime(backend)
        if reason is None and probes.network(backend, model) is None:
            raise NothingToBuild(f"{name} has its {backend} engine already")
        if reason is None:
            return backend
        unusable.append(reason)
    raise NothingToBuild(f"no engine can be built for {name}: {'; '.join(unusable)}")


def names() -> tuple[str, ...]:
    """All that may be asked for."""
    return (AUTO, *sorted((*plugins.names(host.KINDS), *plugins.names(cuda.KINDS))))


def _own(engine: Engine, wanted: str) -> str:
    """The backend of an engine."""
    if wanted not in (AUTO, engine.backend):
        raise EngineUnavailable(
            f"{wanted} cannot run {engine.graph.path.name}: it is an engine of {engine.backend}",
            f"Choose --backend {engine.backend}, or give the ONNX file that it was built from.",
        )
    return engine.backend


def _fastest_first(model: Model, probes: Probes) -> Iterator[Choice]:
    """The notes are the reasons against each faster one; a single one where it holds for all."""
    if reason := probes.device() or _unfit(model):
        yield Choice(ON_THE_CPU, on_device=False, notes=(f"runs on the CPU: {reason}",))
        return
    passed_over: list[str] = []
    for backend in FASTEST_FIRST:
        reason = probes.runtime(backend) or probes.network(backend, model)
        if reason is None:
            yield Choice(backend, on_device=True, notes=tuple(passed_over))
        else:
            passed_over.append(f"{backend} was passed over: {reason}")
    yield Choice(ON_THE_CPU, on_device=False, notes=("runs on the CPU", *passed_over))


def _unfit(model: Model) -> str | None:
    if model.head(model.layout.preprocessing).kernel_calls():
        return None
    return model.layout.only_on_cpu or f"the head '{model.layout.head}' has no CUDA kernels for this network"
