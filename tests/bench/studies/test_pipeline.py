"""The pipeline study on a short clip, for a moment."""

from __future__ import annotations

import argparse
import json
from typing import Any

import pytest
from clips import Clip

from bench import arms
from bench.studies import pipeline
from core.settings import BUILT_IN

SPOKEN: list[tuple[str, int, int]] = []


def measured(source: str) -> dict[str, Any]:
    parser = argparse.ArgumentParser()
    pipeline.arguments(parser)
    asked = parser.parse_args(["--source", source, "--rounds", "1", "--seconds", "0.2"])
    return pipeline.run(asked, lambda *told: SPOKEN.append(told))


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", "")  # no Xvfb
        patch.setattr(arms, "WARM_UP_S", 0.05)
        return measured(str(Clip(frames=10).write(tmp_path_factory.mktemp("study") / "clip.mp4")))


def test_gives_every_figure_as_plain_values(figures: dict[str, Any]) -> None:
    assert json.loads(json.dumps(figures)) == figures
    for name in ("bare_fps", "decoding_fps", "pipeline_fps", "plain_loop_fps", "ratio", "ratio_decoding", "pre_ms"):
        assert figures[name] > 0
    for name in ("ratio_plain_loop", "post_ms", "first_boxes_s", "rss_mb"):
        assert figures[name] > 0
    assert (figures["model"], figures["source"]) == (BUILT_IN.name, "clip.mp4")
    assert figures["ratio"] == pytest.approx(figures["pipeline_fps"] / figures["bare_fps"], abs=0.001)


def test_an_arm_that_cannot_run_is_missing_for_a_reason(figures: dict[str, Any]) -> None:
    assert figures["window_fps"] is None
    assert figures["ratio_window"] is None
    assert "Xvfb" in figures["missing"]["window"]
    assert ("window / pipeline", "–") in pipeline.rows(figures)
    assert ("window", figures["missing"]["window"]) in [
        (name, text.removeprefix("missing: ")) for name, text in pipeline.rows(figures)
    ]


def test_tells_how_far_it_is(figures: dict[str, Any]) -> None:
    assert ("pipeline", 2, 5) in SPOKEN
    assert SPOKEN[-1] == ("done", 1, 1)
    assert figures["rounds_fps"]["bare"] == [figures["bare_fps"]]
