"""`gst:<pipeline>`: any GStreamer pipeline, as `gst-launch-1.0` takes it, without its sink."""

from __future__ import annotations

from capture.address import masked
from capture.gstreamer.reader import TO_BGR
from capture.gstreamer.source import Pipeline, PipelineSource
from capture.source import CaptureOptions
from core.buffers import FrameBuffers
from core.errors import UsageError

EXAMPLE = "gst:videotestsrc ! videoconvert"
SCHEME = "gst:"
# Nothing is dropped in here, where it would not be counted.
SINK = f"{TO_BGR} ! appsink max-buffers=1 sync=false"


def claims(uri: str) -> bool:
    """What begins with `gst:`."""
    return uri.startswith(SCHEME)


def open(uri: str, buffers: FrameBuffers, options: CaptureOptions) -> PipelineSource:
    """An unopened pipeline; one that has no appsink gets one at its end."""
    text = uri[len(SCHEME) :].strip(" !")
    if not text:
        raise UsageError("there is no pipeline after gst:", "For example gst:videotestsrc.")
    whole = text if "appsink" in text else f"{text} ! {SINK}"
    return PipelineSource(
        Pipeline("gst", masked(uri), whole, "Try it alone: gst-launch-1.0 PIPELINE ! fakesink."), buffers, options
    )
