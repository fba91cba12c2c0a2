"""The process that builds: `python -m detector.builder.child JOB`, progress on standard output.

Whatever the libraries print themselves goes to standard error.
"""

from __future__ import annotations

import os
import sys
from dataclasses import asdict

from core.errors import EngineUnavailable, JetsightError
from detector.builder.cost import Cost
from detector.builder.library import load
from detector.builder.network import READY, prepare
from detector.builder.options import Job
from detector.builder.progress import Report
from detector.builder.refusal import MEMORY
from detector.builder.shapes import ranges
from detector.builder.tensorrt import EngineBuilder
from detector.model import load_model


def main() -> int:
    """Build what the first argument describes; the exit code is the error's."""
    channel = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    report = Report(channel)
    try:
        cost = work(Job.from_json(sys.argv[1]), report)
        report.done(asdict(cost) if cost else None)
    except JetsightError as error:
        report.failed(type(error).__name__, error.what, error.remedy)
        return error.exit_code
    except MemoryError:
        report.failed(EngineUnavailable.__name__, "the build ran out of memory", MEMORY)
        return EngineUnavailable.exit_code
    return 0


def work(job: Job, report: Report) -> Cost | None:
    """Write the engine; what its precision costs where that was measured."""
    model = load_model(job.model, job.head)
    builder = EngineBuilder(load(job.options.target.backend), job, report)
    source, cost = prepare(model, job.options, job.engine.parent, report)
    builder.build(source, ranges(model), begun=0.0 if source == model.path else READY)
    return cost


if __name__ == "__main__":
    sys.exit(main())
