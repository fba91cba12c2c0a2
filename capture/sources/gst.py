"""`gst:<pipeline>`: any GStreamer pipeline, as `gst-launch-1.0` takes it, without its sink."""

from __future__ import annotations

from dataclasses import replace

from capture.address import masked
from capture.gstreamer.delivery import ending, offered
from capture.gstreamer.source import Pipeline, PipelineSource
from capture.source import CaptureOptions
from core.buffers import FrameBuffers
from core.errors import UsageError

EXAMPLE = "gst:videotestsrc ! videoconvert"
SCHEME = "gst:"
# Nothing is dropped in here, where it would not be counted.
SINK = "appsink max-buffers=1 sync=false"


def claims(uri: str) -> bool:
    """What begins with `gst:`."""
    return uri.startswith(SCHEME)


def open(uri: str, buffers: FrameBuffers, options: CaptureOptions) -> PipelineSource:
    """An unopened pipeline; one that has no appsink gets one, in the format dearest to the buffers' owner."""
    text = uri[len(SCHEME) :].strip(" !")
    if not text:
        raise UsageError("there is no pipeline after gst:", "For example gst:videotestsrc.")
    launch = Pipeline("gst", masked(uri), text, "Try it alone: gst-launch-1.0 PIPELINE ! fakesink.")
    if "appsink" not in text:
        formats = offered(buffers)
        launch = replace(launch, description=f"{text} ! {ending(formats)} ! {SINK}", formats=formats)
    return PipelineSource(launch, buffers, options)
