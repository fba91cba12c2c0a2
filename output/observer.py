"""The contract of an observer of results."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol

from core.types import EngineInfo, Result, SourceInfo


class Observer(Protocol):
    """Gets every result in order, on one thread. Opened before the first, closed after the last, also on errors.

    Raises `OutputError`, which ends the run; what was written until then stays readable.
    """

    @property
    def notice(self) -> str:
        """What the user should know while it runs; empty where all is well."""
        return ""

    def __enter__(self) -> Observer: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def begin(self, source: SourceInfo, engine: EngineInfo) -> None:
        """Called before the first result, and again when the source or the network was changed."""
        ...

    def write(self, result: Result) -> None:
        """Take the next result."""
        ...
