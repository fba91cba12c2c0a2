"""The video of a run, with what was found drawn into it."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from types import TracebackType

from core.errors import OutputError
from core.settings import Policy
from core.slot import FrameQueue
from core.types import EngineInfo, Result, SourceInfo
from output.annotate import annotate
from output.canvas import even, fit
from output.dropping_queue import DroppingQueue
from output.files import claim, require_suffix
from output.mp4 import Mp4, extent
from output.timeline import Timeline

DEPTH = 8  # frames that may wait for the encoder
FINISH_S = 10.0
NOTICED_S, NOTICED_SHARE = 1.0, 0.1  # of the time so far, that the run waited for the encoder
USUAL_FPS, HIGHEST_FPS = 25.0, 240.0  # a source that says nothing, or nonsense such as 90000

QUEUES: dict[Policy, type[FrameQueue[Result]]] = {Policy.EVERY: FrameQueue, Policy.NEWEST: DroppingQueue}


@dataclass(frozen=True)
class Video:
    """What became of a video: `dropped` frames came while the encoder was `DEPTH` frames behind and are missing.

    `waited_s` is how long the run was held up by the encoder.
    """

    path: Path
    encoder: str
    frames: int
    dropped: int
    duration_ms: float
    waited_s: float


class Recorder:
    """An observer that writes an annotated MP4; drawing and encoding happen in a thread of its own.

    Where the policy is `EVERY`, `write` waits for the encoder and no frame is missing; where it is `NEWEST`, and
    with a live source always, frames that the encoder has no time for are left out, counted and told of in
    `notice`. Frames keep the time stamps of their source. The first frame gives the video its size: an odd one is
    padded, and frames of another size (after a reconnect, from another source) are scaled between bars. Raises
    `UsageError` at once for names without ".mp4".
    """

    def __init__(self, path: Path, policy: Policy) -> None:
        require_suffix(path, ".mp4")
        self._path = path
        self._policy = policy
        self._queue: FrameQueue[Result] = FrameQueue(DEPTH)
        self._thread = threading.Thread(target=self._work, name="recorder", daemon=True)
        self._fps = USUAL_FPS
        self._encoder = ""
        self._frames = 0
        self._duration_ns = 0
        self._began_s = 0.0
        self._waited_s = 0.0
        self._error: OutputError | None = None

    def __enter__(self) -> Recorder:
        claim(self._path)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._queue.close()
        if self._thread.ident is not None:
            self._thread.join(FINISH_S)
        if self._thread.is_alive():
            raise OutputError(f"{self._path} is not finished after {FINISH_S:g} s", "Check the disk it lies on.")
        if self._error:
            raise self._error

    def begin(self, source: SourceInfo, engine: EngineInfo) -> None:  # noqa: ARG002 - the contract's
        """Learn the source's rate, a hint to the encoder; the first source decides which frames may be left out."""
        fps = source.fps or 0.0
        self._fps = fps if 0 < fps <= HIGHEST_FPS else USUAL_FPS
        if self._thread.ident is None:
            self._queue = QUEUES[Policy.NEWEST if source.live else self._policy](DEPTH)
            self._began_s = time.perf_counter()
            self._thread.start()

    def write(self, result: Result) -> None:
        """Queue a result. Raises `OutputError` where the video could not be written any further."""
        asked_s = time.perf_counter()
        taken = self._queue.put(result)
        self._waited_s += time.perf_counter() - asked_s
        if not taken:
            raise self._error or OutputError(f"the recording of {self._path} broke off", "Please report this.")

    @property
    def recording(self) -> Video:
        """What was written so far."""
        duration_ms = self._duration_ns / 1e6
        return Video(self._path, self._encoder, self._frames, self._queue.dropped, duration_ms, self._waited_s)

    @property
    def notice(self) -> str:
        """What the user should know of the recording; empty where all is well."""
        if self._queue.dropped:
            return f"frames are missing in {self._path}: the encoder cannot keep up"
        if self._waited_s > max(NOTICED_S, NOTICED_SHARE * (time.perf_counter() - self._began_s)):
            return f"the encoder of {self._path} sets the pace: detection waits for it"
        return ""

    def _work(self) -> None:
        try:
            self._record()
        except OutputError as error:
            self._error = error
            self._frames, self._duration_ns = extent(self._path)
        finally:
            self._queue.close()  # nobody may wait for a thread that has ended

    def _record(self) -> None:
        results = iter(self._queue)
        first = next(results, None)
        if first is None:
            return
        timeline = Timeline(round(1_000_000_000 / self._fps))
        with closing(Mp4(self._path, even(first.frame.width), even(first.frame.height), self._fps)) as video:
            self._encoder = video.encoder
            for result in chain([first], results):
                self._append(video, timeline, result)

    def _append(self, video: Mp4, timeline: Timeline, result: Result) -> None:
        picture = fit(annotate(result), video.width, video.height)
        time_ns = timeline.place(result.frame)
        video.write(picture, time_ns, timeline.step_ns)
        self._frames += 1
        self._duration_ns = time_ns + timeline.step_ns
