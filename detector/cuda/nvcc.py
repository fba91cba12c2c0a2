"""CUDA's compiler as a program."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from core.errors import EngineUnavailable

OPTIONS = ("-std=c++17", "-fmad=false")
FOLDERS = Path("/usr/local")
PATIENCE_S = 120.0


def find(root: Path = FOLDERS) -> Path | None:
    """nvcc on the PATH, in $CUDA_HOME, or the newest CUDA's in a folder; None where there is none."""
    on_path = shutil.which("nvcc")
    folders = [Path(home) for home in (os.environ.get("CUDA_HOME"), os.environ.get("CUDA_PATH")) if home]
    folders += sorted(root.glob("cuda*"), key=_version, reverse=True)
    places = ([Path(on_path)] if on_path else []) + [place / "bin" / "nvcc" for place in folders]
    return next((place for place in places if os.access(place, os.X_OK)), None)


def compile_file(source: Path, architecture: str) -> bytes:
    """A file's cubin; `EngineUnavailable` with the compiler's words where there is none."""
    nvcc = find()
    if nvcc is None:
        raise EngineUnavailable("not installed")
    with tempfile.TemporaryDirectory() as folder:
        cubin = Path(folder) / "kernels.cubin"
        command = [str(nvcc), "--cubin", f"-arch=sm_{architecture}", *OPTIONS, "-o", str(cubin), str(source)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise EngineUnavailable(str(error)) from error
        if done.returncode:
            raise EngineUnavailable(complaint(done.stderr or done.stdout))
        return cubin.read_bytes()


def complaint(log: str) -> str:
    """The first line of a compiler's log that tells of an error."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    return next((line for line in lines if re.search(r"error|fatal", line)), lines[-1] if lines else "no reason given")


def _version(folder: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", folder.name)]
