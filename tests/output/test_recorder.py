from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from results import ENGINE, PREDICTIONS, SOURCE, a_frame, a_result, picture, results
from videos import duration_ms, pictures, times_ms

from core.errors import OutputError, UsageError
from core.palette import colour
from core.settings import Policy
from core.types import Detections, Prediction, Result
from output.recorder import DEPTH, Recorder, Video

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.mp4"


def record(path: Path, run: list[Result], policy: Policy = Policy.EVERY) -> Video:
    with Recorder(path, policy) as recorder:
        recorder.begin(SOURCE, ENGINE)
        for result in run:
            recorder.write(result)
    return recorder.recording


def plain(width: int, height: int, bgr: tuple[int, int, int] = (90, 120, 60)) -> Result:
    return a_result(a_frame(bgr=picture(width, height, bgr)), Detections.none())


def test_every_frame_is_there_at_its_own_time(path: Path) -> None:
    stamps = [1000.0, 1040.0, 1080.0, 1180.0, 1190.0, 1500.0, 2400.0, 2433.3]
    recording = record(path, [a_result(a_frame(index, ms)) for index, ms in enumerate(stamps)])
    assert times_ms(path) == pytest.approx([ms - 1000 for ms in stamps], abs=0.02)
    assert recording.frames == len(stamps)


def test_the_last_frame_is_shown_as_long_as_the_one_before(path: Path) -> None:
    recording = record(path, results(30, fps=20))
    assert duration_ms(path) == pytest.approx(1500, abs=0.1)
    assert recording.duration_ms == pytest.approx(1500, abs=0.1)


def test_a_single_frame_lasts_as_its_source_says(path: Path) -> None:
    record(path, results(1))
    assert duration_ms(path) == pytest.approx(1000 / SOURCE.fps, abs=0.1)


@pytest.mark.parametrize("fps", [None, 0.0, 90_000.0])
def test_a_source_without_a_sensible_rate_can_be_recorded(path: Path, fps: float | None) -> None:
    with Recorder(path, Policy.EVERY) as recorder:
        recorder.begin(replace(SOURCE, fps=fps), ENGINE)
        recorder.write(a_result())
    assert duration_ms(path) == pytest.approx(40, abs=0.1)


def test_a_camera_is_recorded_by_arrival(path: Path) -> None:
    frames = [replace(a_frame(index, None), captured_ns=7_000_000_000 + ms * 1_000_000)
              for index, ms in enumerate([0, 33, 70, 5070])]  # fmt: skip
    record(path, [a_result(frame) for frame in frames])
    assert times_ms(path) == pytest.approx([0, 33, 70, 5070], abs=0.02)


def test_fragments_are_a_second_at_most_and_frames_wait_for_no_later_one(path: Path) -> None:
    record(path, results(100, fps=30))
    with av.open(str(path)) as video:
        packets = [packet for packet in video.demux(video=0) if packet.size]
    assert all(packet.pts == packet.dts for packet in packets)
    keys_s = [float(packet.pts * packet.time_base) for packet in packets if packet.is_keyframe]
    assert max(np.diff(keys_s)) <= 1.0 + 1e-9
    assert path.read_bytes().count(b"moof") >= 4


@pytest.mark.parametrize(("width", "height"), [(65, 49), (1, 1), (4097, 3)])
def test_odd_sizes_get_their_edge_repeated(path: Path, width: int, height: int) -> None:
    record(path, [plain(width, height, (200, 200, 200))])
    (shown,) = pictures(path)
    assert shown.shape == (height + 1, width + 1, 3)
    assert shown.min() > 190


def test_frames_of_another_size_are_scaled_between_bars(path: Path) -> None:
    record(path, [plain(64, 48), plain(200, 75, (255, 255, 255))])
    shown = pictures(path)[1]
    assert shown.shape == (48, 64, 3)
    assert shown[16:32].min() > 240
    assert shown[:10].max() < 20
    assert shown[-10:].max() < 20


COLOURS = [(0, 0, 255), (0, 255, 0), (255, 0, 0), (30, 200, 240), (128, 128, 128), (255, 255, 255), (0, 0, 0)]


@pytest.mark.parametrize("bgr", COLOURS)
def test_colours_are_those_of_the_frame_in_players_that_read_tags_and_those_that_do_not(
    path: Path, bgr: tuple[int, int, int]
) -> None:
    record(path, [plain(64, 48, bgr)])
    _, by_opencv = cv2.VideoCapture(str(path)).read()
    for shown in (pictures(path)[0], by_opencv):
        assert np.abs(shown.mean(axis=(0, 1)) - bgr).max() < 4
    with av.open(str(path)) as video:
        context = video.streams.video[0].codec_context
        assert (context.colorspace, context.color_range) == (6, 1)  # BT.601, limited range


@pytest.mark.parametrize("level", [16, 128, 235])
def test_greys_keep_their_brightness(path: Path, level: int) -> None:
    record(path, [plain(64, 48, (level,) * 3)])
    assert np.abs(pictures(path)[0].astype(int) - level).max() <= 2


