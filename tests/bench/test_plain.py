"""The loop that a user would write finds what the program finds."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from onnx_graphs import GraphBuilder

from bench.arms import video_file
from bench.plain import CONFIDENCE, IOU, PlainLoop
from capture.source import open_source
from core.buffers import FrameBuffers
from core.errors import UsageError
from core.settings import BUILT_IN
from core.types import Detections
from detector.detector import open_detector

FRAMES = 60


def found_by_the_program() -> list[int]:
    counts = []
    with open_detector(BUILT_IN) as detector, open_source("demo:", FrameBuffers()) as source:
        detector.set_thresholds(replace(detector.info.thresholds, confidence=CONFIDENCE, iou=IOU))
        for frame in islice(source.frames(), FRAMES):
            detector.submit(frame)
            prediction = detector.collect().prediction
            assert isinstance(prediction, Detections)
            counts.append(len(prediction))
    return counts


def test_finds_about_as_many_boxes_as_the_program() -> None:
    loop = PlainLoop(BUILT_IN, "yolov8", video_file("demo:"))
    plain, program = [loop.step() for _ in range(FRAMES)], found_by_the_program()
    assert sum(program) > FRAMES
    assert sum(plain) == pytest.approx(sum(program), rel=0.3)


def test_begins_again_at_the_end(tmp_path: Path) -> None:
    from clips import Clip

    loop = PlainLoop(BUILT_IN, "yolov8", Clip(frames=3).write(tmp_path / "clip.mp4"))
    assert [loop.step() for _ in range(7)] == [0] * 7


def test_refuses_what_it_does_not_know(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no head 'detr'"):
        PlainLoop(BUILT_IN, "detr", Path("clip.mp4"))
    graph = GraphBuilder((1, 3, "height", "width"))
    graph.output(graph.weighted(1, 84, 84), "output0", (1, 84, 84))
    with pytest.raises(UsageError, match="height x width"):
        PlainLoop(graph.save(tmp_path / "free.onnx"), "yolov8", Path("clip.mp4"))
    with pytest.raises(UsageError, match="cannot read nothing-here"):
        PlainLoop(BUILT_IN, "yolov8", Path("nothing-here.mp4")).step()
