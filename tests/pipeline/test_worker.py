"""Workers prove themselves, wait for their turn, and end when told."""

from __future__ import annotations

import threading

import pytest

from core.errors import SourceError
from pipeline.worker import Worker


class Sample(Worker):
    """Fails where told: "open", "work" or nowhere."""

    def __init__(self, fault: str = "") -> None:
        self.failures: list[BaseException] = []
        self.failed = threading.Event()
        self.worked = threading.Event()
        super().__init__("sample", self.note)
        self._fault = fault

    def note(self, error: BaseException) -> None:
        self.failures.append(error)
        self.failed.set()

    def work(self) -> None:
        if self._fault == "open":
            raise SourceError("cannot open")
        if not self.await_turn():
            return
        self.worked.set()
        if self._fault == "work":
            raise ZeroDivisionError
        self.retired.wait()


def test_works_only_when_it_is_its_turn() -> None:
    worker = Sample()
    worker.open()
    assert not worker.worked.wait(0.05)
    worker.go()
    assert worker.worked.wait(1)
    worker.retire()
    assert not worker.failures


def test_what_keeps_it_from_opening_is_raised_to_the_opener() -> None:
    worker = Sample("open")
    with pytest.raises(SourceError, match="cannot open"):
        worker.open()
    assert not worker.failures


def test_any_failure_at_work_is_reported() -> None:
    worker = Sample("work")
    worker.open()
    worker.go()
    assert worker.failed.wait(1)
    assert isinstance(worker.failures[0], ZeroDivisionError)


def test_is_retired_before_its_turn() -> None:
    worker = Sample()
    worker.open()
    worker.retire()
    assert not worker.worked.is_set()
