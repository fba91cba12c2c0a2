from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from core.slot import Closed, LatestSlot
from core.types import Result
from ui.picture import Picture
from ui.renderer import POLL_S, Renderer

MakeResult = Callable[..., Result]


def taken(renderer: Renderer, timeout_s: float = 5.0) -> Picture:
    deadline = time.perf_counter() + timeout_s
    while time.perf_counter() < deadline:
        picture = renderer.take()
        if picture:
            return picture
        time.sleep(0.002)
    raise TimeoutError


@pytest.fixture
def results() -> LatestSlot[Result]:
    return LatestSlot()


def test_the_newest_result_is_shown_and_none_waits_behind_it(
    results: LatestSlot[Result], make_result: MakeResult
) -> None:
    with Renderer(results) as renderer:
        renderer.area = (128, 72)
        results.put(make_result(index=0))
        time.sleep(0.1)
        for index in (1, 2, 3):
            results.put(make_result(index=index))
        time.sleep(0.1)
        assert [taken(renderer).result.frame.index for _ in range(2)] == [0, 3]
        time.sleep(2 * POLL_S)
        assert renderer.take() is None, "a result is rendered once"


def test_another_size_renders_the_same_result_again(results: LatestSlot[Result], make_result: MakeResult) -> None:
    with Renderer(results) as renderer:
        results.put(make_result())
        time.sleep(2 * POLL_S)
        assert renderer.take() is None, "there is no room yet"
        renderer.area = (64, 36)
        small = taken(renderer)
        renderer.area = (640, 360)
        large = taken(renderer)
    assert small.result is large.result
    assert (small.image.width(), large.image.width()) == (64, 640)


def test_stops_while_a_picture_waits_to_be_taken(results: LatestSlot[Result], make_result: MakeResult) -> None:
    with Renderer(results) as renderer:
        renderer.area = (64, 36)
        results.put(make_result())
        time.sleep(0.1)
        began = time.perf_counter()
    assert time.perf_counter() - began < 0.5
    assert "view" not in {thread.name for thread in threading.enumerate()}


def test_the_end_of_the_results_is_the_end_of_the_pictures(results: LatestSlot[Result]) -> None:
    with Renderer(results) as renderer:
        results.close()
        with pytest.raises(Closed):
            taken(renderer)


def test_a_fault_reaches_the_taker(results: LatestSlot[Result]) -> None:
    with Renderer(results) as renderer:
        results.fail(MemoryError("no room for the picture"))
        with pytest.raises(MemoryError, match="no room"):
            taken(renderer)
