"""Dropout as an ensemble at prediction, against masks drawn by hand."""

from __future__ import annotations

import dataclasses

import jax
import numpy as np
import pytest
from ensemble_runs import RECIPE, problem, trained

import jaram as jr
from jaram.network.regularization import has_dropout


def normalised(task: str) -> jr.Run:
    """A run whose batch statistics must not be those of the rows that are asked about."""
    network = (jr.Dense(6, "relu"), jr.BatchNorm(), jr.Residual(jr.Dropout(0.5)))
    return jr.train(dataclasses.replace(RECIPE, network=network), problem(task))


def test_it_is_the_mean_over_networks_with_units_dropped(x: np.ndarray) -> None:
    """One hidden layer by hand, with the masks that JAX draws for the layer's key."""
    run = trained("binary")[0]
    dense, _, last = (jax.tree.map(np.asarray, layer) for layer in run.params)
    hidden = np.maximum(run.preparation.transform(x) @ dense["weight"] + dense["bias"], 0)
    filled = np.concatenate([hidden, np.repeat(hidden[:1], 64 - len(hidden), axis=0)])
    rate, wanted = 0.2, []
    keys = jax.random.split(jax.random.fold_in(jax.random.key(run.recipe.seed), 0), 7)
    for key in keys:
        kept = jax.random.bernoulli(jax.random.fold_in(key, 1), 1 - rate, filled.shape)
        z = np.where(kept, filled / (1 - rate), 0) @ last["weight"] + last["bias"]
        wanted.append(1 / (1 + np.exp(-z[: len(x), 0])))
    np.testing.assert_allclose(
        run.predict_proba(x, samples=7)[:, 1], np.mean(wanted, axis=0), rtol=1e-4
    )


def test_the_same_question_has_the_same_answer(runs: list[jr.Run], x: np.ndarray) -> None:
    one, other = (runs[0].predict(x, samples=5) for _ in range(2))
    assert np.array_equal(one, other)
    assert one.shape == runs[0].predict(x).shape
    assert set(np.ravel(one).tolist()) <= set(np.ravel(runs[0].predict(x)).tolist()) or (
        runs[0].task.kind == "regression"
    )


def test_many_samples_come_near_each_other_and_are_not_the_plain_answer(x: np.ndarray) -> None:
    run = normalised("multiclass")
    plain, few, many = run.predict_proba(x), *(run.predict_proba(x, n) for n in (400, 800))
    np.testing.assert_allclose(few.sum(axis=1), 1, rtol=1e-5)
    # The deviation of a mean of 400 is below 0.5 / 20.
    assert np.abs(few - many).max() < 0.1
    assert np.abs(plain - many).max() > 0.005


def test_batch_statistics_stay_those_that_were_learned(x: np.ndarray) -> None:
    """With the minibatch's own statistics a row would be normalised away from the others."""
    run = normalised("regression")
    far = np.concatenate([x[:1], 1000 + x[1:]])
    one, other = run.predict(x, samples=200)[0], run.predict(far, samples=200)[0]
    assert one == pytest.approx(other, rel=1e-4)


def test_many_rows_are_taken_in_blocks(x: np.ndarray) -> None:
    run = trained("multiclass")[0]
    rows = np.tile(x, (50, 1))  # 2,500: two blocks
    p = run.predict_proba(rows, samples=300).reshape(50, 50, -1)
    assert p.std(axis=0).max() < 0.03  # equal rows, other masks: 0.5 / sqrt(300)


def test_dropout_is_found_inside_layers() -> None:
    assert has_dropout((jr.Dense(3), jr.Residual((jr.Dense(3), jr.Dropout(0.1)))))
    assert not has_dropout((jr.Dense(3), jr.Residual((jr.Dense(3), jr.BatchNorm()))))
    assert not has_dropout(None)


def test_a_network_without_dropout_has_nothing_to_sample(x: np.ndarray) -> None:
    plain = jr.train(dataclasses.replace(RECIPE, network=(jr.Dense(4, "relu"),)), problem("binary"))
    with pytest.raises(jr.RunError, match="no dropout"):
        plain.predict_proba(x, samples=5)
    for samples in (0, -1, 2.5):
        with pytest.raises(jr.UsageError, match="whole number"):
            trained("binary")[0].predict(x, samples=samples)  # type: ignore[arg-type]
