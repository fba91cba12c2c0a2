"""The thread guard: no thread dies unheard."""

from __future__ import annotations

import threading
from collections.abc import Callable


def guarded(name: str, work: Callable[[], None], on_failure: Callable[[BaseException], None]) -> threading.Thread:
    """An unstarted thread whose every exception reaches `on_failure`, on that thread."""

    def guard() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - whatever it is, it must reach the user
            on_failure(error)

    return threading.Thread(target=guard, name=name, daemon=True)
