"""Kernels are compiled once, by what is there; each compiles for every GPU that is meant."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import EngineUnavailable
from detector.cuda import compiler, nvcc, nvrtc
from detector.cuda.kernels import FOLDER, listed

ARCHITECTURES = ("75", "80", "86", "87", "89", "90", "110", "120")
SOURCES = sorted(FOLDER.glob("*.cu"))
ELF = b"\x7fELF"
GOOD = """// kernels: k
#include "constant.cuh"
extern "C" __global__ void k(float *p) { p[threadIdx.x] = CONSTANT; }
"""

needs_nvcc = pytest.mark.skipif(nvcc.find() is None, reason="nvcc is not here")
needs_nvrtc = pytest.mark.skipif(nvrtc.find() is None, reason="NVRTC is not here: pip install nvidia-cuda-nvrtc")
needs_either = pytest.mark.skipif(nvcc.find() is None and nvrtc.find() is None, reason="neither nvcc nor NVRTC is here")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "jetsight" / "kernels"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "constant.cuh").write_text("constexpr float CONSTANT = 1.0f;\n")
    file = tmp_path / "k.cu"
    file.write_text(GOOD)
    return file


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    file = tmp_path / "broken.cu"
    file.write_text('extern "C" __global__ void k(float *p) { p[0] = nowhere; }\n')
    return file


def absent(_source: Path, _architecture: str) -> bytes:
    raise EngineUnavailable("not installed")


ABSENT = {"nvcc": absent, "NVRTC": absent}


@needs_either
def test_what_was_compiled_once_needs_no_compiler(source: Path) -> None:
    compiled = compiler.cubin(source, "87")
    assert compiled.startswith(ELF)
    assert compiler.cubin(source, "87", ABSENT) == compiled
    with pytest.raises(EngineUnavailable, match="sm_89"):
        compiler.cubin(source, "89", ABSENT)


@needs_either
def test_another_header_is_another_kernel(source: Path, cache: Path) -> None:
    first = compiler.cubin(source, "87")
    (source.parent / "constant.cuh").write_text("constexpr float CONSTANT = 2.0f;\n")
    assert compiler.cubin(source, "87") != first
    assert len(list(cache.iterdir())) == 2


@needs_either
@pytest.mark.parametrize("damage", [lambda content: content[:-1], lambda _: b"", lambda content: content[::-1]])
def test_a_damaged_file_is_compiled_again(source: Path, cache: Path, damage: Callable[[bytes], bytes]) -> None:
    compiled = compiler.cubin(source, "87")
    (kept,) = cache.iterdir()
    whole = kept.read_bytes()
    kept.write_bytes(damage(whole))
    assert compiler.cubin(source, "87") == compiled
    assert kept.read_bytes() == whole


@needs_either
def test_what_a_device_refuses_is_forgotten(source: Path, cache: Path) -> None:
    compiler.cubin(source, "87")
    compiler.forget(source, "87")
    assert not list(cache.iterdir())
    compiler.forget(source, "87")


@needs_either
def test_a_cache_that_cannot_be_written(source: Path, cache: Path) -> None:
    cache.parent.parent.mkdir()
    cache.parent.write_text("a file where a folder should be")
    assert compiler.cubin(source, "87").startswith(ELF)


def test_one_compiler_stands_in_for_another(source: Path) -> None:
    compilers = {"nvcc": absent, "NVRTC": lambda source, architecture: ELF + f"{source.name} {architecture}".encode()}
    assert compiler.cubin(source, "87", compilers) == ELF + b"k.cu 87"


def test_no_compiler_at_all(source: Path) -> None:
    with pytest.raises(EngineUnavailable) as caught:
        compiler.cubin(source, "87", ABSENT)
    assert str(caught.value).startswith("k.cu cannot be compiled for sm_87 (nvcc: not installed; NVRTC: not installed)")
    assert "pip install nvidia-cuda-nvrtc" in caught.value.remedy
    assert "apt install cuda-nvcc" in caught.value.remedy


@needs_nvcc
@pytest.mark.parametrize("architecture", ["30", "999"])
def test_an_architecture_that_nvcc_does_not_know(source: Path, architecture: str) -> None:
    with pytest.raises(EngineUnavailable, match=f"sm_{architecture}.*nvcc: .*nsupported"):
        compiler.cubin(source, architecture)


@needs_nvcc
def test_the_words_of_nvcc(broken: Path) -> None:
    with pytest.raises(EngineUnavailable, match="nowhere"):
        nvcc.compile_file(broken, "87")


@needs_nvrtc
def test_the_words_of_nvrtc(broken: Path) -> None:
    with pytest.raises(EngineUnavailable, match="nowhere"):
        nvrtc.compile_file(broken, "87")


def test_the_newest_nvcc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("CUDA_HOME", "CUDA_PATH"):
        monkeypatch.delenv(name, raising=False)
    assert nvcc.find(tmp_path) is None
    for version in ("9.2", "11.8", "12.6"):
        program = tmp_path / f"cuda-{version}" / "bin" / "nvcc"
        program.parent.mkdir(parents=True)
        program.touch(0o755)
    assert nvcc.find(tmp_path) == program
    (tmp_path / "nvcc").touch(0o755)
    assert nvcc.find(tmp_path) == tmp_path / "nvcc"


@needs_nvcc
@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_nvcc_takes_each_file_for_each_architecture(source: Path, tmp_path: Path) -> None:
    """Read once and assembled for each, which takes a fifth of the time."""
    codes = ",".join(f"sm_{architecture}" for architecture in ARCHITECTURES)
    out = tmp_path / "kernels.fatbin"
    targets = ("--fatbin", "--no-compress", "-gencode", f"arch=compute_{ARCHITECTURES[0]},code=[{codes}]")
    strict = ("--Werror", "all-warnings")
    command = [str(nvcc.find()), *targets, *strict, *nvcc.OPTIONS, "-o", str(out), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert all(out.read_bytes().count(f".text.{symbol}\0".encode()) >= len(ARCHITECTURES) for symbol in listed(source))


@needs_nvrtc
@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_nvrtc_takes_each_file_for_each_architecture(source: Path) -> None:
    for architecture in ARCHITECTURES:
        cubin = nvrtc.compile_file(source, architecture)
        assert all(symbol.encode() in cubin for symbol in listed(source))
