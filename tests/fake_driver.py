"""NVIDIA's driver library with the one call that tells its CUDA, on a machine whose files lie below a folder."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


def install(root: Path, version: int) -> None:
    """A driver of CUDA 12.4 for version 12040; the test skips where there is no C compiler."""
    if shutil.which("cc") is None:
        pytest.skip("cc is not here, which compiles the driver's library")
    library = root / "usr/lib/x86_64-linux-gnu/libcuda.so.1"
    library.parent.mkdir(parents=True, exist_ok=True)
    source = f"int cuDriverGetVersion(int *version) {{ *version = {version}; return 0; }}"
    command = ["cc", "-shared", "-fPIC", "-x", "c", "-", "-o", library]
    subprocess.run(command, input=source, text=True, check=True)
