"""The rival: ultralytics' `predict` in a child process, which answers when it is asked."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from bench.child import ROOT
from bench.gpu.stopwatch import Arm
from core.errors import JetsightError
from core.pixels import U8

PATIENCE_S = 120.0  # for the first picture, before which PyTorch loads
QUIET = {"YOLO_AUTOINSTALL": "false", "YOLO_OFFLINE": "true", "YOLO_VERBOSE": "false"}  # it is to install nothing


@contextmanager
def rival(weights: Path, picture: U8) -> Iterator[Arm]:
    """What times one `predict` of a BGR picture [H, W, 3], in ms; raises `JetsightError` where it cannot.

    `weights` are PyTorch's or an export of them.
    """
    if find_spec("ultralytics") is None:
        raise JetsightError("ultralytics is not installed", "To compare with it: pip install ultralytics.")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.save(folder / "picture.npy", picture)
        files = str(weights.resolve()), str(folder / "picture.npy")
        with (
            (folder / "stderr.txt").open("w+b") as errors,
            subprocess.Popen(
                [sys.executable, "-m", "bench.gpu.ultralytics_predict", *files],
                cwd=ROOT,
                env={**os.environ, **QUIET},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                bufsize=0,
            ) as child,
        ):
            try:
                yield _Asked(child, folder / "stderr.txt")
            finally:
                child.kill()


class _Asked:
    """One line there, one line back."""

    def __init__(self, child: subprocess.Popen[bytes], errors: Path) -> None:
        if child.stdin is None or child.stdout is None:
            raise ValueError("expected a child with pipes")
        self._questions, self._answers = child.stdin, child.stdout
        self._errors = errors

    def __call__(self) -> float:
        with suppress(BrokenPipeError):  # its last words say why
            self._questions.write(b"\n")
        ready, _, _ = select.select([self._answers], [], [], PATIENCE_S)
        line = self._answers.readline() if ready else b""
        if not line:
            words = self._errors.read_text(errors="replace").strip()[-300:]
            raise JetsightError(f"ultralytics' predict gave nothing: {words or 'it took too long'}")
        return float(line)
