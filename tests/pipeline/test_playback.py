"""When frames are let through, on a source of ten pictures at 50 per second."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator

from capture.source import open_source
from core.buffers import FrameBuffers
from core.types import Frame
from pipeline.playback import Playback

Until = Callable[..., bool]
URI = "pattern:?width=16&height=16&fps=50&frames=10"


def played(playback: Playback, uri: str = URI) -> Iterator[Frame | None]:
    with open_source(uri, FrameBuffers()) as source:
        yield from playback.frames(source)


def collect(playback: Playback, uri: str = URI) -> tuple[list[int | None], threading.Thread]:
    """The indices as they come (None: the end), on a thread of their own."""
    seen: list[int | None] = []

    def read() -> None:
        seen.extend(frame.index if frame else None for frame in played(playback, uri))

    thread = threading.Thread(target=read)
    thread.start()
    return seen, thread


def end(playback: Playback, thread: threading.Thread) -> None:
    playback.stop()
    thread.join(1)
    assert not thread.is_alive()


def test_plays_at_the_recordings_own_rate(until: Until) -> None:
    playback = Playback(speed=1.0, loop=False)
    began = time.perf_counter()
    seen, thread = collect(playback)
    assert until(lambda: None in seen)
    assert 0.17 <= time.perf_counter() - began < 0.6
    assert seen == [*range(10), None]
    end(playback, thread)


def test_plays_as_fast_as_taken(until: Until) -> None:
    playback = Playback(speed=math.inf, loop=False)
    began = time.perf_counter()
    seen, thread = collect(playback)
    assert until(lambda: None in seen)
    assert time.perf_counter() - began < 0.15
    end(playback, thread)


def test_loops_until_told_not_to(until: Until) -> None:
    playback = Playback(speed=math.inf, loop=True)
    seen, thread = collect(playback)
    assert until(lambda: len(seen) > 25)
    playback.set_loop(False)
    assert until(lambda: None in seen)
    assert seen[:12] == [*range(10), 0, 1]
    end(playback, thread)


def test_steps_one_frame_at_a_time(until: Until) -> None:
    playback = Playback(speed=1.0, loop=False)
    playback.pause()
    seen, thread = collect(playback)
    time.sleep(0.1)
    assert seen == []
    playback.step()
    assert until(lambda: seen == [0])
    playback.step()
    assert until(lambda: seen == [0, 1])
    time.sleep(0.1)
    assert seen == [0, 1]
    playback.resume()
    assert until(lambda: None in seen)
    end(playback, thread)


def test_seeks_to_the_exact_frame_while_paused(until: Until) -> None:
    playback = Playback(speed=1.0, loop=False)
    playback.pause()
    seen, thread = collect(playback)
    playback.seek(7 * 20_000_000)
    assert until(lambda: seen == [7])
    playback.seek(2 * 20_000_000 - 1)
    assert until(lambda: seen == [7, 2])
    end(playback, thread)


def test_seeks_back_from_the_end(until: Until) -> None:
    playback = Playback(speed=math.inf, loop=False)
    seen, thread = collect(playback)
    assert until(lambda: None in seen)
    playback.seek(8 * 20_000_000)
    assert until(lambda: seen[11:] == [8, 9, None])
    end(playback, thread)


def test_changes_speed_while_playing(until: Until) -> None:
    playback = Playback(speed=0.25, loop=False)
    seen, thread = collect(playback)
    assert until(lambda: len(seen) == 2)
    playback.set_speed(math.inf)
    assert until(lambda: None in seen, timeout_s=0.5)
    end(playback, thread)


def test_a_paused_live_source_is_read_and_let_go(until: Until) -> None:
    playback = Playback(speed=1.0, loop=False)
    seen, thread = collect(playback, "pattern:?width=16&height=16&fps=50&live=1")
    assert until(lambda: len(seen) >= 3)
    playback.pause()
    time.sleep(0.05)
    held = len(seen)
    time.sleep(0.2)
    assert len(seen) == held
    playback.resume()
    assert until(lambda: len(seen) > held)
    assert seen[held] is not None
    assert seen[held] > held + 5
    end(playback, thread)


def test_paused_at_the_last_frame_is_not_the_end(until: Until) -> None:
    playback = Playback(speed=1.0, loop=False)
    playback.pause()
    seen, thread = collect(playback)
    playback.seek(9 * 20_000_000)
    assert until(lambda: seen == [9])
    time.sleep(0.1)
    assert seen == [9]
    playback.step()
    assert until(lambda: seen == [9, None])
    end(playback, thread)
