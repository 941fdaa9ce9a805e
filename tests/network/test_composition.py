"""Layers made of layers, against the same computed by hand."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaram.errors import RecipeError
from jaram.network import BatchNorm, Context, Dense, Dropout, Parallel, Residual, Sequential
from jaram.network.network import apply, initial_params, initial_state, table
from jaram.spec import parse, words

X = jnp.asarray(np.random.default_rng(0).standard_normal((4, 3)), jnp.float32)


def run(layer: Any, training: bool = False) -> tuple[Any, Any, Any]:
    params = layer.initial_params(np.random.default_rng(0), (3,))
    context = Context(training, jax.random.key(1) if training else None)
    y, state = layer.apply(params, layer.initial_state((3,)), X, context)
    return y, params, state


def by_hand(params: Any, x: Any) -> Any:
    return x @ params["weight"] + params["bias"]


def test_sequential_applies_one_after_another_and_keeps_states() -> None:
    y, params, state = run(Sequential((Dense(4), Dropout(0.5), BatchNorm(0.0))), training=True)
    assert list(params) == ["0_dense", "2_batch_norm"]
    assert list(state) == ["2_batch_norm"]
    np.testing.assert_allclose(y.mean(axis=0), np.zeros(4), atol=1e-6)
    assert not np.array_equal(state["2_batch_norm"]["mean"], np.zeros(4))


def test_empty_sequential_is_the_identity() -> None:
    np.testing.assert_array_equal(run(Sequential(()))[0], X)


def test_residual_adds_its_input_and_projects_only_where_it_must() -> None:
    y, params, _ = run(Residual((Dense(3),)))
    assert list(params) == ["0_dense"]
    np.testing.assert_allclose(y, by_hand(params["0_dense"], X) + X, rtol=1e-5, atol=1e-6)
    y, params, _ = run(Residual((Dense(5),), "relu"))
    projected = X @ params["shortcut"]["weight"]
    expected = jnp.maximum(by_hand(params["0_dense"], X) + projected, 0)
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("merge", ["concatenate", "sum", "mean", "multiply"])
def test_parallel_merges(merge: str) -> None:
    y, params, _ = run(Parallel((Dense(2), Dense(2)), merge))
    first, second = by_hand(params["0_dense"], X), by_hand(params["1_dense"], X)
    expected = {
        "concatenate": jnp.concatenate([first, second], axis=-1),
        "sum": first + second,
        "mean": (first + second) / 2,
        "multiply": first * second,
    }[merge]
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-6)


def test_every_layer_inside_has_a_key_and_initial_weights_of_its_own() -> None:
    y, _, _ = run(Parallel((Dropout(0.5), Dropout(0.5))), training=True)
    assert not np.array_equal(y[:, :3] == 0, y[:, 3:] == 0)
    _, params, _ = run(Parallel((Dense(3), Dense(3))))
    assert not np.array_equal(params["0_dense"]["weight"], params["1_dense"]["weight"])


def test_composites_nest_and_count() -> None:
    network = (Parallel((Residual("dense 4 relu, dense 3"), ["dense 2", "batch_norm"])), Dense(1))
    first, last = table(network, (3,))
    assert (first.output_shape, last.output_shape) == ((5,), (1,))
    assert first.parameters == (3 * 4 + 4) + (4 * 3 + 3) + (3 * 2 + 2) + 2 * 2
    assert first.operations == 3 * 4 + 4 * 3 + 3 * 2 + 2
    state = initial_state(network, (3,))
    y, next_state = apply(network, initial_params(network, 0, (3,)), state, X)
    assert y.shape == (4, 1)
    assert jax.tree.structure(next_state) == jax.tree.structure(state)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (Residual(("flatten",)), "may change the last axis"),
        (Parallel((Dense(2), "flatten")), "agree in shape"),
        (Parallel((Dense(2), Dense(3)), "sum"), "agree in shape"),
        (Parallel(()), "at least one branch"),
    ],
)
def test_shapes_that_do_not_fit_are_named(layer: Any, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        layer.output_shape((4, 3))


@pytest.mark.parametrize(
    "line",
    [
        "dense 64 (leaky_relu 0.2) init=(random_normal 0.02)",
        "residual (dense 64 relu, dense 3 init=(random_normal 0.5)) relu",
        "residual (dense 3)",
        "parallel (dense 3, sequential (dense 3 relu, dropout 0.2)) sum",
    ],
)
def test_brackets_hold_a_value_of_several_words(line: str) -> None:
    assert words(parse("layer", line)) == line


def test_layers_inside_may_be_written_as_words_or_lists() -> None:
    expected = Parallel((Sequential((Dense(2, "relu"), Dense(3))), Dense(3)))
    assert Parallel([["dense 2 relu", Dense(3)], "dense 3"]) == expected
    assert Parallel("sequential (dense 2 relu, dense 3), dense 3") == expected
    assert Residual(Dense(3)) == Residual("dense 3") == Residual((Dense(3),))
