"""The states of a run and the one table of what may follow what."""

from __future__ import annotations

import threading

from core.status import State

FOLLOWERS: dict[State, frozenset[State]] = {
    State.STARTING: frozenset({State.RUNNING, State.PAUSED, State.ENDED, State.FAILED}),
    State.RUNNING: frozenset({State.STALLED, State.RECONNECTING, State.PAUSED, State.ENDED, State.FAILED}),
    State.STALLED: frozenset({State.RUNNING, State.RECONNECTING, State.PAUSED, State.ENDED, State.FAILED}),
    State.RECONNECTING: frozenset({State.RUNNING, State.PAUSED, State.ENDED, State.FAILED}),
    State.PAUSED: frozenset({State.RUNNING, State.RECONNECTING, State.ENDED, State.FAILED}),
    State.ENDED: frozenset({State.RUNNING, State.STARTING, State.FAILED}),
    State.FAILED: frozenset({State.STARTING}),
}


class StateMachine:
    """Holds the state; what the table does not allow does not happen."""

    def __init__(self) -> None:
        self._state = State.STARTING
        self._lock = threading.Lock()

    @property
    def state(self) -> State:
        """The state now."""
        return self._state

    def move(self, to: State, *, only_from: State | None = None) -> bool:
        """Enter a state if the table allows it (and, where given, only from one state); whether it did."""
        with self._lock:
            if to not in FOLLOWERS[self._state] or only_from not in (None, self._state):
                return False
            self._state = to
            return True
