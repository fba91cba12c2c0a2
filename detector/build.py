"""ONNX to engine, in a process of its own: a build that is killed for memory is an error, not the program's end."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core import errors
from core.errors import EngineUnavailable, JetsightError, UsageError
from detector.builder import network, samples, shapes
from detector.builder.cost import Cost
from detector.builder.options import BuildOptions, Job
from detector.builder.progress import Progress, messages
from detector.builder.refusal import MEMORY, WITHOUT_NMS
from detector.engine_cache import EngineCache, Entry, default_folder, network_hash
from detector.model import Model
from detector.recipe import Recipe

ROOT = Path(__file__).resolve().parent.parent
CHILD = [sys.executable, "-m", "detector.builder.child"]
POLL_S = 0.1
Listener = Callable[[Progress], None]


class Cancelled(Exception):
    """The build was cancelled; nothing of it is left."""


def build(model: Model, options: BuildOptions, listen: Listener, cancelled: threading.Event) -> Entry:
    """The engine in the cache, built unless it is there; one build at a time on this machine.

    `listen` is told the progress in this thread. Raises `Cancelled` soon after the event is set, `UsageError` where
    pictures to calibrate on are missing and `EngineUnavailable` where the network cannot be built.
    """
    _check(model, options)
    recipe = recipe_of(model, options)
    cache = EngineCache(default_folder())
    with cache.workplace(_waiting(listen, cancelled)) as folder:
        known = cache.get(recipe)
        if known:
            return known
        engine = folder / "built.engine"
        timings = cache.folder / f"{options.target.backend}-{options.target.architecture}.timings"
        job = Job(model.path.resolve(), model.layout.head, options, engine, timings)
        cost = _run(job, listen, cancelled)
        return cache.add(engine, recipe, cost.notes if cost else (), cost)


def recipe_of(model: Model, options: BuildOptions) -> Recipe:
    """What the engine will be."""
    picture = shapes.picture(model)
    precision = network.precision(model, options.precision)
    return Recipe(
        network=model.path.name,
        onnx=network_hash(model),
        target=options.target,
        precision=precision,
        workspace_mb=options.workspace_mb,
        dla=options.dla,
        smallest=picture.smallest,
        largest=picture.largest,
        samples=samples.fingerprint(options.samples) if precision == "int8" and options.samples else "",
    )


def _check(model: Model, options: BuildOptions) -> None:
    if model.engine:
        raise UsageError(f"{model.path.name} is an engine already", "Give the ONNX file that it was built from.")
    if "NonMaxSuppression" in model.graph.operators:
        raise EngineUnavailable(
            f"{model.path.name} suppresses boxes itself, so that its outputs' size depends on the picture",
            WITHOUT_NMS,
        )
    if options.precision == "int8" and model.precision == "FP32":
        options.require_samples()
    if options.dla and options.precision == "fp32":
        raise UsageError("the deep learning accelerator has no fp32", "Give --precision fp16 or int8.")


def _waiting(listen: Listener, cancelled: threading.Event) -> Iterator[None]:
    while True:
        if cancelled.is_set():
            raise Cancelled
        listen(Progress("waiting for another build to end", None))
        yield


def _run(job: Job, listen: Listener, cancelled: threading.Event) -> Cost | None:
    """What the precision of a build that succeeded costs, if that was measured."""
    last_words = job.engine.with_suffix(".txt")
    answer: dict[str, Any] = {}
    with _started(job, last_words) as child, _killed_when(cancelled, child):
        for message in messages(child.stdout or ()):
            if "phase" in message:
                listen(Progress(**message))
            else:
                answer = message
    if cancelled.is_set():
        raise Cancelled
    if "done" in answer:
        return Cost.from_values(answer["done"]) if answer["done"] else None
    raise _failure(answer, child.returncode, last_words)


@contextmanager
def _started(job: Job, last_words: Path) -> Iterator[subprocess.Popen[str]]:
    """In a session of its own, so that Ctrl-C reaches this process alone, which then ends the child."""
    with (
        last_words.open("wb") as errors_file,
        subprocess.Popen(
            [*CHILD, job.to_json()],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors_file,
            text=True,
            start_new_session=True,
        ) as child,
    ):
        try:
            yield child
            child.wait()
        finally:
            child.kill()


@contextmanager
def _killed_when(cancelled: threading.Event, child: subprocess.Popen[str]) -> Iterator[None]:
    def watch() -> None:
        while child.poll() is None:
            if cancelled.wait(POLL_S):
                child.kill()

    watcher = threading.Thread(target=watch, name="build watcher")
    watcher.start()
    try:
        yield
    except BaseException:
        child.kill()
        raise
    finally:
        watcher.join()


def _failure(answer: dict[str, Any], code: int, last_words: Path) -> JetsightError:
    if "failed" in answer:
        kind, what, remedy = answer["failed"]
        error: JetsightError = getattr(errors, kind)(what, remedy)
        return error
    if code == -signal.SIGKILL:
        return EngineUnavailable("the build was killed, most likely because memory ran out", MEMORY)
    lines = last_words.read_text(errors="replace").split("\n")
    words = next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")
    how = f"by {signal.Signals(-code).name}" if code < 0 else f"with {code}"
    return EngineUnavailable(f"the builder ended {how}: {words}", "Try another --precision; please report it.")
