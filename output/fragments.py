"""The fragments of an MP4 file: a row of boxes, each with its length before it (ISO/IEC 14496-12, section 4.2)."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import BinaryIO

HEADER = struct.Struct(">I4s")
LAST_OF_A_PART = (b"mdat", b"mfra")  # the pictures of a fragment; the index of the whole file


def keep_whole_fragments(path: Path) -> None:
    """Cut off what a full disk left of a fragment; a file without any whole one is removed."""
    with path.open("rb") as file:
        whole = _whole_length(file, path.stat().st_size)
    if whole:
        os.truncate(path, whole)
    else:
        path.unlink()


def _whole_length(file: BinaryIO, size: int) -> int:
    end = whole = 0
    while len(header := file.read(HEADER.size)) == HEADER.size:
        length, kind = HEADER.unpack(header)
        end += length
        if length < HEADER.size or end > size:
            break
        if kind in LAST_OF_A_PART:
            whole = end
        file.seek(end)
    return whole
