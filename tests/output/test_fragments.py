from __future__ import annotations

import struct
from pathlib import Path

import pytest

from output.fragments import keep_whole_fragments


def box(kind: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


HEAD = box(b"ftyp", b"isom") + box(b"moov", b"tracks")
FRAGMENT = box(b"moof", b"index") + box(b"mdat", b"pictures")


@pytest.mark.parametrize(
    "rest",
    [b"", box(b"moof"), FRAGMENT[:-1], FRAGMENT[:3], b"\0" * 20],
    ids=["none", "index", "cut", "header", "zeros"],
)
def test_what_a_full_disk_left_of_a_fragment_is_cut_off(tmp_path: Path, rest: bytes) -> None:
    path = tmp_path / "run.mp4"
    path.write_bytes(HEAD + FRAGMENT + FRAGMENT + rest)
    keep_whole_fragments(path)
    assert path.read_bytes() == HEAD + FRAGMENT + FRAGMENT


def test_a_finished_file_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "run.mp4"
    path.write_bytes(HEAD + FRAGMENT + box(b"mfra", b"index"))
    keep_whole_fragments(path)
    assert path.read_bytes() == HEAD + FRAGMENT + box(b"mfra", b"index")


@pytest.mark.parametrize("content", [b"", HEAD, HEAD[:5], HEAD + FRAGMENT[:-1]])
def test_a_file_without_a_whole_fragment_is_removed(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "run.mp4"
    path.write_bytes(content)
    keep_whole_fragments(path)
    assert not path.exists()
