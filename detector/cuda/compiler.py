"""From a `.cu` file to a cubin: from a cache, else by nvcc, else by NVRTC.

Cached cubins lie in `$XDG_CACHE_HOME/jetsight/kernels` under a key of all that goes into them but the compiler, so that
none is needed where a cubin is there.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from core.errors import EngineUnavailable
from core.files import replace_whole
from detector.cuda import nvcc, nvrtc

CUBIN = b"\x7fELF"
Compile = Callable[[Path, str], bytes]  # a file's cubin for an architecture; raises EngineUnavailable
COMPILERS: Mapping[str, Compile] = {"nvcc": nvcc.compile_file, "NVRTC": nvrtc.compile_file}
DIGEST = hashlib.sha256().digest_size
REMEDY = (
    "Install the compiler of the driver's CUDA: pip install nvidia-cuda-nvrtc (of CUDA 13) or nvidia-cuda-nvrtc-cu12, "
    "or sudo apt install cuda-nvcc-13-0 or cuda-nvcc-12-6."
)
_INCLUDE = re.compile(r'^\s*#include "(.+)"', re.MULTILINE)


def cubin(source: Path, architecture: str, compilers: Mapping[str, Compile] = COMPILERS) -> bytes:
    """The kernels of a file for a compute capability such as "87"; `EngineUnavailable` where nothing compiles them."""
    kept = _kept(source, architecture)
    if compiled := _read(kept):
        return compiled
    compiled = _compile(source, architecture, compilers)
    with suppress(OSError):
        replace_whole(kept, hashlib.sha256(compiled).digest() + compiled)
    return compiled


def forget(source: Path, architecture: str) -> None:
    """Compile again next time, for a device that does not take the cubin: another compiler may be there then."""
    with suppress(OSError):
        _kept(source, architecture).unlink()


def folder() -> Path:
    """Where cubins are kept."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jetsight" / "kernels"


def included(source: Path) -> dict[str, Path]:
    """The files of ours that one includes, directly or through others, by the names that it includes them by."""
    found: dict[str, Path] = {}
    waiting = [source]
    while waiting:
        for name in _INCLUDE.findall(waiting.pop().read_text()):
            if name not in found:
                found[name] = source.parent / name
                waiting.append(found[name])
    return found


def _kept(source: Path, architecture: str) -> Path:
    return folder() / f"{source.stem}-sm_{architecture}-{_key(source, architecture)}.cubin"


def _key(source: Path, architecture: str) -> str:
    files = (source, *(path for _, path in sorted(included(source).items())))
    parts = (architecture, *nvcc.OPTIONS, *nvrtc.OPTIONS, *(path.read_text() for path in files))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]


def _compile(source: Path, architecture: str, compilers: Mapping[str, Compile]) -> bytes:
    reasons = []
    for name, compile_file in compilers.items():
        try:
            return compile_file(source, architecture)
        except EngineUnavailable as reason:
            reasons.append(f"{name}: {reason.what}")
    raise EngineUnavailable(f"{source.name} cannot be compiled for sm_{architecture} ({'; '.join(reasons)})", REMEDY)


def _read(kept: Path) -> bytes | None:
    """A cubin, if it is there and whole."""
    try:
        content = kept.read_bytes()
    except OSError:
        return None
    digest, compiled = content[:DIGEST], content[DIGEST:]
    return compiled if hashlib.sha256(compiled).digest() == digest and compiled.startswith(CUBIN) else None
