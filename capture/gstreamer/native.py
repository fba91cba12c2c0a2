"""GStreamer's own library, which OpenCV is linked with.

It is asked what is wrong with a pipeline, since OpenCV keeps the reason to itself and may wait for ever on one that
lacks an element; and it feeds and reads a pipeline with the times of its pictures, which OpenCV drops.
"""

from __future__ import annotations

import ctypes
import functools
from ctypes import POINTER, Structure, byref, c_char_p, c_int, c_size_t, c_uint, c_uint32, c_uint64, c_void_p
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

from core.pixels import U8

_NO_TIME = 2**64 - 1  # GST_CLOCK_TIME_NONE
_FATAL_ERRORS = 1  # GST_PARSE_FLAG_FATAL_ERRORS
_MESSAGE_ERROR = 2
_NULL, _PLAYING = 1, 4

# Of each function of the libraries gstreamer, gstapp, gobject and glib: what it gives and what it takes.
_SIGNATURES: dict[str, dict[str, tuple[Any, ...]]] = {
    "libgstreamer-1.0.so.0": {
        "gst_init_check": (c_int, c_void_p, c_void_p, c_void_p),
        "gst_parse_launch_full": (c_void_p, c_char_p, c_void_p, c_int, c_void_p),
        "gst_bin_get_by_name": (c_void_p, c_void_p, c_char_p),
        "gst_element_set_state": (c_int, c_void_p, c_int),
        "gst_element_get_bus": (c_void_p, c_void_p),
        "gst_element_factory_find": (c_void_p, c_char_p),
        "gst_element_factory_create": (c_void_p, c_void_p, c_char_p),
        "gst_bus_pop_filtered": (c_void_p, c_void_p, c_uint),
        "gst_message_parse_error": (None, c_void_p, c_void_p, c_void_p),
        "gst_object_unref": (None, c_void_p),
        "gst_mini_object_unref": (None, c_void_p),
        "gst_buffer_new_allocate": (c_void_p, c_void_p, c_size_t, c_void_p),
        "gst_buffer_fill": (c_size_t, c_void_p, c_size_t, c_char_p, c_size_t),
        "gst_buffer_get_size": (c_size_t, c_void_p),
        "gst_buffer_extract": (c_size_t, c_void_p, c_size_t, c_void_p, c_size_t),
        "gst_sample_get_buffer": (c_void_p, c_void_p),
        "gst_sample_get_caps": (c_void_p, c_void_p),
        "gst_caps_get_structure": (c_void_p, c_void_p, c_uint),
        "gst_structure_get_int": (c_int, c_void_p, c_char_p, c_void_p),
    },
    "libgstapp-1.0.so.0": {
        "gst_app_src_push_buffer": (c_int, c_void_p, c_void_p),
        "gst_app_src_end_of_stream": (c_int, c_void_p),
        "gst_app_sink_try_pull_sample": (c_void_p, c_void_p, c_uint64),
    },
    "libgobject-2.0.so.0": {"g_object_class_find_property": (c_void_p, c_void_p, c_char_p)},
    "libglib-2.0.so.0": {"g_error_free": (None, c_void_p)},
}


class _Buffer(Structure):
    """The beginning of a GstBuffer, behind its GstMiniObject of 64 bytes and its pool."""

    _fields_ = (("before", c_uint64 * 9), ("pts", c_uint64))


class _Error(Structure):
    """GLib's GError."""

    _fields_ = (("domain", c_uint32), ("code", c_int), ("message", c_char_p))


@dataclass(frozen=True, eq=False)
class Sample:
    """A picture as BGRx [H, W, 4], and the time that its packet was pushed with."""

    pixels: U8
    time_ns: int | None


