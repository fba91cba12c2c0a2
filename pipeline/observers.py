"""The observers of a run: entered when added, told in order, closed when removed or at the end."""

from __future__ import annotations

import threading

from core.errors import OutputError
from core.types import EngineInfo, Result, SourceInfo
from output.observer import Observer


class Observers:
    """May be changed from any thread while another writes."""

    def __init__(self) -> None:
        self._open: list[Observer] = []
        self._terms: tuple[SourceInfo, EngineInfo] | None = None
        self._lock = threading.Lock()

    def add(self, observer: Observer) -> None:
        """Enter an observer; it sees the next result first. Raises `OutputError` where it cannot be opened."""
        observer.__enter__()
        with self._lock:
            self._open.append(observer)
            if self._terms:
                observer.begin(*self._terms)

    def remove(self, observer: Observer) -> None:
        """Close an observer; one that is not there is left alone."""
        with self._lock:
            if observer not in self._open:
                return
            self._open.remove(observer)
        observer.__exit__(None, None, None)

    def begin(self, source: SourceInfo, engine: EngineInfo) -> None:
        """Tell all what comes from now on."""
        with self._lock:
            self._terms = (source, engine)
            for observer in self._open:
                observer.begin(source, engine)

    def write(self, result: Result) -> None:
        """Hand a result to all."""
        with self._lock:
            told = tuple(self._open)
        for observer in told:  # outside the lock: one that blocks must not keep the others from being closed
            observer.write(result)

    @property
    def notice(self) -> str:
        """What the first of them that has something to tell wants the user to know."""
        return next((observer.notice for observer in tuple(self._open) if observer.notice), "")

    def close(self) -> None:
        """Close all, the last one first; the first error is raised when all are closed."""
        errors = []
        with self._lock:
            while self._open:
                try:
                    self._open.pop().__exit__(None, None, None)
                except OutputError as error:
                    errors.append(error)
        if errors:
            raise errors[0]
