"""A minibatch that several devices share gives the step that one device makes of it."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

import jaram as jr
from jaram.data.prepare import prepare
from jaram.defaults import complete
from jaram.network import sharing
from jaram.progress import EpochReport, Silent
from jaram.runs.candidates import prepare_options
from jaram.training import devices, planning
from jaram.training.group import Group

CLOSE = {"rtol": 2e-4, "atol": 2e-5}
"""The same sums in another order: some 1e-6 after three epochs. A mask, a statistic or a loss that
only one part knows makes 1e-2 and more."""
ROWS, BATCH = 160, 32

devices.start()
pytestmark = pytest.mark.skipif(len(devices.available()) < 2, reason="needs two devices")


def pictures(weighted: bool = False) -> jr.Data:
    rng = np.random.default_rng(4)
    x = rng.normal(size=(ROWS, 6, 6, 2)).astype(np.float32)
    y = (x[:, :3].mean((1, 2, 3)) > x[:, 3:].mean((1, 2, 3))).astype(int)
    return jr.Data(x, y, weight=rng.uniform(0.3, 2.0, ROWS) if weighted else None)


def texts() -> jr.Data:
    rng = np.random.default_rng(5)
    words = ["good", "bad", "fine", "dull", "long", "short"]
    lines = [" ".join(rng.choice(words, rng.integers(1, 30))) for _ in range(ROWS)]
    return jr.load(
        {"text": lines, "y": [str("good" in line) for line in lines]}, target="y", unit="word"
    )


def recipe(network: str, **fields: Any) -> jr.Recipe:
    chosen: dict[str, Any] = {
        "network": network,
        "optimizer": jr.SGD(learning_rate=0.05),
        "batch_size": BATCH,
        "epochs": 3,
        "augment": (),
        "validation": 0.19,  # an odd number of rows, which blocks have to fill up
        "seed": 3,
    }
    return jr.Recipe(**(chosen | fields))


class Impatient(Silent):
    """Somebody who presses Ctrl-C after the first epoch."""

    def __call__(self, report: EpochReport) -> None:
        raise KeyboardInterrupt


def trained(recipe: jr.Recipe | None, data: jr.Data, shared: bool, **how: Any) -> jr.Run:
    """A training whose minibatches two devices share, or one that has them alone."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(planning, "SHARED_SECONDS", 1e-12 if shared else 1e12)
        patched.setattr(planning, "EXCHANGED_BYTES", 1e20)
        return jr.train(recipe, data, **how)


def assert_same(recipe: jr.Recipe, data: jr.Data, **how: Any) -> None:
    alone, shared = (trained(recipe, data, flag, **how) for flag in (False, True))
    assert not np.array_equal(alone.chronicle.steps, shared.chronicle.steps), "nothing was shared"
    np.testing.assert_allclose(shared.chronicle.steps, alone.chronicle.steps, **CLOSE)
    np.testing.assert_allclose(shared.chronicle.vitals, alone.chronicle.vitals, **CLOSE)
    for name, values in alone.chronicle.columns.items():
        if name != "seconds":
            np.testing.assert_allclose(
                shared.chronicle.columns[name], values, **CLOSE, err_msg=name
            )
    for one, two in zip(*(jax.tree.leaves(run.params) for run in (alone, shared)), strict=True):
        np.testing.assert_allclose(two, one, **CLOSE)


def shares(network: str, **fields: Any) -> int:
    asked = recipe(network, **fields)
    prepared = prepare(pictures(), prepare_options(asked))
    return planning.plan_for(Group((complete(asked, prepared)[0],), prepared)).shares


def test_small_steps_are_not_shared() -> None:
    assert shares("conv 4 3, flatten") == 1
    assert shares("conv 64 5, conv 64 5, flatten") >= 2


def test_what_is_one_product_of_matrices_is_not_shared() -> None:
    assert shares("flatten, dense 9000, dense 9000") == 1


def test_only_even_parts_are_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "SHARED_SECONDS", 1e-12)
    monkeypatch.setattr(planning, "EXCHANGED_BYTES", 1e20)
    assert shares("conv 4 3, flatten") >= 2
    assert shares("conv 4 3, flatten", batch_size=31) == 1
    assert shares("conv 4 3, flatten", validation=0.5) == 1  # fewer rows than the probe has


