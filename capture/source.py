"""The contract of a source, and the one way to open any of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol

from capture.address import masked
from capture.flip import FlippedSource
from core import plugins
from core.buffers import FrameBuffers
from core.errors import UsageError
from core.types import Frame, SourceInfo

KINDS = "capture.sources"


@dataclass(frozen=True)
class CaptureOptions:
    """What the user may ask of a source; each kind takes what it can use.

    `width` and `height` in pixels and `fps` are wishes to a camera (None: its default). `timeout_s` bounds every
    open and every read of something live. `flip` is None, "horizontal", "vertical" or "both".
    """

    width: int | None = None
    height: int | None = None
    fps: float | None = None
    timeout_s: float = 10.0
    latency_ms: int = 200
    flip: str | None = None


class Source(Protocol):
    """Open from `__enter__` to `__exit__`; both are called by the thread that reads."""

    info: SourceInfo

    def __enter__(self) -> Source: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def frames(self, start_ns: int = 0) -> Iterator[Frame]:
        """The frames in order, their planes taken from the `FrameBuffers` given at open.

        Begins at the first frame whose `media_ns` is at least `start_ns`, where `info.seekable`; may be called again.
        Ends at the end of a recording. Raises `SourceLost` where something live ends or a recording is damaged, and
        never blocks for longer than the time-out.
        """
        ...


def open_source(uri: str, buffers: FrameBuffers, options: CaptureOptions | None = None) -> Source:
    """An unopened source for `uri`; enter it to open it.

    Each kind's module has `claims(uri) -> bool`, `open(uri, buffers, options) -> Source`, and an `EXAMPLE` of its
    addresses (several are joined by " or "). The first kind that claims the address, in alphabetical order, has it;
    `UsageError` where none does gives the examples. What `options.flip` asks for is done here for all kinds.
    """
    for name in plugins.names(KINDS):
        module = plugins.load(KINDS, name)
        if module.claims(uri):
            options = options or CaptureOptions()
            source: Source = module.open(uri, buffers, options)
            return FlippedSource(source, options.flip, buffers) if options.flip else source
    raise UsageError(
        f"no kind of source reads '{masked(uri)}'", f"Examples of what can be read: {', '.join(examples())}."
    )


def examples() -> tuple[str, ...]:
    """An address of each kind, to be shown to users."""
    return tuple(plugins.load(KINDS, name).EXAMPLE for name in plugins.names(KINDS))
