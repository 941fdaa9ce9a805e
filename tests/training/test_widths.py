"""Minibatches no wider than their longest example: the same numbers, in less time."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import numpy as np
import pytest

import jaram as jr
from jaram.data.prepare import prepare
from jaram.network.network import initial_params
from jaram.recipe import Recipe
from jaram.training import engine, planning, widths
from jaram.training.group import Group

WORDS = ["bright", "dull", "long", "short", "warm", "cold", "slow", "quick", "plain", "rich"]


def texts(count: int = 120) -> Any:
    """Sentences of one to twenty words; what counts is whether "warm" comes in them."""
    import polars

    rng = np.random.default_rng(0)
    lines = [" ".join(rng.choice(WORDS, rng.integers(1, 21))) for _ in range(count)]
    return jr.load(
        polars.DataFrame({"said": lines, "y": ["warm" in line for line in lines]}),
        target="y",
        text="said",
        unit="word",
    )


RECIPE = Recipe(
    network="embedding 12 4 mask_zero=true, bi (gru 3 return_sequences=true), conv 4 3 relu, "
    "global_max_pool",
    optimizer="adam 0.01",
    batch_size=16,
    epochs=2,
    stop=None,
    seed=1,
)


def trained(given: tuple[int, ...]) -> Any:
    """State after all epochs, and their losses, with these widths."""
    from jaram.defaults import complete

    prepared = prepare(texts())
    recipe, _ = complete(RECIPE, prepared)
    group = Group((recipe,), prepared)
    plan = dataclasses.replace(planning.plan_for(group), widths=given)
    knobs, state = engine.initial(group, plan)
    steps = list(engine.advance(group, plan, knobs, state, 0, lambda _: False))
    losses = np.concatenate([step.records.losses[0] for step in steps])
    return jax.tree.map(np.asarray, steps[-1].state.params), losses


def test_narrower_minibatches_change_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same order of examples, all as wide as the longest."""
    narrow, losses = trained((4, 8, 12, 20))
    monkeypatch.setattr("jaram.training.epochs.at_its_width", lambda _, step, __: step)
    wide, expected = trained((4, 8, 12, 20, 99))  # another plan, so that it is compiled anew
    np.testing.assert_allclose(losses, expected, rtol=1e-4, atol=1e-5)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4), narrow, wide)


def test_every_minibatch_is_seen_once_and_the_order_is_the_seeds() -> None:
    known = widths.lengths(prepare(texts()))
    assert known is not None
    found = widths.similar_lengths(known, (4, 8, 20), 16, 0, 3)
    np.testing.assert_array_equal(found, widths.similar_lengths(known, (4, 8, 20), 16, 0, 3))
    assert not np.array_equal(found, widths.similar_lengths(known, (4, 8, 20), 16, 0, 4))
    assert set(found.ravel()) == set(range(len(known)))


def test_only_networks_whose_weights_do_not_depend_on_the_width_have_widths() -> None:
    prepared = prepare(texts())
    network = RECIPE.network
    assert network is not None
    assert len(widths.widths_for(network, prepared, 4)) == 4
    assert widths.widths_for(network, prepared, 1) == ()
    flat = Recipe(network="embedding 12 4 mask_zero=true, flatten, dense 2").network
    assert flat is not None
    assert widths.widths_for(flat, prepared, 4) == ()
    unread = Recipe(network="embedding 12 4, global_max_pool").network
    assert unread is not None
    assert widths.widths_for(unread, prepared, 4) == ()
    assert initial_params(network, 0, (4,))


def test_widths_do_not_depend_on_who_trains_beside() -> None:
    from jaram.defaults import complete

    prepared = prepare(texts())
    recipe, _ = complete(dataclasses.replace(RECIPE, epochs=100_000), prepared)
    alone, together = Group((recipe,), prepared), Group((recipe,) * 9, prepared)
    assert planning.plan_for(alone).widths == planning.plan_for(together).widths != ()
