"""Still pictures: one, a folder of them, or a glob.

Several are a recording at an even rate, in natural order (2 before 10): one picture a second unless `fps` is given.
The first decides the size that is told; each frame carries its own. EXIF rotation is applied, 16 bits a channel become
8, grey becomes colour, and transparency is left out. A picture that cannot be read ends the recording with its name.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from glob import glob
from pathlib import Path
from types import TracebackType

import numpy as np

from capture.cadence import first_index, time_of
from capture.paths import holds_pictures, is_glob, is_picture, local_path, require_file
from capture.source import CaptureOptions, Source
from core.buffers import FrameBuffers
from core.errors import SourceNotFound, SourceUnreadable
from core.pixels import U8, PixelFormat
from core.types import Frame, SourceInfo

EXAMPLE = "pictures/*.jpg"
USUAL_FPS = 1.0


def claims(uri: str) -> bool:
    """Names of still pictures, folders, and globs."""
    path = local_path(uri)
    return path is not None and holds_pictures(path)


def open(uri: str, buffers: FrameBuffers, options: CaptureOptions) -> Source:
    """The pictures as a source; of `options` only `fps` applies."""
    return Pictures(uri, buffers, options.fps or USUAL_FPS)


class Pictures:
    """Pictures read one by one when their turn comes."""

    info: SourceInfo

    def __init__(self, uri: str, buffers: FrameBuffers, fps: float) -> None:
        self._uri = uri
        self._buffers = buffers
        self._fps = fps

    def __enter__(self) -> Pictures:
        self._paths = picture_paths(Path(self._uri).expanduser())
        height, width = read_picture(self._paths[0]).shape[:2]
        self.info = SourceInfo(
            uri=self._uri,
            kind="images",
            width=width,
            height=height,
            fps=self._fps,
            format=f"{self._paths[0].suffix[1:].lower()} as BGR",
            live=False,
            seekable=True,
            duration_ns=time_of(len(self._paths), self._fps),
            decoder="OpenCV",
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def frames(self, start_ns: int = 0) -> Iterator[Frame]:
        """The pictures from the first at or after `start_ns`; `SourceUnreadable` names the one that cannot be read."""
        for index in range(first_index(start_ns, self._fps), len(self._paths)):
            picture = read_picture(self._paths[index])
            height, width = picture.shape[:2]
            planes = self._buffers.take(PixelFormat.BGR, width, height)
            np.copyto(planes[0], picture)
            yield Frame(planes, width, height, index, time.perf_counter_ns(), time_of(index, self._fps))


def picture_paths(path: Path) -> list[Path]:
    """The pictures that a picture's path, a folder or a glob stands for; at least one."""
    if not path.is_dir() and not is_glob(path):
        return [path]
    try:
        entries = path.iterdir() if path.is_dir() else map(Path, glob(str(path), recursive=True))
        found = [entry for entry in entries if is_picture(entry) and not entry.is_dir()]
    except OSError as error:
        raise SourceUnreadable(f"{path} cannot be read: {error.strerror}", "Check its permissions.") from error
    if not found:
        kind = SourceNotFound if is_glob(path) else SourceUnreadable
        raise kind(f"there are no pictures in {path}", "Give pictures such as png, jpg, bmp, webp or tif.")
    return sorted(found, key=_natural)


def _natural(path: Path) -> list[tuple[int, str]]:
    """An order in which numbers count by value."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", str(path))]


def read_picture(path: Path) -> U8:
    """The picture as BGR uint8 [H, W, 3]."""
    import cv2

    require_file(path)
    try:
        picture = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        picture = None
    if picture is None:
        raise SourceUnreadable(f"{path} is not a picture that can be read", "Repair it or take it out.")
    return picture.astype(np.uint8, copy=False)
