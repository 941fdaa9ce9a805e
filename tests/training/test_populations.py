"""Members of a population against the same recipes trained alone.

How equal they are: where one member follows another in a lane of its own on one device, the
compiler makes the same program around another loop, and the numbers are equal to the bit. Where
members share a lane (``vmap``) or are spread over devices, the compiler may fuse differently: the
sums of one step then differ in the last bit of float32 (6e-8), which the training multiplies.
Plain gradient descent stayed equal to the bit here too; with Adam and dropout, 16 members and 5
epochs differed by at most 2e-5 in a weight.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import numpy as np
import pytest

import jaram as jr
from jaram.runs.candidates import prepare_options
from jaram.training import engine, planning
from jaram.training.group import Group

CLOSE = {"rtol": 1e-4, "atol": 1e-4}  # five times what was measured; see above


def data() -> jr.Data:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(150, 5)).astype(np.float32)
    return jr.Data(x, (x[:, 0] * x[:, 1] > 0).astype(int))


def member(number: int, **fields: Any) -> jr.Recipe:
    """Recipes of one structure whose every kind of knob differs."""
    return jr.Recipe(
        network=(
            jr.Dense(8, "relu", init=jr.RandomNormal(0.2 + 0.1 * number)),
            jr.Dropout(0.1 + 0.1 * number),
            jr.Dense(4, "tanh"),
        ),
        optimizer=jr.Adam(learning_rate=0.003 * (number + 1), beta1=0.9 - 0.1 * number),
        penalties=(jr.L2(0.01 * number), jr.L1(0.001 * number)),
        averaging=None,
        batch_size=16,
        epochs=5,
        stop=None,
        seed=100 - number,
        **fields,
    )


def assert_same(one: jr.Run, other: jr.Run) -> None:
    """Equal to the bit, in all that was recorded."""
    assert np.array_equal(one.steps, other.steps, equal_nan=True)
    assert one.best_epoch == other.best_epoch
    assert one.result == other.result
    for a, b in zip(jax.tree.leaves(one.params), jax.tree.leaves(other.params), strict=True):
        assert np.array_equal(a, b)
    assert one.history.drop("seconds").equals(other.history.drop("seconds"))
    assert one.vitals.equals(other.vitals)


def assert_close(one: jr.Run, other: jr.Run) -> None:
    np.testing.assert_allclose(one.steps, other.steps, **CLOSE)
    # Two epochs that are equally good to the last bit may change places.
    for column in ("train/loss", "valid/loss", "learning_rate"):
        np.testing.assert_allclose(one.history[column], other.history[column], **CLOSE)
    if one.best_epoch == other.best_epoch:
        for a, b in zip(jax.tree.leaves(one.params), jax.tree.leaves(other.params), strict=True):
            np.testing.assert_allclose(a, b, **CLOSE)


@pytest.fixture(scope="module")
def alone() -> list[jr.Run]:
    return [jr.train(member(number), data()) for number in range(5)]


@pytest.fixture(scope="module")
def together() -> list[jr.Run]:
    """Five members, which no two devices can share evenly."""
    return jr.train([member(number) for number in range(5)], data())


def test_members_train_as_alone(alone: list[jr.Run], together: list[jr.Run]) -> None:
    for number, (one, other) in enumerate(zip(alone, together, strict=True)):
        assert other.recipe.seed == 100 - number
        assert other.recipe.optimizer.learning_rate == one.recipe.optimizer.learning_rate
        assert_close(one, other)


def test_members_differ(together: list[jr.Run]) -> None:
    assert len({run.steps.tobytes() for run in together}) == 5


def last_params(recipes: list[jr.Recipe], **layout: Any) -> list[np.ndarray]:
    """Weights after the last epoch, ``(members, ...)`` each, in the given layout."""
    from jaram.data import prepare
    from jaram.defaults import complete

    prepared = prepare(data(), prepare_options(recipes[0]))
    group = Group(tuple(complete(recipe, prepared)[0] for recipe in recipes), prepared)
    plan = dataclasses.replace(planning.plan_for(group), **layout)
    knobs, state = engine.initial(group, plan)
    for advance in engine.advance(group, plan, knobs, state, 0, lambda _: False):
        state = advance.state
    return [np.asarray(leaf)[: len(recipes)] for leaf in jax.tree.leaves(state.params)]


def test_a_state_is_laid_out_as_the_one_it_becomes() -> None:
    """Otherwise the second call of the program would be compiled for anew."""
    from jaram.data import prepare
    from jaram.defaults import complete

    recipes = [member(number) for number in range(5)]
    prepared = prepare(data(), prepare_options(recipes[0]))
    group = Group(tuple(complete(recipe, prepared)[0] for recipe in recipes), prepared)
    plan = planning.plan_for(group)
    assert plan.devices == 2
    knobs, state = engine.initial(group, plan)
    (reached,) = engine.advance(group, plan, knobs, state, 0, lambda _: True)
    before, after = ([leaf.sharding for leaf in jax.tree.leaves(s)] for s in (state, reached.state))
    assert before == after


def test_one_member_after_another_is_equal_to_the_bit() -> None:
    recipes = [member(number) for number in range(3)]
    chunked = last_params(recipes, devices=1, lanes=1, chunks=3)
    for index, recipe in enumerate(recipes):
        for one, all_ in zip(last_params([recipe]), chunked, strict=True):
            assert np.array_equal(one[0], all_[index])


def test_a_place_that_nobody_takes_changes_nothing() -> None:
    recipes = [member(number) for number in range(3)]
    full = last_params([*recipes, member(2)], devices=1, lanes=4, chunks=1)
    padded = last_params(recipes, devices=1, lanes=4, chunks=1)
    for one, other in zip(full, padded, strict=True):
        assert np.array_equal(one[:3], other)


def regression(learning_rate: float) -> jr.Recipe:
    return jr.Recipe(
        network=(jr.Dense(6, "relu"),),
        optimizer=jr.SGD(learning_rate=learning_rate),
        penalties=(),
        averaging=None,
        batch_size=32,
        epochs=6,
        stop=None,
    )


def test_a_member_that_diverges_is_alone_with_it() -> None:
    x = data().x
    given = jr.Data(x, x @ np.arange(5.0))
    calm = jr.train([regression(rate) for rate in (0.01, 0.02, 0.03, 0.04)], given)
    wild = jr.train([regression(rate) for rate in (0.01, 1e6, 0.03, 0.04)], given)
    for index in (0, 2, 3):
        assert wild[index].result == "completed"
        assert_same(calm[index], wild[index])
    diverged = wild[1]
    assert diverged.result == "diverged"
    assert diverged.chronicle.epochs < 6
    assert not np.isfinite(diverged.steps).all()
    for leaf in jax.tree.leaves(diverged.params):  # of the best epoch, or the first weights
        assert np.isfinite(leaf).all()
    assert len(diverged.predict(x)) == len(x)


def test_runs_come_back_in_the_order_given() -> None:
    wide = jr.Dense(6, "relu")
    recipes = [
        regression(0.01),
        dataclasses.replace(regression(0.02), network=(wide, jr.Dropout(0.5))),
        regression(0.03),
        dataclasses.replace(regression(0.04), network=(wide, jr.Dropout(0.5))),
    ]
    x = data().x
    runs = jr.train(recipes, jr.Data(x, x @ np.arange(5.0)))
    assert [run.recipe.optimizer.learning_rate for run in runs] == [0.01, 0.02, 0.03, 0.04]
    assert [len(run.recipe.network) for run in runs] == [2, 3, 2, 3]


def test_recipes_that_prepare_the_data_differently_train_together() -> None:
    recipes = [
        dataclasses.replace(member(0), scale="none", epochs=1),
        dataclasses.replace(member(0), scale="standard", epochs=1),
    ]
    plain, scaled = jr.train(recipes, data())
    assert plain.prepared.preparation.scale_kind == "none"
    assert scaled.prepared.preparation.scale_kind == "standard"
    assert not np.array_equal(plain.steps, scaled.steps)


def test_large_members_one_after_another_are_trained_without_vital_signs_too() -> None:
    network = (jr.Dense(256, "relu"), jr.Dense(256, "relu"))
    recipes = [jr.Recipe(network=network, epochs=1, seed=seed) for seed in range(3)]
    trained = jr.train(recipes, jr.load("iris"), vitals=False)
    assert [len(run.vitals) for run in trained] == [0, 0, 0]
    assert len({float(run.steps[-1]) for run in trained}) == 3
