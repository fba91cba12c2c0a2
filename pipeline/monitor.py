"""What is known of a run, gathered from its threads and given out as one `Status`."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

from core.errors import SourceError
from core.status import Building, Rates, State, Status
from core.types import EngineInfo, Result, SourceInfo, Thresholds
from pipeline.capture import Slot
from pipeline.rates import RateMeter, StageMeter
from pipeline.states import StateMachine

STALL_S = 2.0
READ_S = 2.0  # how long what comes and goes is held, so that it can be read


class Monitor:
    """Meters, state and the newest message of a run; its methods are called from the thread that has the news."""

    def __init__(self, slot: Slot) -> None:
        self.states = StateMachine()
        self.source: SourceInfo | None = None
        self.engine: EngineInfo | None = None
        self.message = ""
        self.opening = ""
        self._building: Building | None = None
        self._building_since_s = 0.0
        self.address = ""
        self.error: BaseException | None = None
        self.over = threading.Event()
        self._slot = slot
        self._captured, self._detected, self._shown, self._dropped = (RateMeter() for _ in range(4))
        self._stages = StageMeter()
        self._reconnects = 0
        self._overlooked = 0
        self._overlooked_ns = 0
        self._lost = False
        self._captured_ns = 0
        self._position_ns: int | None = None

    def source_opened(self, source: SourceInfo) -> None:
        """Frames come from here from now on; after a loss this is the reconnect."""
        if self._lost:
            self._lost = False
            self._reconnects += 1
            self.message = f"{source.uri} is back"
        self.source = source
        self._captured_ns = time.perf_counter_ns()
        self._go()

    def engine_opened(self, engine: EngineInfo) -> None:
        """This network answers from now on."""
        self.engine = engine
        self._stages.reset()

    def thresholds_set(self, thresholds: Thresholds) -> None:
        """The network decides by these from now on."""
        if self.engine:
            self.engine = replace(self.engine, thresholds=thresholds)

    def captured(self) -> None:
        """A frame came."""
        self._captured_ns = time.perf_counter_ns()
        self._captured.tick()
        while self._dropped.total < self._slot.dropped:
            self._dropped.tick()
        self.states.move(State.RUNNING, only_from=State.STALLED)

    def detected(self, result: Result) -> None:
        """A frame was inferred; where a seek crossed the end of a recording, it is not over after all."""
        self.sought()
        self._detected.tick()
        self._stages.add(result)
        self._note_overlooked(result.overlooked)
        self._position_ns = result.frame.media_ns

    def shown(self) -> None:
        """A result was painted."""
        self._shown.tick()

    def lost(self, error: SourceError, retry_s: float) -> None:
        """The source is gone and will be tried again."""
        self._lost = True
        self.message = f"{error} Trying again in {retry_s:g} s."
        self.states.move(State.RECONNECTING)

    def ended(self) -> None:
        """A recording is through, or the frames asked for are done."""
        self.states.move(State.ENDED)
        self.over.set()

    def begins(self, what: str) -> None:
        """A source or a network is being opened."""
        self.opening = what

    def opened(self) -> None:
        """It takes over."""
        self.opening = self.message = ""

    def refused(self, error: BaseException) -> None:
        """It cannot be had; what ran before goes on."""
        self.opening = ""
        self.message = str(error)

    def builds(self, building: Building | None) -> None:
        """An engine is being built, or no longer."""
        if building and not self._building:
            self._building_since_s = time.monotonic()
        self._building = building

    def asked(self) -> None:
        """What was said before is past, unless it lasts."""
        if self.states.state not in (State.FAILED, State.RECONNECTING):
            self.message = ""

    def tells(self, message: str) -> None:
        """Something that the user should know."""
        self.message = message

    def failed(self, error: BaseException) -> None:
        """Nothing runs any more, for this reason."""
        self.error = error
        self.refused(error)
        self.states.move(State.FAILED)
        self.over.set()

    def restarting(self, address: str) -> None:
        """Another source takes over; what failed or ended begins anew."""
        self.address = address
        self.error = None
        self._lost = False
        if self.states.move(State.STARTING):
            self.over.clear()

    def paused(self) -> bool:
        """Playback shall hold; whether there is something to hold."""
        return self.states.move(State.PAUSED) or self.states.state is State.PAUSED

    def resumed(self) -> None:
        """Playback goes on."""
        self._captured_ns = time.perf_counter_ns()
        self.states.move(State.RECONNECTING if self._lost else State.RUNNING, only_from=State.PAUSED)

    def sought(self) -> None:
        """A recording that was through plays again from another place."""
        if self.states.move(State.RUNNING, only_from=State.ENDED):
            self.over.clear()

    def status(self) -> Status:
        """All of it now."""
        self._notice_stall()
        return Status(
            state=self.states.state,
            message=self.message,
            opening=self.opening,
            building=self._timed(),
            address=self.address,
            source=self.source,
            engine=self.engine,
            rates=Rates(
                self._captured.per_second(),
                self._detected.per_second(),
                self._shown.per_second(),
                self._dropped.per_second(),
            ),
            stages=self._stages.percentiles(),
            captured=self._captured.total,
            detected=self._detected.total,
            shown=self._shown.total,
            dropped=self._slot.dropped,
            reconnects=self._reconnects,
            overlooked=self._overlooked,
            position_ns=self._position_ns,
        )

    def _go(self) -> None:
        if self.states.move(State.RUNNING):
            self.over.clear()

    def _timed(self) -> Building | None:
        building = self._building
        return building and replace(building, elapsed_s=time.monotonic() - self._building_since_s)

    def _note_overlooked(self, overlooked: int) -> None:
        now_ns = time.perf_counter_ns()
        if overlooked or now_ns - self._overlooked_ns > READ_S * 1e9:
            self._overlooked, self._overlooked_ns = overlooked, now_ns

    def _notice_stall(self) -> None:
        silent_s = (time.perf_counter_ns() - self._captured_ns) / 1e9
        if self.source and self.source.live and silent_s > STALL_S:
            self.states.move(State.STALLED, only_from=State.RUNNING)
