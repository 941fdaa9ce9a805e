"""Which steps of a series are real: an embedding tells, layers hand on, statistics obey."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from jaram.errors import RecipeError
from jaram.network import BatchNorm, Context, Dense, Embedding, Layer, Parallel, Sequential
from jaram.network.layer import Params, Shape, State
from jaram.network.network import apply, initial_params, initial_state
from jaram.spec import parse

PADDED = np.array([[[7.0, 0], [8, 0], [0, 1], [0, 1]], [[1, 0], [2, 0], [3, 0], [0, 1]]])
TOKENS = np.array([[3, 1, 0, 0], [2, 0, 4, 1]])
REAL = TOKENS != 0


class Spy(Layer):
    """Notes the mask that it is shown."""

    def __init__(self) -> None:
        self.seen: list[Any] = []

    def output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def apply(self, params: Params, state: State, x: Any, context: Context) -> Any:
        self.seen.append(context.mask)
        return x, state


def mask_after(*lines: str, mask: Any = None, x: Any = TOKENS) -> Any:
    """The mask that a layer behind the layers of ``lines`` is shown."""
    spy = Spy()
    network = (*(parse("layer", line) for line in lines), spy)
    shape = x.shape[1:]
    params, state = initial_params(network, 0, shape), initial_state(network, shape)
    apply(network, params, state, jnp.asarray(x), Context(mask=mask))
    return spy.seen[0]


@pytest.mark.parametrize(
    "between",
    [
        ("embedding 5 2 mask_zero=true",),
        ("embedding 5 2 mask_zero=true", "dense 3 relu", "batch_norm", "layer_norm", "dropout"),
        ("sequential (embedding 5 2 mask_zero=true, dense 3)", "residual (dense 4)"),
        ("parallel (embedding 5 2 mask_zero=true, embedding 5 3)", "maxout 3"),
    ],
)
def test_padding_is_known_to_the_layers_behind(between: tuple[str, ...]) -> None:
    np.testing.assert_array_equal(mask_after(*between), REAL)


def test_a_mask_from_outside_and_padding_come_together() -> None:
    outside = jnp.array([[True, False, True, True], [True, True, True, False]])
    np.testing.assert_array_equal(
        mask_after("embedding 5 2 mask_zero=true", mask=outside), REAL & outside
    )
    np.testing.assert_array_equal(mask_after("embedding 5 2", mask=outside), outside)


@pytest.mark.parametrize("last", ["flatten", "reshape (2, -1)", "sequential (dense 3, flatten)"])
def test_no_mask_where_the_steps_are_gone(last: str) -> None:
    assert mask_after("embedding 5 2 mask_zero=true", last) is None


def test_without_padding_there_is_no_mask() -> None:
    assert mask_after("embedding 5 2", "dense 3") is None


def test_parallel_keeps_the_steps_that_every_branch_keeps() -> None:
    layer = Parallel((Embedding(5, 2, mask_zero=True), Sequential((Embedding(5, 2), Dense(2)))))
    np.testing.assert_array_equal(layer.mask_from(jnp.asarray(TOKENS), None), REAL)


def test_batch_statistics_are_those_of_the_real_steps() -> None:
    x = np.random.default_rng(0).standard_normal((2, 4, 3)).astype(np.float32)
    x[~REAL] = 1e3  # must not be seen
    layer = BatchNorm(0.0)
    params = layer.initial_params(np.random.default_rng(0), (4, 3))
    state = layer.initial_state((4, 3))
    y, masked = layer.apply(params, state, jnp.asarray(x), Context(True, mask=jnp.asarray(REAL)))
    expected, alone = layer.apply(params, state, jnp.asarray(x[REAL]), Context(True))
    np.testing.assert_allclose(y[REAL], expected, rtol=1e-4, atol=1e-5)
    for name in ("mean", "variance"):
        np.testing.assert_allclose(masked[name], alone[name], rtol=1e-5, atol=1e-6)


def test_a_channel_of_padding_becomes_the_mask() -> None:
    np.testing.assert_array_equal(mask_after("masking", x=PADDED), PADDED[..., 1] == 0)
    given = jnp.asarray([[True, False, True, True]] * 2)
    both = mask_after("masking", x=PADDED, mask=given)
    np.testing.assert_array_equal(both, (PADDED[..., 1] == 0) & np.asarray(given))


@pytest.mark.parametrize("rest", ["lstm 3", "bi (gru 2)", "conv 2 3, global_max_pool"])
def test_how_much_padding_follows_changes_nothing(rest: str) -> None:
    lines = ("masking", *rest.split(", "))
    network = tuple(parse("layer", line) for line in lines)
    params, state = initial_params(network, 0, (4, 2)), initial_state(network, (4, 2))
    more = np.concatenate([PADDED, np.tile([[[0.0, 1.0]]], (2, 3, 1))], axis=1)
    found = [apply(network, params, state, jnp.asarray(x, jnp.float32))[0] for x in (PADDED, more)]
    np.testing.assert_allclose(found[0], found[1], rtol=1e-6, atol=1e-7)


def test_a_mask_alone_is_no_series() -> None:
    for shape in ((4,), (4, 1)):
        with pytest.raises(RecipeError):
            parse("layer", "masking").output_shape(shape)
