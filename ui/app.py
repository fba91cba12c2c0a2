"""The window as one call, from a session to an exit code; imports Qt only when called."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING

from core.errors import UsageError
from core.status import Status
from pipeline.session import Session
from ui import display

if TYPE_CHECKING:
    from ui.window import Window

INTERRUPTED = 130
REMEDY = "Run with --headless, and with --save FILE.mp4 to look at the result later."

Until = Callable[[Status], bool]


def run_window(session: Session, until: Until | None = None) -> int:
    """Show an unopened session until the window is closed, or until a status for which `until` is true.

    Returns 0, or 130 where SIGINT or SIGTERM closed it. A run that is failed when the window is closed raises its
    error then: in the window it was a state with a message.
    """
    _require_qt()
    from ui.qt import application
    from ui.renderer import Renderer
    from ui.window import Window

    app = application()
    with session, Renderer(session.latest) as renderer:
        window = Window(session, renderer)
        if until:
            _close_when(until, window)
        window.show()
        interrupted = _run(app.exec_, window)
        session.wait(0)
        return INTERRUPTED if interrupted else 0


def _close_when(until: Until, window: Window) -> None:
    def look(status: Status) -> None:
        if until(status):
            window.close()

    window.feed.told.connect(look)


def _require_qt() -> None:
    obstacle = display.obstacle()
    if obstacle:
        raise UsageError(f"the window cannot be opened: {obstacle}", REMEDY)
    try:
        import qtpy.QtWidgets  # noqa: F401
    except ImportError as error:
        raise UsageError(
            f"the window cannot be opened: {error}", f"Install PyQt5 (on a Jetson: apt install python3-pyqt5). {REMEDY}"
        ) from error


def _run(loop: Callable[[], int], window: Window) -> bool:
    """Run Qt's loop; whether a signal ended it. Raises the first exception that a slot let through."""
    signals: list[int] = []
    errors: list[BaseException] = []

    def interrupt(number: int, _frame: object) -> None:
        signals.append(number)
        window.close()

    def hook(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        errors.append(error)
        window.close()

    with _signals_to(interrupt), _exceptions_to(hook):
        loop()
    if errors:
        raise errors[0]
    return bool(signals)


@contextmanager
def _signals_to(handler: Callable[[int, object], None]) -> Iterator[None]:
    """Python handles a signal when its interpreter next runs: the feed's timer sees to that."""
    former = {number: signal.signal(number, handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, restored in former.items():
            signal.signal(number, restored)


@contextmanager
def _exceptions_to(hook: Callable[..., None]) -> Iterator[None]:
    """Qt would end the process where a slot raises."""
    former, sys.excepthook = sys.excepthook, hook
    try:
        yield
    finally:
        sys.excepthook = former
