"""`0` or `/dev/video0`: a camera through Video4Linux2.

Run so far against the kernel's own test drivers (vivid, v4l2loopback), not against a camera.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from types import TracebackType

from capture.conversion import Converter
from capture.source import CaptureOptions
from capture.video4linux.choice import wish
from capture.video4linux.decoding import COMPRESSED, Unpacker
from capture.video4linux.device import Mode, agree, fourccs, identity, modes
from capture.video4linux.faults import LIST, REPLUG, refusal, unsuitable
from capture.video4linux.node import Device, Node
from capture.video4linux.streaming import Streaming
from core.buffers import FrameBuffers
from core.errors import SourceLost, SourceUnreadable
from core.types import Frame, SourceInfo

EXAMPLE = "0 or /dev/video0"


def claims(uri: str) -> bool:
    """Camera numbers and device files."""
    return uri.isdecimal() or uri.startswith("/dev/")


def open(uri: str, buffers: FrameBuffers, options: CaptureOptions) -> Camera:
    """An unopened camera."""
    return Camera(f"/dev/video{uri}" if uri.isdecimal() else uri, buffers, options)


class Camera:
    """Asks for MJPG at the wanted size and rate (720p at 30 where nothing is wanted) and takes what comes nearest.

    It is open once it has delivered a picture. A read waits for `options.timeout_s` at most.
    `connect` opens the device file.
    """

    info: SourceInfo
    _reader: _Reader
    _first: Frame | None

    def __init__(
        self, path: str, buffers: FrameBuffers, options: CaptureOptions, connect: Callable[[str], Device] = Node
    ) -> None:
        self._path = path
        self._buffers = buffers
        self._options = options
        self._connect = connect
        self._open = ExitStack()

    def __enter__(self) -> Camera:
        with ExitStack() as stack:
            try:
                first = self._start(stack)
            except OSError as error:
                raise refusal(self._path, error) from error
            self._open = stack.pop_all()
        self._first = first
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def frames(self, start_ns: int = 0) -> Iterator[Frame]:  # noqa: ARG002 - something live has no other start
        """Every picture as it comes."""
        if self._first:
            yield self._first
            self._first = None
        while True:
            yield self._read()

    def _start(self, stack: ExitStack) -> Frame:
        device = self._connect(self._path)
        stack.callback(device.close)
        agreed = agree(device, self._wish(device))
        streaming = stack.enter_context(Streaming(device))
        self._reader = _Reader(streaming, Unpacker(agreed), Converter(self._buffers))
        first = self._reader.next(self._options.timeout_s)
        if first is None:
            raise SourceUnreadable(f"{self._path} opens and gives no picture ({agreed.mode})", REPLUG)
        self.info = self._describe(agreed.mode, first)
        return first

    def _wish(self, device: Device) -> Mode:
        if not identity(device).pictures:
            raise SourceUnreadable(f"{self._path} is no camera that gives pictures", LIST)
        offered = fourccs(device)
        mode = wish(offered, modes(device), self._options)
        if mode is None:
            raise unsuitable(self._path, offered)
        return mode

    def _describe(self, mode: Mode, first: Frame) -> SourceInfo:
        note = "" if mode.fourcc in COMPRESSED else " (not MJPG, which this camera lacks at this size and rate)"
        return SourceInfo(
            uri=self._path,
            kind="v4l2",
            width=first.width,
            height=first.height,
            fps=mode.fps,
            format=f"{mode}{note} as {first.format.name}",
            live=True,
            decoder="FFmpeg (CPU)",
        )

    def _read(self) -> Frame:
        try:
            frame = self._reader.next(self._options.timeout_s)
        except OSError as error:
            raise SourceLost(f"{self._path} is gone: {error.strerror}", "Plug it in again.") from error
        if frame is None:
            raise SourceLost(f"{self._path} gave no picture for {self._options.timeout_s:g} s", REPLUG)
        return frame


class _Reader:
    """From a camera's bytes to frames, numbered as the camera numbers them, with the kernel's time of arrival."""

    def __init__(self, streaming: Streaming, unpacker: Unpacker, converter: Converter) -> None:
        self._streaming = streaming
        self._unpacker = unpacker
        self._converter = converter
        self._first_number: int | None = None

    def next(self, timeout_s: float) -> Frame | None:
        """The next picture that is whole; None where none comes in time."""
        deadline = time.monotonic() + timeout_s
        while shot := self._streaming.shot(deadline - time.monotonic()):
            picture = self._unpacker.picture(shot.data)
            if picture is None:
                continue
            if self._first_number is None:
                self._first_number = shot.number
            frame = self._converter.frame(picture, shot.number - self._first_number, None)
            return replace(frame, captured_ns=shot.captured_ns)
        return None
