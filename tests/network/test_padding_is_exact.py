"""Padding at the end of a series changes no number: what it holds, and how much of it there is."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaram.network.layer import Context
from jaram.network.network import apply, initial_params, initial_state
from jaram.spec import parse

STEPS, FEATURES = 12, 3
LENGTHS = (12, 7, 9, 5)

NETWORKS = {
    "conv": "conv 4 3 tanh, global_avg_pool",
    "conv_stride": "conv 4 4 stride=2, global_max_pool",
    "conv_dilated": "conv 4 3 dilation=2, conv 2 3 stride=3, global_max_pool",
    "conv_valid": "conv 4 3 padding=valid stride=2, global_avg_pool",
    "conv_causal": "conv 4 3 padding=causal dilation=2, lstm 3",
    "conv_padded": "conv 4 5 padding=1, global_avg_pool",
    "depthwise": "depthwise_conv 3 stride=2, conv 2 1, global_max_pool",
    "transpose": "conv_transpose 4 4 stride=2, global_avg_pool",
    "transpose_valid": "conv_transpose 4 3 stride=2 padding=valid, conv 2 3, global_max_pool",
    "pools": "max_pool 2, avg_pool 3 stride=1 padding=same, global_avg_pool",
    "max_pool_same": "conv 4 3, max_pool 3 stride=2 padding=same, gru 3",
    "norms": "group_norm 3, instance_norm, layer_norm, conv 2 3, global_avg_pool",
    "squeeze_excite": "conv 4 3, squeeze_excite 2, global_max_pool",
    "up_sample": "up_sample 2, conv 2 3, global_avg_pool",
    "up_sample_linear": "up_sample 2 linear, conv 2 3, global_avg_pool",
    "rnn": "rnn 4",
    "lstm": "lstm 4 return_sequences=true, lstm 3 peephole=true",
    "gru": "gru 4 return_sequences=true, gru 3 reset=before",
    "bidirectional": "bi (lstm 4 return_sequences=true), bi (gru 3) sum",
    "truncated": "lstm 4 truncate=2",
    "attention": "dense 4 tanh, attention_pool 3",
    "dot_attention": "bi (rnn 2 return_sequences=true), attention_pool score=dot",
    "blocks": "residual (conv 4 3 relu, conv 4 3 stride=2), parallel (max_pool 2, avg_pool 2), "
    "global_avg_pool",
}


def outputs(network: Any, params: Any, state: Any, x: Any, mask: Any) -> Any:
    return apply(network, params, state, x, Context(mask=mask))[0]


@pytest.mark.parametrize("name", NETWORKS)
def test_a_padded_series_gives_what_it_gives_alone(name: str) -> None:
    from jaram.recipe import Recipe

    network = Recipe(network=NETWORKS[name]).network
    assert network is not None
    params = initial_params(network, 0, (STEPS, FEATURES))
    state = initial_state(network, (STEPS, FEATURES))
    rng = np.random.default_rng(1)
    x = rng.standard_normal((len(LENGTHS), STEPS, FEATURES)).astype(np.float32)
    mask = np.arange(STEPS) < np.array(LENGTHS)[:, None]
    x[~mask] = 1e3 * rng.standard_normal(((~mask).sum(), FEATURES))
    together = jax.jit(outputs, static_argnums=0)(network, params, state, x, jnp.asarray(mask))
    for row, length in enumerate(LENGTHS):
        alone = outputs(network, params, state, jnp.asarray(x[row : row + 1, :length]), None)
        np.testing.assert_allclose(together[row], alone[0], rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("name", ["conv_stride", "max_pool_same", "bidirectional", "attention"])
def test_no_gradient_reaches_padding(name: str) -> None:
    from jaram.recipe import Recipe

    network = Recipe(network=NETWORKS[name]).network
    assert network is not None
    params = initial_params(network, 0, (STEPS, FEATURES))
    state = initial_state(network, (STEPS, FEATURES))
    x = np.random.default_rng(2).standard_normal((4, STEPS, FEATURES)).astype(np.float32)
    mask = np.arange(STEPS) < np.array(LENGTHS)[:, None]

    def total(x: Any) -> Any:
        return jnp.sum(outputs(network, params, state, x, jnp.asarray(mask)) ** 2)

    gradient = np.asarray(jax.grad(total)(jnp.asarray(x)))
    assert not gradient[~mask].any()
    assert gradient[mask].any()


@settings(max_examples=25, deadline=None)
@given(
    size=st.integers(1, 5),
    stride=st.integers(1, 3),
    dilation=st.integers(1, 3),
    padding=st.sampled_from(["same", "valid", "causal", "0", "1", "2"]),
    length=st.integers(5, 12),
)
def test_the_mask_counts_the_windows_of_the_real_steps(
    size: int, stride: int, dilation: int, padding: str, length: int
) -> None:
    layer = parse("layer", f"conv 1 {size} stride={stride} dilation={dilation} padding={padding}")
    mask = jnp.asarray(np.arange(16) < length)[None]
    try:
        (expected, _) = layer.output_shape((length, 1))
    except ValueError:  # alone the window does not fit: nothing of it is real
        expected = 0
    assert int(layer.output_mask(mask).sum()) == expected
    assert layer.output_mask(mask).shape[1] == layer.output_shape((16, 1))[0]


@pytest.mark.parametrize("words", ["rnn 3", "rnn 3 relu", "lstm 3", "gru 3"])
def test_the_fast_way_is_the_step_by_step_way(words: str) -> None:
    """With a truncation after more steps than there are nothing is cut, but every step is taken by
    itself and derived by JAX."""
    with jax.enable_x64(True):
        rng = np.random.default_rng(0)
        x = jnp.asarray(rng.standard_normal((4, STEPS, FEATURES)))
        mask = jnp.asarray(np.arange(STEPS) < np.array(LENGTHS)[:, None])
        fast = parse("layer", f"{words} return_sequences=true")
        plain = parse("layer", f"{words} return_sequences=true truncate=99")
        params = fast.initial_params(rng, (STEPS, FEATURES))
        params = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float64), params)
        for context in (Context(), Context(mask=mask)):

            def total(layer: Any, params: Any, x: Any, context: Context = context) -> Any:
                return jnp.sum(jnp.sin(layer.apply(params, {}, x, context)[0]))

            found = jax.value_and_grad(total, argnums=(1, 2))(fast, params, x)
            expected = jax.value_and_grad(total, argnums=(1, 2))(plain, params, x)
            jax.tree.map(
                lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12),
                found,
                expected,
            )


def test_truncation_cuts_the_gradient_and_carries_the_state() -> None:
    rng = np.random.default_rng(0)
    x = jnp.asarray(rng.standard_normal((2, 9, FEATURES)).astype(np.float32))
    whole, cut = parse("layer", "lstm 3"), parse("layer", "lstm 3 truncate=4")
    params = whole.initial_params(rng, (9, FEATURES))
    np.testing.assert_allclose(
        whole.apply(params, {}, x, Context())[0], cut.apply(params, {}, x, Context())[0], atol=1e-6
    )
    gradient = jax.grad(lambda x: cut.apply(params, {}, x, Context())[0].sum())(x)
    assert not np.asarray(gradient[:, :8]).any()  # cut before steps 4 and 8
    assert np.asarray(gradient[:, 8]).any()


def test_a_gru_that_resets_before_the_product_is_the_papers() -> None:
    rng = np.random.default_rng(0)
    layer = parse("layer", "gru 2 reset=before")
    params = layer.initial_params(rng, (3, FEATURES))
    x = rng.standard_normal((1, 3, FEATURES)).astype(np.float32)
    (h,) = np.zeros((1, 2))
    sigmoid = lambda z: 1 / (1 + np.exp(-z))  # noqa: E731
    w, u = params["input"]["weight"], params["recurrent"]["weight"]
    for step in x[0]:
        r = sigmoid(step @ w[:, :2] + h @ u[:, :2])
        z = sigmoid(step @ w[:, 2:4] + h @ u[:, 2:4])
        n = np.tanh(step @ w[:, 4:] + (r * h) @ u[:, 4:])
        h = (1 - z) * n + z * h
    np.testing.assert_allclose(
        layer.apply(params, {}, jnp.asarray(x), Context())[0][0], h, rtol=1e-5
    )
