"""A run's folder: saved, opened, damaged, hostile, unwritable."""

from __future__ import annotations

import builtins
import errno
import json
import os
import pickle
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import jaram as jr
from jaram.errors import JaramError, RunError
from jaram.runs import files, store


def table(rows: int = 60) -> dict[str, list[Any]]:
    rng = np.random.default_rng(0)
    size = rng.normal(size=rows)
    return {
        "크기": [None if i % 9 == 4 else float(value) for i, value in enumerate(size)],
        "색": [["빨강", "파랑", "green"][i % 3] for i in range(rows)],
        "답": ["예" if value > 0 else "아니요" for value in size],
    }


RECIPE = jr.Recipe(
    network=(jr.Dense(5, "relu"), jr.BatchNorm()),
    optimizer=jr.Adam(learning_rate=0.02),
    penalties=(),
    averaging=None,
    batch_size=16,
    epochs=3,
    test=0.2,
)


@pytest.fixture(scope="module")
def run() -> jr.Run:
    return jr.train(RECIPE, jr.load(table(), "답"))


@pytest.fixture(scope="module")
def folder(run: jr.Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("runs") / "saved"
    run.save(place)
    return place


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "copy"))


def same_signs(one: jr.Run, other: jr.Run) -> bool:
    return np.array_equal(one.chronicle.vitals, other.chronicle.vitals, equal_nan=True)


def test_saved_and_opened_it_is_the_same(run: jr.Run, folder: Path) -> None:
    opened = jr.open(folder)
    new = {name: values for name, values in table(30).items() if name != "답"}
    assert np.array_equal(opened.logits(new), run.logits(new))
    assert np.array_equal(opened.predict_proba(new), run.predict_proba(new))
    assert opened.predict(new).tolist() == run.predict(new).tolist()
    assert set(opened.predict(new)) <= {"예", "아니요"}
    assert opened.metrics == run.metrics
    assert any(name.startswith("test/") for name in opened.metrics)
    assert opened.recipe == run.recipe
    assert opened.choices == run.choices
    assert opened.findings == run.findings
    assert opened.best_epoch == run.best_epoch
    assert opened.result == run.result
    assert opened.task == run.task
    assert opened.history.equals(run.history)
    assert opened.vitals.equals(run.vitals)
    assert same_signs(opened, run)
    assert np.array_equal(opened.steps, run.steps)
    assert opened.layer_names == run.layer_names


def test_an_opened_run_saves_as_it_was(folder: Path, tmp_path: Path) -> None:
    jr.open(folder).save(tmp_path / "again")
    for name in ("recipe.toml", "weights.safetensors", "history.jsonl", "vitals.jsonl"):
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes()
    assert jr.open(tmp_path / "again").metrics == jr.open(folder).metrics


def test_trained_into_a_folder_or_saved_to_one_is_the_same(folder: Path, tmp_path: Path) -> None:
    jr.train(RECIPE, jr.load(table(), "답"), out=tmp_path / "run")
    for name in ("recipe.toml", "data.json", "weights.safetensors", "vitals.jsonl", "steps.f32"):
        assert (tmp_path / "run" / name).read_bytes() == (folder / name).read_bytes()
    assert {p.name for p in (tmp_path / "run").iterdir()} == {p.name for p in folder.iterdir()}


