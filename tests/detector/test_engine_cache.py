"""Engines kept by what they were built from."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import onnx
import pytest
from onnx_graphs import GraphBuilder

from core.errors import EngineUnavailable, OutputError, UsageError
from detector.engine_cache import EngineCache, Entry, default_folder, network_hash
from detector.model import load_model
from detector.recipe import Recipe, Target, Wanted

ORIN = Target("tensorrt", "10.3.0", "Orin", "87")
RECIPE = Recipe("net.onnx", "abc", ORIN, "fp16", None, False, (1, 3, 32, 32), (1, 3, 640, 640))
WANTED = Wanted("net.onnx", "abc", ORIN)


@pytest.fixture
def cache(tmp_path: Path) -> EngineCache:
    return EngineCache(tmp_path / "engines")


def put(cache: EngineCache, recipe: Recipe = RECIPE, content: bytes = b"engine") -> Entry:
    with cache.workplace(impatient()) as folder:
        built = folder / "built.engine"
        built.write_bytes(content)
        return cache.add(built, recipe, ("a note",))


def impatient() -> Iterator[None]:
    raise TimeoutError
    yield


def test_what_was_built_is_found_and_listed(cache: EngineCache) -> None:
    entry = put(cache)
    assert cache.find(WANTED) == cache.get(RECIPE) == entry
    assert cache.entries() == [entry]
    assert entry.path.read_bytes() == b"engine"
    assert (entry.notes, entry.path.stem) == (("a note",), RECIPE.name)


def test_the_newest_that_fits_is_taken(cache: EngineCache) -> None:
    put(cache)
    newer = put(cache, replace(RECIPE, precision="int8"))
    assert cache.find(WANTED) == newer
    assert cache.find(replace(WANTED, precision="fp16")).recipe == RECIPE


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (replace(WANTED, target=replace(ORIN, version="10.16.0")), "it was built with version 10.3.0, this is 10.16.0"),
        (
            replace(WANTED, target=replace(ORIN, gpu="Thor", architecture="110")),
            "built for Orin (compute capability 8.7), this is Thor (compute capability 11.0)",
        ),
        (replace(WANTED, target=replace(ORIN, backend="tensorrt_rtx")), "it was built with tensorrt only"),
        (replace(WANTED, onnx="def"), "the file has changed"),
        (replace(WANTED, onnx="def", network="other.onnx"), "it was not built yet"),
        (replace(WANTED, precision="fp32"), "it was built in FP16"),
        (replace(WANTED, shape=(1, 3, 1280, 640)), "it takes pictures of 1x3x32x32 to 1x3x640x640 only"),
    ],
)
def test_what_does_not_fit_is_named_with_the_remedy(cache: EngineCache, wanted: Wanted, words: str) -> None:
    put(cache)
    with pytest.raises(EngineUnavailable) as raised:
        cache.find(wanted)
    assert words in raised.value.what
    assert f"jetsight build {wanted.network}" in raised.value.remedy


def test_the_nearest_tells_its_reason(cache: EngineCache) -> None:
    put(cache)
    put(cache, replace(RECIPE, target=replace(ORIN, backend="tensorrt_rtx")))
    with pytest.raises(EngineUnavailable, match="version 10\\.3\\.0"):
        cache.find(replace(WANTED, target=replace(ORIN, version="11.4.0")))


@pytest.mark.parametrize("damage", [b"engin", b"enginE", None])
def test_a_damaged_engine_is_not_used_and_stays_until_it_is_built_again(
    cache: EngineCache, damage: bytes | None
) -> None:
    entry = put(cache)
    if damage is None:
        entry.path.unlink()
    else:
        entry.path.write_bytes(damage)
    assert cache.get(RECIPE) is None
    with pytest.raises(EngineUnavailable, match="damaged"):
        cache.find(WANTED)
    assert cache.entries() == [entry]
    again = put(cache)
    assert cache.find(WANTED) == again


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"recipe": {"a": 1}}', json.dumps({"recipe": None})])
def test_foreign_files_are_no_engines(cache: EngineCache, content: str) -> None:
    put(cache)
    (cache.folder / "foreign.json").write_text(content)
    (cache.folder / "foreign.engine").write_bytes(b"another program's")
    assert [entry.recipe for entry in cache.entries()] == [RECIPE]


def test_every_part_of_a_recipe_makes_another_name() -> None:
    others = [
        replace(RECIPE, onnx="def"),
        replace(RECIPE, target=replace(ORIN, version="10.3.1")),
        replace(RECIPE, precision="int8"),
        replace(RECIPE, precision="int8", samples="a clip"),
        replace(RECIPE, workspace_mb=512),
        replace(RECIPE, dla=True),
        replace(RECIPE, largest=(1, 3, 320, 320)),
    ]
    names = {recipe.name for recipe in (RECIPE, *others)}
    assert len(names) == len(others) + 1


def test_removal_takes_what_lies_beside_it(cache: EngineCache) -> None:
    entry = put(cache)
    entry.path.with_suffix(".kernels").write_bytes(b"compiled")
    cache.remove(RECIPE.name)
    assert [path.name for path in cache.folder.iterdir()] == ["lock"]


def test_removal_takes_names_as_they_are(cache: EngineCache) -> None:
    put(cache, replace(RECIPE, network="net[1].onnx"))
    cache.remove(replace(RECIPE, network="net[1].onnx").name)
    assert [path.name for path in cache.folder.iterdir()] == ["lock"]


def test_other_weights_make_another_network(tmp_path: Path) -> None:
    graph = GraphBuilder()
    graph.output(graph.op("Sigmoid", graph.weighted(1, 7, 84)), "output0", (1, 7, 84))
    path = graph.save(tmp_path / "net.onnx")
    onnx.save(onnx.load(path), path, save_as_external_data=True, location="net.data", size_threshold=0)
    before = network_hash(load_model(path, "yolov8"))
    (tmp_path / "net.data").write_bytes(bytes(8) + (tmp_path / "net.data").read_bytes()[8:])
    assert network_hash(load_model(path, "yolov8")) != before


@pytest.mark.parametrize("name", ["nothing", "../engines/lock", ""])
def test_only_engines_are_removed(cache: EngineCache, name: str) -> None:
    put(cache)
    with pytest.raises(UsageError, match="no engine"):
        cache.remove(name)


def test_a_workplace_leaves_nothing(cache: EngineCache) -> None:
    with cache.workplace(impatient()) as folder:
        (folder / "half an engine").write_bytes(b"")
    assert [path.name for path in cache.folder.iterdir()] == ["lock"]


def test_what_a_killed_build_left_is_cleared(cache: EngineCache) -> None:
    (cache.folder / "building-dead").mkdir(parents=True)
    (cache.folder / "building-dead" / "built.engine").write_bytes(b"half")
    with cache.workplace(impatient()) as folder:
        assert [path.name for path in cache.folder.glob("building-*")] == [folder.name]


def test_one_process_builds_at_a_time(cache: EngineCache, tmp_path: Path) -> None:
    held = tmp_path / "held"
    script = (
        "import sys, itertools, pathlib; from detector.engine_cache import EngineCache\n"
        f"with EngineCache(pathlib.Path({str(cache.folder)!r})).workplace(itertools.repeat(None)):\n"
        f"    pathlib.Path({str(held)!r}).touch(); sys.stdin.read()\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE) as other:
        while not held.exists():
            assert other.poll() is None
        waits = itertools.count()
        steps = (other.stdin.close() if other.stdin and number == 1 else None for number in waits)
        with cache.workplace(steps):
            assert next(waits) >= 2
            assert other.wait(10) == 0


def test_a_folder_that_cannot_be_made_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="XDG_CACHE_HOME"), EngineCache(tmp_path / "file").workplace(impatient()):
        pass


def test_the_folder_follows_the_users_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_folder() == tmp_path / "jetsight" / "engines"