class Running:
    """A pipeline from `appsrc name=source` to `appsink name=sink` that gives BGRx; it runs until it is closed.

    Raises `OSError` where GStreamer is not installed, `ValueError` where the pipeline cannot be built.
    """

    def __init__(self, description: str) -> None:
        self._gst = gst = _library()
        self._pipeline = _built(description)
        self._source = gst.gst_bin_get_by_name(self._pipeline, b"source")
        self._sink = gst.gst_bin_get_by_name(self._pipeline, b"sink")
        self._bus = gst.gst_element_get_bus(self._pipeline)
        gst.gst_element_set_state(self._pipeline, _PLAYING)

    def close(self) -> None:
        """Stop it and let go of the hardware."""
        self._gst.gst_element_set_state(self._pipeline, _NULL)
        for each in (self._bus, self._sink, self._source, self._pipeline):
            self._gst.gst_object_unref(each)

    def push(self, data: bytes, time_ns: int | None) -> None:
        """Queue a packet; never waits."""
        buffer = self._gst.gst_buffer_new_allocate(None, len(data), None)
        self._gst.gst_buffer_fill(buffer, 0, data, len(data))
        _Buffer.from_address(buffer).pts = _NO_TIME if time_ns is None else time_ns
        self._gst.gst_app_src_push_buffer(self._source, buffer)

    def end(self) -> None:
        """No packet follows: what is still inside comes out."""
        self._gst.gst_app_src_end_of_stream(self._source)

    def pull(self, timeout_s: float) -> Sample | None:
        """The next picture; None where none comes in time, or none follows.

        Raises `ValueError` where it has more or fewer bytes than its size takes.
        """
        sample = self._gst.gst_app_sink_try_pull_sample(self._sink, int(timeout_s * 1e9))
        if not sample:
            return None
        try:
            return self._sample(sample)
        finally:
            self._gst.gst_mini_object_unref(sample)

    def fault(self) -> str | None:
        """What an element has failed with since it was last asked."""
        message = self._gst.gst_bus_pop_filtered(self._bus, _MESSAGE_ERROR)
        if not message:
            return None
        error = POINTER(_Error)()
        self._gst.gst_message_parse_error(message, byref(error), None)
        self._gst.gst_mini_object_unref(message)
        return _text(error)

    def _sample(self, sample: int) -> Sample:
        buffer, size = self._gst.gst_sample_get_buffer(sample), [c_int(), c_int()]
        form = self._gst.gst_caps_get_structure(self._gst.gst_sample_get_caps(sample), 0)
        for name, value in zip((b"height", b"width"), size, strict=True):
            self._gst.gst_structure_get_int(form, name, byref(value))
        pixels = np.empty((size[0].value, size[1].value, 4), np.uint8)
        given = self._gst.gst_buffer_get_size(buffer)
        if not self._gst.gst_buffer_extract(buffer, 0, pixels.ctypes.data, pixels.nbytes) == pixels.nbytes == given:
            raise ValueError(f"a picture of {size[1].value}x{size[0].value} came in {given} bytes")
        time_ns = _Buffer.from_address(buffer).pts
        return Sample(pixels, None if time_ns == _NO_TIME else time_ns)


def parse_fault(description: str) -> str | None:
    """What GStreamer finds wrong with a pipeline, e.g. `no element "x264dec"`; None where it can be built."""
    try:
        _library().gst_object_unref(_built(description))
    except ValueError as fault:
        return str(fault)
    return None


def lacks(*elements: str) -> str | None:
    """Why these elements cannot be used, e.g. `GStreamer has no nvv4l2decoder`; None where they can."""
    try:
        gst = _library()
    except OSError:
        return "GStreamer is not installed"
    for name in elements:
        factory = gst.gst_element_factory_find(name.encode())
        if not factory:
            return f"GStreamer has no {name}"
        gst.gst_object_unref(factory)
    return None


def has_property(element: str, name: str) -> bool:
    """Whether an element that is there has a property: versions differ."""
    gst = _library()
    factory = gst.gst_element_factory_find(element.encode())
    if not factory:
        return False
    made = gst.gst_element_factory_create(factory, None)
    gst.gst_object_unref(factory)
    if not made:
        return False
    kind = c_void_p.from_address(made)  # the class of a GObject is what it begins with
    found = bool(gst.g_object_class_find_property(kind, name.encode()))
    gst.gst_object_unref(made)
    return found


def _built(description: str) -> int:
    fault = POINTER(_Error)()
    pipeline: int | None = _library().gst_parse_launch_full(description.encode(), None, _FATAL_ERRORS, byref(fault))
    if not pipeline:
        raise ValueError(_text(fault))
    return pipeline


@functools.cache
def _library() -> Any:
    known = SimpleNamespace()
    for name, functions in _SIGNATURES.items():
        library = ctypes.CDLL(name)
        for function, (gives, *takes) in functions.items():
            found = getattr(library, function)
            found.restype, found.argtypes = gives, takes
            setattr(known, function, found)
    known.gst_init_check(None, None, None)
    return known


def _text(error: Any) -> str:
    """What a GError says; it is freed."""
    if not error:
        return "no reason given"
    words: str = (error.contents.message or b"").decode("utf-8", "replace")
    _library().g_error_free(error)
    return words
