"""Training on examples read from disk: the numbers of a training in memory in the same order."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

import jaram as jr
from jaram.data.streamed import Streamed
from jaram.training import engine, examples
from jaram.training.group import Group

ROWS, BATCH, EPOCHS = 153, 8, 3
SHAPE = (4, 4, 1)
PER_ROW = 16 * (1 + 4) * 3
"""Bytes that a row takes in the blocks that are in memory at once."""
ROOM = 4 / 3
"""Of the memory three quarters are for those blocks."""
ONE_BLOCK = int(ROOM * PER_ROW * 160)
SEVERAL = int(ROOM * PER_ROW * BATCH * 3)
"""Blocks of 3 minibatches; the last of the six has one, filled up: 122 rows are trained on."""
CLOSE = {"rtol": 2e-5, "atol": 2e-6}
"""The same steps in another program, which sums in another order: some 1e-7 of each."""


def pictures() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    x = rng.integers(0, 256, (ROWS, *SHAPE), dtype=np.uint8)
    y = (x[:, :2].mean((1, 2, 3)) > x[:, 2:].mean((1, 2, 3))).astype(int)
    return x, y, rng.uniform(0.3, 2.0, ROWS)


@pytest.fixture
def mapped(tmp_path: Path) -> np.ndarray:
    np.save(tmp_path / "x.npy", pictures()[0])
    return np.load(tmp_path / "x.npy", mmap_mode="r")


def data(mapped: np.ndarray, weighted: bool = False) -> jr.Data:
    _, y, weight = pictures()
    return jr.Data(mapped, y, weight=weight if weighted else None)


def recipe(**fields: Any) -> jr.Recipe:
    chosen: dict[str, Any] = {
        "network": (jr.Flatten(), jr.Dense(6, "tanh")),
        "optimizer": jr.Adam(learning_rate=0.02),
        "batch_size": BATCH,
        "epochs": EPOCHS,
        "augment": (),
        "seed": 3,
    }
    return jr.Recipe(**(chosen | fields))


CASES: dict[str, tuple[int, dict[str, Any]]] = {
    "plain": (SEVERAL, {}),
    "random": (
        ONE_BLOCK,
        {
            "network": (jr.Flatten(), jr.Dense(8, "relu"), jr.BatchNorm(), jr.Dropout(0.4)),
            "augment": (jr.RandomFlip(), jr.RandomNoise(0.1)),
        },
    ),
    "scheduled": (SEVERAL, {"schedule": jr.Cosine(), "averaging": jr.ExponentialAverage()}),
    "bagged": (SEVERAL, {"bootstrap": 5}),
    "in order": (ONE_BLOCK, {"shuffle": False, "schedule": jr.ReduceOnPlateau(patience=1)}),
    "stopped": (
        SEVERAL,
        {"stop": jr.EarlyStopping(patience=1), "optimizer": jr.SGD(5.0), "epochs": 8},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_streamed_training_is_one_in_memory_in_the_same_order(
    case: str, mapped: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory, fields = CASES[case]
    monkeypatch.setattr(examples, "_most_rows", lambda _, most: most)
    room = sys.modules["jaram.data.prepare"]  # the package has a function of that name
    monkeypatch.setattr(room, "must_stream", lambda data, _: data.memory is not None)
    asked, source = recipe(**fields), data(mapped, weighted=case == "bagged")
    found = jr.train(asked, source, memory=memory)
    assert found.prepared is not None
    assert isinstance(found.prepared.train.x, Streamed)
    stream = engine.stream_of(Group((found.recipe,), found.prepared))
    assert stream.blocks == (1 if memory == ONE_BLOCK else 6)

    def same_order(rows: int, size: int, seed: int, epoch: int, shuffle: bool) -> np.ndarray:
        return np.concatenate(stream.order(epoch)).astype(np.int32).reshape(-1, size)

    monkeypatch.setattr(engine, "epoch_order", same_order)
    known = jr.train(asked, source)
    assert found.chronicle.epochs == known.chronicle.epochs
    assert (found.result, found.best_epoch) == (known.result, known.best_epoch)
    np.testing.assert_allclose(found.steps, known.steps, **CLOSE)
    np.testing.assert_allclose(
        found.history.drop("seconds").to_numpy(), known.history.drop("seconds").to_numpy(), **CLOSE
    )
    np.testing.assert_allclose(found.chronicle.vitals, known.chronicle.vitals, rtol=1e-3, atol=1e-4)
    for ours, theirs in zip(
        jax.tree.leaves(found.params), jax.tree.leaves(known.params), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, **CLOSE)
    for name, value in known.metrics.items():
        assert found.metrics[name] == pytest.approx(value, rel=1e-4, abs=1e-6), name


def test_members_of_a_population_learn_as_alone(mapped: np.ndarray) -> None:
    recipes = [recipe(seed=seed, optimizer=jr.Adam(rate)) for seed, rate in ((1, 0.01), (2, 0.05))]
    recipes.append(recipe(seed=4, optimizer=jr.Adam(3e38)))  # diverges and rests beside the others
    together = jr.train(recipes, data(mapped), memory=SEVERAL)
    assert together[2].result == "diverged"
    assert together[2].chronicle.epochs == 1
    for one, other in zip(recipes[:2], together[:2], strict=True):
        alone = jr.train(one, data(mapped), memory=SEVERAL)
        np.testing.assert_allclose(other.steps, alone.steps, **CLOSE)
        assert other.chronicle.epochs == EPOCHS


class Interrupted:
    """Presses Ctrl-C after so many epochs."""

    def __init__(self, after: int) -> None:
        self.after = after

    def __call__(self, report: Any) -> None:
        if report.epoch == self.after:
            raise KeyboardInterrupt

    def close(self) -> None:
        pass


def test_an_interrupted_training_goes_on_to_the_same_bits(
    mapped: np.ndarray, tmp_path: Path
) -> None:
    whole = jr.train(recipe(), data(mapped), memory=SEVERAL, out=tmp_path / "whole")
    folder = tmp_path / "cut"
    with pytest.raises(KeyboardInterrupt):
        jr.train(recipe(), data(mapped), memory=SEVERAL, out=folder, progress=Interrupted(2))
    assert not [one for one in threading.enumerate() if "_run" in one.name]
    with pytest.raises(jr.UsageError, match="memory that it was begun with"):
        jr.train(data=data(mapped), resume=folder, memory=SEVERAL)
    resumed = jr.train(data=data(mapped), resume=folder)
    assert resumed.summary["memory"] == SEVERAL
    np.testing.assert_array_equal(resumed.steps, whole.steps)
    for ours, theirs in zip(
        jax.tree.leaves(resumed.params), jax.tree.leaves(whole.params), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)


def test_a_file_that_is_cut_off_meanwhile_is_told_and_nothing_keeps_running(
    mapped: np.ndarray, tmp_path: Path
) -> None:
    class CutsOff(Interrupted):
        def __call__(self, report: Any) -> None:
            with (tmp_path / "x.npy").open("r+b") as file:
                file.truncate(500)

    asked = recipe(epochs=6)
    with pytest.raises(jr.DataError, match="changed or cut off"):
        jr.train(asked, data(mapped), memory=SEVERAL, progress=CutsOff(1))
    assert not [one for one in threading.enumerate() if "_run" in one.name]


def test_a_set_that_fits_is_trained_on_in_memory(mapped: np.ndarray) -> None:
    known = jr.train(recipe(), data(mapped))
    found = jr.train(recipe(), data(mapped), memory="1 MB")
    np.testing.assert_array_equal(found.steps, known.steps)
    assert "memory" not in found.summary


@pytest.mark.parametrize("memory", ["2 parrots", "", 0, -5, 1.5, True])
def test_a_memory_that_is_none_is_refused(memory: Any, mapped: np.ndarray) -> None:
    with pytest.raises(jr.UsageError, match="memory is a size"):
        jr.train(recipe(), data(mapped), memory=memory)


def test_a_memory_too_small_for_minibatches_is_told_before_anything_is_written(
    mapped: np.ndarray, tmp_path: Path
) -> None:
    needed = int(ROOM * PER_ROW * BATCH)
    with pytest.raises(jr.DataError, match=f"at least {needed} are needed"):
        jr.train(recipe(), data(mapped), memory=needed - 1, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_streamed_run_is_written_and_looked_into_as_any_other(
    mapped: np.ndarray, tmp_path: Path
) -> None:
    run = jr.train(
        recipe(network=(jr.Conv(2, 3, "relu"), jr.Flatten())),
        data(mapped),
        memory=SEVERAL,
        out=tmp_path / "run",
    )
    opened = jr.open(tmp_path / "run")
    assert (tmp_path / "run" / "report.html").stat().st_size > 10_000
    assert (tmp_path / "run" / "examples.json").exists()
    assert opened.metrics == pytest.approx(run.metrics, nan_ok=True)
    np.testing.assert_array_equal(run.predict(mapped[:9]), opened.predict(np.asarray(mapped[:9])))
    jr.diagnose(opened, data(mapped))
