"""The service of jetson-stats, as a module of its name."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from core.errors import JetsightError
from selftest.check import Context, Missing, Skipped, Status
from selftest.checks import jtop

LIBRARY = """
__version__ = "4.3.2"
class jtop:
    nvpmodel = "MAXN"
    board = {{"hardware": {{"Model": "Orin Nano", "Serial Number": "1420000000001", "L4T": "36.4.4"}}}}
    _uptime = 0
    def __init__(self, interval): pass
    def __enter__(self): return self
    def __exit__(self, *error): pass
    def ok(self): return True
    @property
    def uptime(self):
        self._uptime += {step}
        return self._uptime
"""


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    yield
    sys.modules.pop("jtop", None)


def library(step: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "jtop.py").write_text(LIBRARY.format(step=step))
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "jtop", raising=False)
    monkeypatch.setattr(jtop, "WAIT_S", 0.01)


def test_it_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library(1, tmp_path, monkeypatch)
    outcome = jtop.run(Context())
    assert outcome.status is Status.OK
    assert outcome.words == "jetson-stats 4.3.2, power mode MAXN"
    assert outcome.figures["L4T"] == "36.4.4"
    assert "1420000000001" not in str(outcome)


def test_values_that_stand_still(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library(0, tmp_path, monkeypatch)
    with pytest.raises(JetsightError, match="no new values"):
        jtop.run(Context())


def test_not_installed() -> None:
    if find_spec("jtop"):
        pytest.skip("jetson-stats is installed")
    with pytest.raises(Missing, match="sudo pip install jetson-stats"):
        jtop.run(Context(jetson=lambda: True))
    with pytest.raises(Skipped, match="for Jetsons"):
        jtop.run(Context(jetson=lambda: False))
