"""A training that is cut off anywhere goes on to the same bits."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import jaram as jr
from jaram.errors import JaramError, RunError
from jaram.progress import EpochReport
from jaram.runs import files, store
from jaram.training import engine

EPOCHS = 6


def data(seed: int = 0) -> jr.Data:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(50, 3)).astype(np.float32)
    return jr.Data(x, (x[:, 0] > 0).astype(int))


RECIPE = jr.Recipe(
    network=(jr.Dense(4, "relu"), jr.BatchNorm(), jr.Dropout(0.2)),
    optimizer=jr.Adam(learning_rate=0.01),
    schedule=jr.ReduceOnPlateau(patience=1),
    penalties=(),
    averaging=jr.ExponentialAverage(decay=0.8),
    batch_size=16,
    epochs=EPOCHS,
    stop=jr.EarlyStopping(patience=5),
)


def evidence(folder: Path) -> dict[str, Any]:
    """All that a run leaves behind, but for the clock."""
    history = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
    for row in history:
        del row["seconds"]
    told = json.loads((folder / "run.json").read_text())
    names = ("weights.safetensors", "vitals.jsonl", "steps.f32", "recipe.toml", "data.json")
    return {name: (folder / name).read_bytes() for name in names} | {
        "history": history,
        "told": {name: told[name] for name in ("result", "best_epoch", "metrics", "status")},
        "names": sorted(path.name for path in folder.iterdir()),
    }


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """One epoch a call and a checkpoint after each, so that there are many moments to be cut off
    at."""
    monkeypatch.setattr(engine, "CALL_SECONDS", 0.0)
    monkeypatch.setattr(store.Checkpoints, "offer", store.Checkpoints.write)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The evidence of a training that was never cut off."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    jr.train(RECIPE, data(), out=folder)
    return evidence(folder)


class Killed(BaseException):
    """Stands for kill -9."""


class DeathAtWrite:
    """Dies at the n-th write to a file, half of it done."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.left = -1
        self.append, self.whole = files.append_bytes, files.write_whole
        patch.setattr(store, "append_bytes", self.at_append)
        patch.setattr(store, "write_whole", self.at_whole)
        patch.setattr(files, "write_whole", self.at_whole)

    def at_append(self, path: Path, content: bytes) -> None:
        if self.dies():
            self.append(path, content[: len(content) // 2])
            raise Killed
        self.append(path, content)

    def at_whole(self, path: Path, content: bytes | str) -> None:
        if self.dies():
            path.with_name(f".{path.name}.1{files.PART}").write_bytes(b"half")
            raise Killed
        self.whole(path, content)

    def dies(self) -> bool:
        self.left -= 1
        return self.left == 0


@pytest.fixture
def death(monkeypatch: pytest.MonkeyPatch) -> Iterator[DeathAtWrite]:
    yield DeathAtWrite(monkeypatch)


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("first", range(7, 34, 2))
def test_killed_at_any_write_and_again_while_it_resumes(
    first: int, whole: dict[str, Any], death: DeathAtWrite, tmp_path: Path
) -> None:
    # 6 writes begin a run, 4 follow each of 6 epochs, 3 end it; 4 begin a resumed one.
    folder = tmp_path / "run"
    death.left = first
    with pytest.raises(Killed):
        jr.train(RECIPE, data(), out=folder)
    for again in (1 + first % 4, 4, 5 + first % 7):
        death.left = again
        try:
            jr.train(data=data(), resume=folder)
        except Killed:
            continue
        break
    else:
        death.left = 0
        jr.train(data=data(), resume=folder)
    assert evidence(folder) == whole


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("writes", range(1, 7))
def test_killed_before_there_is_a_run(writes: int, death: DeathAtWrite, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    death.left = writes
    with pytest.raises(Killed):
        jr.train(RECIPE, data(), out=folder)
    with pytest.raises(RunError, match=r"run\.json"):
        jr.train(data=data(), resume=folder)


class CtrlC:
    """A progress that presses Ctrl-C at an epoch."""

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch

    def __call__(self, report: EpochReport) -> None:
        if report.epoch == self.epoch:
            raise KeyboardInterrupt

    def close(self) -> None:
        """Nothing to do."""


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("epoch", [1, 3, EPOCHS - 1])
def test_ctrl_c_saves_and_resumes(epoch: int, whole: dict[str, Any], tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        jr.train(RECIPE, data(), out=folder, progress=CtrlC(epoch))
    told = json.loads((folder / "run.json").read_text())
    assert told["status"] == "interrupted"
    assert (folder / "checkpoint.safetensors").exists()
    with pytest.raises(RunError, match="not finished"):
        jr.open(folder)
    jr.train(data=data(), resume=folder)
    assert evidence(folder) == whole


@pytest.mark.usefixtures("eager")
def test_ctrl_c_while_the_history_is_written(
    whole: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, calls = tmp_path / "run", []

    def interrupted(path: Path, content: bytes) -> None:
        calls.append(path)
        if len(calls) == 3 + 3 + 2 + 1:  # begin appends nothing; the third epoch's second file
            raise KeyboardInterrupt
        files.append_bytes(path, content)

    monkeypatch.setattr(store, "append_bytes", interrupted)
    with pytest.raises(KeyboardInterrupt):
        jr.train(RECIPE, data(), out=folder)
    monkeypatch.undo()
    jr.train(data=data(), resume=folder)
    assert evidence(folder) == whole


def test_an_interrupted_population_keeps_each_member(tmp_path: Path) -> None:
    recipes = [dataclasses.replace(RECIPE, seed=seed) for seed in range(3)]
    together = jr.train(recipes, data())
    with pytest.raises(KeyboardInterrupt):
        jr.train(recipes, data(), out=tmp_path / "runs", progress=CtrlC(1))
    for number, run in enumerate(together, start=1):
        resumed = jr.train(data=data(), resume=tmp_path / "runs" / str(number))
        # A member goes on alone, in another program: see tests/training/test_populations.py.
        np.testing.assert_allclose(resumed.steps, run.steps, rtol=1e-4, atol=1e-4)


@pytest.fixture
def unfinished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(engine, "CALL_SECONDS", 0.0)
    folder = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        jr.train(RECIPE, data(), out=folder, progress=CtrlC(2))
    return folder


def test_a_finished_run_is_not_resumed(tmp_path: Path) -> None:
    jr.train(RECIPE, data(), out=tmp_path / "run")
    with pytest.raises(RunError, match="already finished"):
        jr.train(data=data(), resume=tmp_path / "run")


def test_other_data_is_refused(unfinished: Path) -> None:
    with pytest.raises(RunError, match="not what the run"):
        jr.train(data=data(seed=1), resume=unfinished)


def test_another_validation_part_is_refused(tmp_path: Path) -> None:
    x, y = data().x, data().y
    given = jr.Data(x, y, valid=(x[:20] + 1, y[:20]))
    with pytest.raises(KeyboardInterrupt):
        jr.train(RECIPE, given, out=tmp_path / "run", progress=CtrlC(1))
    other = jr.Data(x, y, valid=(x[:20] + 2, y[:20]))
    with pytest.raises(RunError, match="not what the run"):
        jr.train(data=other, resume=tmp_path / "run")


def test_a_run_without_vital_signs_goes_on_without(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        jr.train(RECIPE, data(), out=tmp_path / "run", progress=CtrlC(1), vitals=False)
    run = jr.train(data=data(), resume=tmp_path / "run")
    assert run.vitals.height == 0
    assert run.history.height == EPOCHS


def test_damage_to_an_unfinished_run_is_told(unfinished: Path) -> None:
    kept = {path: path.read_bytes() for path in unfinished.iterdir()}
    rng = np.random.default_rng(0)
    for path, content in kept.items():
        if path.name.endswith((".html", ".f32")) or not content:
            continue
        for damaged in (
            b"",
            content[: len(content) // 2],
            content[: len(content) // 3] + b"\x00\xff" + content[len(content) // 3 :],
            b"[" * 100_000,
            bytes(rng.integers(0, 256, 300, dtype=np.uint8)),
            b"{}\n",
        ):
            path.write_bytes(damaged)
            try:
                jr.train(data=data(), resume=unfinished)
            except JaramError as error:
                assert str(error)
            else:
                # A run without vital signs is a run.
                assert path.name == "vitals.jsonl", damaged[:40]
            for other, original in kept.items():
                other.write_bytes(original)


@pytest.mark.parametrize("damaged", [b"", b"{", b"\xff" * 200])
def test_a_damaged_checkpoint_is_named(unfinished: Path, damaged: bytes) -> None:
    (unfinished / "checkpoint.safetensors").write_bytes(damaged)
    with pytest.raises(RunError, match="checkpoint"):
        jr.train(data=data(), resume=unfinished)


def test_history_shorter_than_the_checkpoint_is_damage(unfinished: Path) -> None:
    (unfinished / "history.jsonl").write_bytes(b"")
    with pytest.raises(RunError, match="epochs"):
        jr.train(data=data(), resume=unfinished)
