from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from capture.video4linux.holders import holders

HOLD = "import sys; file = open(sys.argv[1]); print('open', flush=True); sys.stdin.read()"


def test_a_program_that_has_it_open_is_named_with_its_number(tmp_path: Path):
    path = tmp_path / "device"
    path.touch()
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        (found,) = holders(str(path))
        holder.communicate()
    assert found.endswith(f"({holder.pid})")
    assert "python" in found
    assert holders(str(path)) == []


def test_our_own_second_opening_counts(tmp_path: Path):
    path = tmp_path / "device"
    path.touch()
    with path.open():
        assert holders(str(path)) == []
        with path.open():
            (found,) = holders(str(path))
    assert f"({os.getpid()})" in found
