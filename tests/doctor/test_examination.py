"""A training looked at again: its first weights, its breaking step, a few of its rows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import jaram as jr
from jaram.doctor.examination import Examination


def run_of(data: Any, *network: jr.Dense, **fields: Any) -> jr.Run:
    fields = {"epochs": 3, "optimizer": jr.SGD(learning_rate=0.1)} | fields
    return jr.train(jr.Recipe(network=network, **fields), data)


def examined(run: jr.Run) -> Examination:
    assert run.prepared is not None
    return Examination(run.recipe, run.prepared)


@pytest.fixture(scope="module")
def iris() -> jr.Run:
    return run_of(jr.load("iris"), jr.Dense(16, "relu"), batch_size="full")


def test_the_first_look_is_at_the_weights_before_the_first_step(iris: jr.Run) -> None:
    first = examined(iris).initial
    # The first step's loss is of the whole training part, and so is the probe's.
    assert first.loss == pytest.approx(float(iris.steps[0]), rel=1e-5)
    assert first.blank_loss == pytest.approx(math.log(3), rel=1e-5)
    assert first.signs.shape == (2, 7) and first.signal.shape == (2,)
    norms = [
        math.sqrt(sum(float(np.sum(np.square(a))) for a in p.values())) for p in first_of(iris)
    ]
    np.testing.assert_allclose(first["weight_norm"], norms, rtol=1e-5)


def first_of(run: jr.Run) -> Any:
    from jaram.network.network import initial_params

    return initial_params(run.recipe.network or (), run.recipe.seed, run.input_shape)


def test_the_signal_is_what_tells_rows_apart(iris: jr.Run) -> None:
    params = first_of(iris)
    assert iris.prepared is not None
    x = iris.prepared.train.x
    hidden = np.maximum(x @ params[0]["weight"], 0)
    want = math.sqrt(float(np.mean(np.var(hidden, axis=0))))
    assert examined(iris).initial.signal[0] == pytest.approx(want, rel=1e-4)


def test_a_sound_training_breaks_nowhere(iris: jr.Run) -> None:
    assert examined(iris).broken_at is None


def test_the_breaking_step_is_found_again() -> None:
    run = run_of(
        jr.load("diabetes"),
        jr.Dense(16, "relu"),
        jr.Dense(16, "relu"),
        optimizer=jr.SGD(learning_rate=3.0),
        batch_size=32,
        stop=None,
    )
    assert run.result == "diverged"
    found = examined(run).broken_at
    assert found is not None
    first = int(np.flatnonzero(~np.isfinite(run.steps))[0]) + 1
    assert first - 1 <= found.step <= first  # the weights may break one step before the loss
    assert 0 <= found.layer < 3
    assert found.where in ("outputs", "gradient", "weights", "loss")


def test_a_training_may_break_late() -> None:
    run = run_of(
        jr.load("sine"),
        jr.Dense(8, "relu"),
        optimizer=jr.SGD(learning_rate=0.05, momentum=0.9),
        schedule=jr.Exponential(20.0),
        epochs=12,
        batch_size=64,
        stop=None,
    )
    assert run.result == "diverged" and run.chronicle.epochs > 1
    found = examined(run).broken_at
    assert found is not None
    assert found.epoch == run.chronicle.epochs


def test_a_few_rows_tell_a_recipe_that_can_learn_from_one_that_can_not() -> None:
    data = jr.load("circles")
    sound = run_of(data, jr.Dense(16, "relu"), optimizer=jr.Adam(learning_rate=1e-2))
    still = run_of(data, jr.Dense(16, "relu", init="zeros"), optimizer=jr.Adam(learning_rate=1e-2))
    assert examined(sound).few_rows_score >= 0.9
    assert examined(still).few_rows_score <= 0.7
