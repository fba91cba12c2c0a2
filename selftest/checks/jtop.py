"""The service of jetson-stats answers, with values that go on."""

from __future__ import annotations

import time
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from core.errors import JetsightError
from selftest.check import Context, Missing, Outcome, Skipped, Status

LIMIT_S = 30.0  # its start may hang for ever
INTERVAL_S = 0.5
WAIT_S = 3.0
HARDWARE = ("Model", "Module", "SoC", "CUDA Arch BIN", "L4T", "Jetpack")  # and not the serial number


def run(context: Context) -> Outcome:
    """Ask it twice: a client that was forgotten is told the same for ever."""
    if find_spec("jtop") is None:
        if context.jetson():
            raise Missing("jetson-stats is not installed: sudo pip install jetson-stats")
        raise Skipped("jetson-stats is for Jetsons")
    library: Any = import_module("jtop")
    with library.jtop(INTERVAL_S) as service:
        began = service.uptime
        time.sleep(WAIT_S)
        alive, ended = service.ok(), service.uptime
        hardware = service.board["hardware"]
        figures = {
            "version": str(library.__version__),
            "power_mode": str(service.nvpmodel),
            **{name: hardware.get(name) for name in HARDWARE},
        }
    if not alive or began == ended:
        raise JetsightError("jtop's service gives no new values", "Restart it: sudo systemctl restart jtop.service.")
    return Outcome(Status.OK, f"jetson-stats {figures['version']}, power mode {figures['power_mode']}", figures)