def test_the_files_are_what_the_page_says(run: jr.Run, folder: Path) -> None:
    assert not (folder / "checkpoint.safetensors").exists()
    told = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert told["format"] == store.FORMAT
    assert told["status"] == "finished"
    assert told["best_epoch"] == run.best_epoch
    assert jr.Recipe.read(folder / "recipe.toml") == run.recipe
    steps = np.frombuffer((folder / "steps.f32").read_bytes(), "<f4")
    assert np.array_equal(steps, run.steps)
    lines = (folder / "history.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == [1, 2, 3]
    assert "크기" in (folder / "data.json").read_text(encoding="utf-8")


def rehash(place: Path) -> None:
    """As a forger would: write the altered files' hashes where the true ones were."""
    path = place / "run.json"
    told = json.loads(path.read_bytes())
    told["files"] = {
        name: files.fingerprint((place / name).read_bytes()) for name in store.FINISHED_WITH
    }
    path.write_text(json.dumps(told))


@pytest.mark.parametrize("name", store.FINISHED_WITH)
def test_an_altered_file_is_named(copy: Path, name: str) -> None:
    content = (copy / name).read_bytes()
    (copy / name).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(RunError, match=name):
        jr.open(copy)


@pytest.mark.parametrize(
    "name", [*store.FINISHED_WITH, "run.json", "history.jsonl", "vitals.jsonl", "steps.f32"]
)
def test_a_missing_file_is_named(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(RunError, match=name):
        jr.open(copy)


def test_a_newer_format_is_told(copy: Path) -> None:
    told = json.loads((copy / "run.json").read_bytes())
    (copy / "run.json").write_text(json.dumps(told | {"format": store.FORMAT + 1}))
    with pytest.raises(RunError, match=r"newer.*upgrade"):
        jr.open(copy)


@pytest.mark.parametrize("found", [None, "1", 0, -3, 1.5, [1], True])
def test_a_format_that_is_no_number_is_damage(copy: Path, found: Any) -> None:
    told = json.loads((copy / "run.json").read_bytes())
    (copy / "run.json").write_text(json.dumps(told | {"format": found}))
    with pytest.raises(RunError, match="format"):
        jr.open(copy)


NAMES = ("run.json", "recipe.toml", "data.json", "history.jsonl", "vitals.jsonl", "steps.f32")
NAMES += ("weights.safetensors",)
MANY = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def open_or_say(place: Path) -> None:
    """Open a run and use it; an error must be Jaram's own, with a sentence."""
    try:
        opened = jr.open(place)
        assert repr(opened)
        assert opened.history is not None
        assert opened.vitals is not None
    except JaramError as error:
        assert str(error)


@MANY
@given(st.sampled_from(NAMES), st.data())
def test_files_cut_and_changed_at_random(copy: Path, name: str, draw: st.DataObject) -> None:
    original = {path: path.read_bytes() for path in copy.iterdir() if path.name in NAMES}
    content = original[copy / name]
    start = draw.draw(st.integers(0, len(content)))
    end = draw.draw(st.integers(start, min(len(content), start + 200)))
    put = draw.draw(st.binary(max_size=20))
    try:
        (copy / name).write_bytes(content[:start] + put + content[end:])
        open_or_say(copy)
        if name in store.FINISHED_WITH:
            rehash(copy)
            open_or_say(copy)
    finally:
        for path, kept in original.items():
            path.write_bytes(kept)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["regression", "table", "softmax", "1e400", "__import__('os')"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value inside a JSON value, itself included."""
    items = value.items() if isinstance(value, dict) else []
    if isinstance(value, list):
        items = list(enumerate(value))[:3]
    return [path, *(found for key, item in items for found in places(item, (*path, key)))]


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    inner = replaced(value[path[0]], path[1:], new)
    if isinstance(value, dict):
        return value | {path[0]: inner}
    return [inner if index == path[0] else item for index, item in enumerate(value)]


@MANY
@given(st.sampled_from(["run.json", "data.json", "history.jsonl", "vitals.jsonl"]), st.data())
def test_json_of_other_kinds_of_values(copy: Path, name: str, draw: st.DataObject) -> None:
    original = {path: path.read_bytes() for path in copy.iterdir() if path.name in NAMES}
    content = original[copy / name]
    first, rest = content, b""
    if name.endswith(".jsonl"):
        first, _, rest = content.partition(b"\n")
    value = json.loads(first)
    path = draw.draw(st.sampled_from(places(value)))
    altered = replaced(value, path, draw.draw(JSON))
    try:
        (copy / name).write_bytes(json.dumps(altered).encode() + b"\n" + rest)
        if name == "data.json":
            rehash(copy)
        open_or_say(copy)
    finally:
        for kept, raw in original.items():
            kept.write_bytes(raw)


@pytest.mark.parametrize(
    "hostile",
    [
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b"1" * 10_000,
        b'{"format": ' + b"9" * 5000 + b"}",
        b"\x80\x04\x95\x1a\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x8c\x06system\x93.",
        b"\xff\xfe{\x00}\x00",
        b"",
        b"null",
    ],
    ids=["lists", "objects", "number", "format", "pickle", "utf-16", "empty", "null"],
)
@pytest.mark.parametrize("name", NAMES)
def test_hostile_files(copy: Path, name: str, hostile: bytes) -> None:
    (copy / name).write_bytes(hostile)
    if name != "run.json":
        rehash(copy)
    if name == "steps.f32":  # any bytes are numbers; a run whose steps do not fit is still read
        open_or_say(copy)
        return
    if (name, hostile) in {("history.jsonl", b""), ("vitals.jsonl", b"")}:
        open_or_say(copy)
        return
    try:
        jr.open(copy)
    except JaramError as error:
        assert str(error)
    else:
        # A last line without its end is a line that was still being written.
        assert name.endswith(".jsonl")
        assert not hostile.endswith(b"\n")


@pytest.mark.parametrize("units", [10**9, 10**12, 10**18, 10**30])
def test_a_layer_that_no_memory_holds(copy: Path, units: int) -> None:
    source = (copy / "recipe.toml").read_text(encoding="utf-8")
    (copy / "recipe.toml").write_text(
        source.replace("units = 5", f"units = {units}"), encoding="utf-8"
    )
    rehash(copy)
    with pytest.raises(JaramError):  # at once: nothing of that size is tried
        jr.open(copy)


def test_weights_for_another_network_are_refused(copy: Path) -> None:
    source = (copy / "recipe.toml").read_text(encoding="utf-8")
    (copy / "recipe.toml").write_text(source.replace("units = 5", "units = 6"), encoding="utf-8")
    rehash(copy)
    with pytest.raises(RunError, match="damaged"):
        jr.open(copy)


def test_opening_runs_no_code(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: Any, **__: Any) -> None:
        raise AssertionError("opening a run must not do this")

    jr.open(copy)  # everything that is imported lazily is in by now
    for module, name in [
        (pickle, "loads"),
        (pickle, "load"),
        (builtins, "eval"),
        (builtins, "exec"),
        (os, "system"),
    ]:
        monkeypatch.setattr(module, name, forbidden)
    jr.open(copy)


def test_places_that_are_no_runs(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no folder"):
        jr.open(tmp_path / "nowhere")
    file = tmp_path / "file"
    file.write_text("not a folder")
    with pytest.raises(RunError, match="is a file; a run is a folder"):
        jr.open(file)
    with pytest.raises(RunError, match=r"run\.json"):
        jr.open(tmp_path)


def test_a_taken_place_is_left_as_it_is(run: jr.Run, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    for name in ("full", "file"):
        with pytest.raises(RunError, match="already holds"):
            run.save(tmp_path / name)
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["mine.txt"]
    with pytest.raises(RunError, match=r"cannot be written|already holds"):
        run.save(tmp_path / "file" / "inside")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write all")
def test_an_unwritable_place_is_told(run: jr.Run, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(RunError, match="cannot be written"):
        run.save(tmp_path / "run")


@pytest.mark.parametrize("share", [0.0, 0.02, 0.3, 0.6, 0.99])
def test_a_full_disk_is_told_and_nothing_is_half_written(
    share: float, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = sum((folder / name).stat().st_size for name in (*store.FINISHED_WITH, "run.json"))
    left = [int(share * wanted)]

    def write_bytes(path: Path, content: bytes) -> int:
        written = content[: max(0, left[0])]
        left[0] -= len(content)
        with path.open("wb") as file:
            file.write(written)
        if left[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return len(content)

    monkeypatch.setattr(Path, "write_bytes", write_bytes)
    with pytest.raises(RunError, match=r"cannot be written.*[Nn]o space"):
        jr.train(RECIPE, jr.load(table(), "답"), out=tmp_path / "run")
    monkeypatch.undo()
    for path in (tmp_path / "run").iterdir():
        assert not path.name.endswith(files.PART)
        if path.suffix == ".json":
            json.loads(path.read_bytes())
        if path.suffix == ".toml":
            jr.Recipe.read(path)


def test_a_disk_that_fills_while_it_trains(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    def full(path: Path, content: bytes) -> None:
        with files.explained(path):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(store, "append_bytes", full)
    with pytest.raises(RunError, match="cannot be written"):
        jr.train(RECIPE, jr.load(table(), "답"), out=tmp_path / "run")
    monkeypatch.undo()
    # When there is space again, the run goes on.
    jr.train(data=jr.load(table(), "답"), resume=tmp_path / "run")
    name = "weights.safetensors"
    assert (tmp_path / "run" / name).read_bytes() == (folder / name).read_bytes()
