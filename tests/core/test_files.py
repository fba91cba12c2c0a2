"""Files that are there whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.files import replace_whole


def test_makes_the_folder_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "new" / "kept"
    replace_whole(path, b"1")
    replace_whole(path, b"2")
    assert path.read_bytes() == b"2"
    assert list(path.parent.iterdir()) == [path]


def test_who_reads_the_old_file_goes_on_reading_it(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    replace_whole(path, b"old")
    with path.open("rb") as reader:
        replace_whole(path, b"new")
        assert reader.read() == b"old"


def test_what_fails_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(OSError, match="directory"):
        replace_whole(folder, b"1")
    assert list(tmp_path.iterdir()) == [folder]


def test_others_may_read_it_as_far_as_the_user_lets_them(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        replace_whole(tmp_path / "kept", b"1")
    finally:
        os.umask(before)
    assert (tmp_path / "kept").stat().st_mode & 0o777 == 0o644
