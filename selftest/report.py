"""The file to send back: every check's outcome, without what is nobody's business."""

from __future__ import annotations

import getpass
import json
import math
import platform
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from capture.address import masked
from output.files import write_whole
from selftest.check import Outcome, Status

NAME = "selftest.json"
FORMAT = 1
ROOT = Path(__file__).resolve().parent.parent
NO_NAMES = {"", "localhost", "root"}


class Report:
    """Written anew after each check, so that a machine that stops has told what was before."""

    def __init__(self, folder: Path, options: Mapping[str, Any]) -> None:
        self.path = folder / NAME
        self._began = time.time()
        self._options = options
        self._checks: dict[str, dict[str, Any]] = {}
        self._clean = cleaner()

    @property
    def failed(self) -> bool:
        """Whether any check did."""
        return any(check["status"] == Status.FAILED.value for check in self._checks.values())

    def add(self, name: str, outcome: Outcome, seconds: float) -> None:
        """Keep an outcome, and write all. Raises `OutputError` where it cannot be written."""
        self._checks[name] = {
            "status": outcome.status.value,
            "words": outcome.words,
            "figures": outcome.figures,
            "traceback": outcome.traceback,
            "seconds": round(seconds, 1),
        }
        write_whole(self.path, (json.dumps(self.figures(), indent=2) + "\n").encode())

    def figures(self) -> dict[str, Any]:
        """All of it."""
        whole = {
            "selftest": FORMAT,
            "began": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self._began)),
            "options": self._options,
            "verdict": (Status.FAILED if self.failed else Status.OK).value,
            "checks": self._checks,
        }
        cleaned: dict[str, Any] = _each(whole, self._clean)
        return cleaned


def cleaner() -> Callable[[str], str]:
    """Takes the names of this user and this machine, its addresses, places of files and passwords out of a text."""
    rules = [(re.escape(str(ROOT)), "."), (re.escape(str(Path.home())) + r"(?![\w-])", "~")]
    rules += [(rf"(?<=/){re.escape(user)}(?![\w-])", "<user>") for user in {_user()} - NO_NAMES]
    rules += [(rf"(?<![\w-]){re.escape(host)}(?![\w-])", "<host>") for host in {platform.node()} - NO_NAMES]
    rules += [(rf"(?<![\w.:]){re.escape(address)}(?![\w:])", "<address>") for address in _addresses()]

    def clean(text: str) -> str:
        for pattern, replacement in rules:
            text = re.sub(pattern, replacement, text)
        return masked(text)

    return clean


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def _addresses() -> set[str]:
    """Of this machine's network interfaces, but for those that every machine has."""
    import psutil

    found = {entry.address.partition("%")[0] for entries in psutil.net_if_addrs().values() for entry in entries}
    return found - {"127.0.0.1", "::1", "00:00:00:00:00:00"}


def _each(value: Any, change: Callable[[str], str]) -> Any:
    """The same with every text in it changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {str(key): _each(item, change) for key, item in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return [_each(item, change) for item in value] if isinstance(value, (list, tuple)) else value
