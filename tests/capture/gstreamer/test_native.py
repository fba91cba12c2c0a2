from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from capture.gstreamer.native import Running, has_property, lacks, parse_fault

WIDTH, HEIGHT = 6, 4
CAPS = f"video/x-raw,format=BGRx,width={WIDTH},height={HEIGHT},framerate=25/1"
DESCRIPTION = f'appsrc name=source format=time caps="{CAPS}" ! %s ! appsink name=sink sync=false'
SECOND = 1_000_000_000

pytestmark = pytest.mark.skipif(lacks("appsrc", "identity") is not None, reason="GStreamer is not installed")


def picture(level: int) -> bytes:
    return bytes([level, 10, 20, 0] * WIDTH * HEIGHT)


@pytest.fixture
def running() -> Iterator[Running]:
    pipeline = Running(DESCRIPTION % "identity")
    yield pipeline
    pipeline.close()


def test_pictures_come_out_with_the_times_that_they_went_in_with(running: Running):
    for level, time_ns in ((1, 5 * SECOND), (2, 6 * SECOND), (3, None)):
        running.push(picture(level), time_ns)
    samples = [running.pull(2.0) for _ in range(3)]
    assert [sample.time_ns for sample in samples if sample] == [5 * SECOND, 6 * SECOND, None]
    for level, sample in enumerate(samples, 1):
        assert sample is not None
        np.testing.assert_array_equal(sample.pixels[..., :3], np.full((HEIGHT, WIDTH, 3), (level, 10, 20)))


def test_where_nothing_comes_it_says_so_in_time(running: Running):
    assert running.pull(0.0) is None
    assert running.fault() is None


def test_after_the_end_the_rest_comes_and_then_nothing(running: Running):
    running.push(picture(1), 0)
    running.end()
    assert running.pull(2.0) is not None
    assert running.pull(10.0) is None


@pytest.mark.parametrize("surplus", [-4, 4])
def test_a_picture_of_another_length_is_refused(running: Running, surplus: int):
    running.push(bytes(WIDTH * HEIGHT * 4 + surplus), 0)
    with pytest.raises(ValueError, match=rf"a picture of 6x4 came in {96 + surplus} bytes"):
        running.pull(2.0)


def test_an_element_that_fails_tells_why():
    running = Running(DESCRIPTION % "identity error-after=1")
    running.push(picture(1), 0)
    while running.pull(0.5):
        pass
    assert running.fault() == "Failed after iterations as requested."
    running.close()


def test_what_is_wrong_with_a_pipeline():
    assert parse_fault("videotestsrc ! fakesink") is None
    assert parse_fault("videotestsrc ! nonsense") == 'no element "nonsense"'
    with pytest.raises(ValueError, match="nonsense"):
        Running(DESCRIPTION % "nonsense")


def test_elements_and_their_properties_are_probed():
    assert lacks("identity", "fakesink") is None
    assert lacks("identity", "nonsense", "other") == "GStreamer has no nonsense"
    assert has_property("identity", "drop-probability")
    assert not has_property("identity", "enable-max-performance")
    assert not has_property("nonsense", "name")