@pytest.mark.parametrize(
    "network",
    [
        "conv 4 3 relu, max_pool 2, flatten, dropout 0.4, dense 3 relu",
        "conv 4 3, batch_norm, activation relu, spatial_dropout 0.3, global_avg_pool",
        "gaussian_noise 0.2, conv 2 3, flatten, dense 5 tanh, dropout 0.2, batch_norm",
        "residual (conv 2 3, batch_norm) relu, dropout 0.3, global_max_pool",
    ],
)
def test_pictures(network: str) -> None:
    assert_same(recipe(network), pictures())


@pytest.mark.parametrize(
    "augment",
    [
        "random_flip 0.5, random_shift 0.2, random_rotation 20, random_zoom 0.2",
        "random_brightness 0.3, random_contrast 0.3, random_noise 0.2, cutout 0.4",
        "mixup 0.4",
        "cutmix 1.0",
    ],
)
def test_augmented(augment: str) -> None:
    assert_same(recipe("conv 3 3 relu, flatten", augment=augment), pictures())


@pytest.mark.parametrize(
    "network",
    [
        "embedding 12 4 mask_zero=true, batch_norm, bidirectional (lstm 3)",
        "embedding 12 4 mask_zero=true, gru 3 return_sequences=true, attention_pool 4, dropout 0.2",
        "embedding 12 4 mask_zero=true, dense 3, batch_norm, global_avg_pool",
    ],
)
def test_texts_of_unequal_length(network: str) -> None:
    assert_same(recipe(network), texts())


def test_recurrent_dropout() -> None:
    network = "embedding 12 4 mask_zero=true, lstm 3 recurrent_dropout=0.3"
    assert_same(recipe(network), texts())


def test_minibatches_of_several_widths(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both devices take the width of the whole minibatch's longest text, or they wait for ever."""
    monkeypatch.setattr(planning, "WIDTH_SECONDS", 1e-9)
    assert_same(recipe("embedding 12 4 mask_zero=true, gru 3"), texts())


def test_weights_and_what_happens_after_the_gradient() -> None:
    asked = recipe(
        "conv 3 3 relu, flatten", penalties=(jr.L2(0.01),), clip=jr.ClipNorm(0.5), averaging="ema"
    )
    assert_same(asked, pictures(weighted=True))


def test_a_search_along_a_line_asks_for_the_loss_of_the_whole_minibatch() -> None:
    assert_same(recipe("conv 2 3 tanh, flatten", optimizer=jr.LBFGS()), pictures())


def test_streamed(tmp_path: Path) -> None:
    data = pictures()
    np.save(tmp_path / "x.npy", data.x)
    mapped = jr.Data(np.load(tmp_path / "x.npy", mmap_mode="r"), data.y)
    assert_same(recipe("conv 3 3 relu, flatten, dropout 0.2"), mapped, memory=200_000)


def test_a_training_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    data, asked = pictures(), recipe("conv 3 3 relu, flatten, dropout 0.2", epochs=4)
    whole = trained(asked, data, True)
    with pytest.raises(KeyboardInterrupt):
        trained(asked, data, True, out=tmp_path / "begun", progress=Impatient())
    resumed = trained(None, data, True, resume=tmp_path / "begun")
    assert resumed.chronicle.epochs == 4
    np.testing.assert_array_equal(resumed.chronicle.steps, whole.chronicle.steps)


def test_two_threads_do_not_wait_for_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "SHARED_SECONDS", 1e-12)
    monkeypatch.setattr(planning, "EXCHANGED_BYTES", 1e20)
    data, found = pictures(), []

    def train(seed: int) -> None:
        asked = recipe("conv 4 3 relu, flatten", seed=seed, epochs=30)
        found.append(jr.train(asked, data).chronicle.epochs)

    threads = [threading.Thread(target=train, args=(seed,), daemon=True) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert len(found) == 4


def test_nothing_is_exchanged_where_a_device_has_all() -> None:
    values = np.arange(6.0).reshape(3, 2)
    for of_all in (sharing.mean, sharing.total, sharing.largest, sharing.own_part):
        np.testing.assert_array_equal(of_all(values, 1), values)
    np.testing.assert_array_equal(sharing.neighbours(values, 1), np.roll(values, 1, axis=0))
