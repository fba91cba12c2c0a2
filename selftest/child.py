"""A check in a process of its own: `python -m selftest.child NAME OPTIONS ANSWER`.

`OPTIONS` is a JSON object; the outcome is written into the file `ANSWER`, for libraries print what they like.
"""

from __future__ import annotations

import json
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import NoReturn

from selftest import check
from selftest.check import Context, Options


def main(name: str, options: str, answer: str) -> None:
    """Run the check and leave its outcome."""
    signal.signal(signal.SIGTERM, _leave)
    chosen = json.loads(options)
    context = Context(Options(Path(chosen["model"]), chosen["backend"], chosen["source"]))
    outcome = check.run(check.load(name), context)
    Path(answer).write_text(json.dumps({**asdict(outcome), "status": outcome.status.value}))


def _leave(number: int, _: FrameType | None) -> NoReturn:
    """End as at the end of the program, so that children of this process are ended too."""
    sys.exit(128 + number)


if __name__ == "__main__":
    main(*sys.argv[1:])