@pytest.mark.parametrize("prediction", PREDICTIONS.values(), ids=PREDICTIONS)
def test_what_was_found_is_drawn(path: Path, prediction: Prediction) -> None:
    record(path, [a_result(prediction=prediction)])
    drawn = np.abs(pictures(path)[0].astype(int) - picture()).max()
    assert drawn < 8 if prediction is PREDICTIONS["nothing"] else drawn > 60


def test_a_box_has_the_colour_of_its_class(path: Path) -> None:
    found = Detections(np.array([[40, 60, 280, 200]], np.float32), np.ones(1, np.float32), np.full(1, 2, np.int32))
    record(path, [a_result(a_frame(bgr=picture(320, 240)), found)])
    label = pictures(path)[0][56:59, 41:44]  # the chip's lower left corner
    assert np.abs(label.mean(axis=(0, 1)) - colour(2)[::-1]).max() < 30


@pytest.mark.parametrize(("policy", "live"), [(Policy.NEWEST, False), (Policy.EVERY, True)])
def test_what_has_no_time_to_be_encoded_is_dropped_counted_and_told(path: Path, policy: Policy, live: bool) -> None:
    run = [a_result(a_frame(index, index * 40.0, picture(1280, 720))) for index in range(60)]
    with Recorder(path, policy) as recorder:
        assert recorder.notice == ""
        recorder.begin(replace(SOURCE, live=live), ENGINE)
        for result in run:
            recorder.write(result)
    recording = recorder.recording
    assert DEPTH <= recording.frames < 60
    assert recording.frames + recording.dropped == 60
    assert len(pictures(path)) == recording.frames
    assert recorder.notice.startswith(f"frames are missing in {path}")


def test_every_frame_waits_for_its_turn_where_none_may_be_missing(path: Path) -> None:
    recording = record(path, results(10 * DEPTH))
    assert (recording.frames, recording.dropped) == (10 * DEPTH, 0)
    assert len(pictures(path)) == 10 * DEPTH


@pytest.mark.parametrize("name", ["run.avi", "run", "mp4"])
def test_only_mp4_is_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"\.mp4"):
        Recorder(tmp_path / name, Policy.EVERY)


@pytest.mark.parametrize("policy", Policy)
def test_a_failure_of_the_encoder_reaches_the_run(path: Path, policy: Policy) -> None:
    too_wide = picture(20_000, 2)

    def run() -> None:
        with Recorder(path, policy) as recorder:
            recorder.begin(SOURCE, ENGINE)
            for index in range(2 * DEPTH):
                recorder.write(a_result(a_frame(index, index * 40.0, too_wide), Detections.none()))

    with pytest.raises(OutputError, match="20000x2"):
        run()
    assert not path.exists()


def test_the_encoder_is_told(path: Path) -> None:
    assert "264" in record(path, results(1)).encoder


CHILD = """
import resource, sys, time
from pathlib import Path
import numpy as np
from core.errors import OutputError
from core.settings import Policy
from output.recorder import Recorder
from results import ENGINE, SOURCE, a_frame, a_result

path, limit = Path(sys.argv[1]), int(sys.argv[2])
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
random = np.random.default_rng(0)
try:
    with Recorder(path, Policy.EVERY) as recorder:
        recorder.begin(SOURCE, ENGINE)
        for index in range(125):
            recorder.write(a_result(a_frame(index, index * 40.0, random.integers(0, 255, (120, 160, 3), np.uint8))))
        print("125 frames", flush=True)
        time.sleep(0 if limit else 60)
except OutputError as error:
    print(error, flush=True)
"""


def child(path: Path, limit: int = 0) -> subprocess.Popen[str]:
    environment = {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
    command = [sys.executable, "-c", CHILD, str(path), str(limit)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def test_a_kill_loses_two_seconds_at_most(path: Path) -> None:
    with child(path) as process:
        assert process.stdout
        assert process.stdout.readline() == "125 frames\n"
        process.kill()
    assert times_ms(path)[-1] >= 5000 - 2000


def test_a_full_disk_is_told_and_what_was_written_can_be_read_to_its_end(path: Path) -> None:
    with child(path, limit=800_000) as process:
        assert process.stdout
        told = process.stdout.read()
    assert told.startswith(f"{path} cannot be written (File too large). ")
    assert told.count("\n") == 1
    assert times_ms(path) == pytest.approx([index * 40 for index in range(len(times_ms(path)))])
    assert 25 <= len(times_ms(path)) < 125


def test_a_run_that_the_encoder_holds_up_is_told_so(path: Path) -> None:
    with Recorder(path, Policy.EVERY) as recorder:
        recorder.begin(SOURCE, ENGINE)
        assert recorder.notice == ""
        drawn = picture(1280, 720)
        for index in range(400):
            recorder.write(a_result(a_frame(index, index * 40.0, drawn)))
        assert "sets the pace" in recorder.notice
