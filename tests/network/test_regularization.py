"""Noise: how much, from which key, and none outside training."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaram.errors import RecipeError
from jaram.network import Context, Dropout, GaussianNoise

ONES = jnp.ones((200, 300))


def noisy(layer: Any, seed: int = 0, x: Any = ONES) -> Any:
    return layer.apply({}, {}, x, Context(True, jax.random.key(seed)))[0]


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_dropout_zeroes_its_rate_and_keeps_the_mean(rate: float) -> None:
    y = noisy(Dropout(rate))
    # 60,000 draws: five standard errors of a share are at most 0.0102.
    assert float((y == 0).mean()) == pytest.approx(rate, abs=0.0102)
    np.testing.assert_allclose(y[y != 0], 1 / (1 - rate), rtol=1e-6)


def test_dropout_of_nothing_is_the_identity() -> None:
    np.testing.assert_array_equal(noisy(Dropout(0.0)), ONES)


def test_noise_follows_its_key() -> None:
    for layer in (Dropout(0.5), GaussianNoise(1.0)):
        np.testing.assert_array_equal(noisy(layer, 1), noisy(layer, 1))
        assert not np.array_equal(noisy(layer, 1), noisy(layer, 2))


def test_gaussian_noise_has_its_deviation() -> None:
    noise = noisy(GaussianNoise(0.3)) - ONES
    assert float(noise.std()) == pytest.approx(0.3, rel=0.02)  # standard error 0.3%
    assert abs(float(noise.mean())) < 5 * 0.3 / np.sqrt(ONES.size)


def test_members_of_a_population_have_their_own_rate_on_the_same_key() -> None:
    rates = jnp.array([0.2, 0.7])
    dropped = jax.vmap(lambda rate: noisy(jax.tree.map(lambda _: rate, Dropout(0.5))))(rates) == 0
    np.testing.assert_allclose(dropped.mean(axis=(1, 2)), rates, atol=0.0102)
    # Common random numbers: what the gentle member drops, the harsh one drops too.
    assert bool((dropped[1] | ~dropped[0]).all())


def test_training_without_a_key_is_a_programming_error() -> None:
    with pytest.raises(TypeError, match=r"Dropout needs Context\.key"):
        Dropout(0.5).apply({}, {}, ONES, Context(training=True))


@pytest.mark.parametrize("rate", [-0.1, 1.0])
def test_rate_is_a_share_below_one(rate: float) -> None:
    with pytest.raises(RecipeError, match=r"Dropout\.rate must be"):
        Dropout(rate)
