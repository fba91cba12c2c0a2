"""An engine of the network can be built here, and how long that takes; the checks behind this one run it."""

from __future__ import annotations

import time

from detector.backends import AUTO
from detector.builder.library import INSTALL, MODULES
from detector.model import load_model
from selftest.check import Context, Missing, Outcome, Skipped, Status
from selftest.choice import require_gpu

LIMIT_S = 3600.0


def run(context: Context) -> Outcome:
    """Build it, unless it is there."""
    require_gpu(context)
    model = load_model(context.options.model)
    backend = _builder(context)
    figures = {"backend": backend, "model": model.path.name}
    if context.probes.network(backend, model) is None:
        return Outcome(Status.OK, f"the {backend} engine of {model.path.name} was there", figures)
    began = time.perf_counter()
    context.build(model, backend)
    seconds = time.perf_counter() - began
    words = f"the {backend} engine of {model.path.name} was built in {seconds:.0f} s"
    return Outcome(Status.OK, words, {**figures, "seconds": round(seconds, 1)})


def _builder(context: Context) -> str:
    """The backend asked for, or the better one that is installed."""
    wanted = context.options.backend
    if wanted not in (AUTO, *MODULES):
        raise Skipped(f"{wanted} needs no engine to be built")
    reasons = []
    for backend in MODULES if wanted == AUTO else (wanted,):
        reason = context.probes.runtime(backend)
        if reason is None:
            return backend
        reasons.append(f"{backend}: {reason}. {INSTALL[backend]}")
    raise Missing(" ".join(reasons))
