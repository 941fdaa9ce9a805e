"""A forecast that begins at what was last seen: level and size of a series make no difference."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from jaram.errors import RecipeError
from jaram.network.anchoring import Anchored
from jaram.network.layer import Context
from jaram.spec import parse

STEPS, AHEAD = 8, 5
INSIDE = f"sequential (flatten, dense 6 tanh, dense {AHEAD})"


def foretold(layer: Anchored, x: Any) -> np.ndarray[Any, Any]:
    params = layer.initial_params(np.random.default_rng(0), x.shape[1:])
    return np.asarray(layer.apply(params, {}, jnp.asarray(x), Context())[0])


def windows(channels: int = 1) -> np.ndarray[Any, Any]:
    return np.random.default_rng(1).normal(size=(4, STEPS, channels)).astype(np.float32)


@pytest.mark.parametrize("season", [1, 3, 8])
def test_a_layer_that_says_nothing_leaves_the_seasonal_naive_forecast(season: int) -> None:
    x = windows(2)
    layer = Anchored(parse("layer", f"sequential (flatten, dense {AHEAD} init=zeros)"), season, 1)
    expected = [[row[STEPS - season + step % season, 1] for step in range(AHEAD)] for row in x]
    np.testing.assert_allclose(foretold(layer, x), expected, rtol=1e-6)


def test_by_the_formula() -> None:
    x = windows(2)
    layer = Anchored(parse("layer", INSIDE), 2, 1, 0.25)
    spread = np.sqrt(x.var(axis=1) + 0.25)
    params = layer.initial_params(np.random.default_rng(0), x.shape[1:])
    inside = (x - x[:, -1:]) / spread[:, None]
    y = np.asarray(layer.layer.apply(params, {}, jnp.asarray(inside), Context())[0])
    expected = spread[:, 1:] * y + x[:, [6, 7, 6, 7, 6], 1]
    np.testing.assert_allclose(foretold(layer, x), expected, rtol=1e-5)


@pytest.mark.parametrize("season", [1, 3])
def test_a_series_moved_and_stretched_has_its_forecast_moved_and_stretched(season: int) -> None:
    x = windows()
    layer = Anchored(parse("layer", INSIDE), season, epsilon=1e-9)
    expected = 7.0 * foretold(layer, x) + 30.0
    np.testing.assert_allclose(foretold(layer, 7.0 * x + 30.0), expected, rtol=1e-4)


def test_a_constant_series_stays_finite() -> None:
    x = np.full((1, STEPS, 1), 3.0, np.float32)
    np.testing.assert_allclose(foretold(Anchored(parse("layer", INSIDE)), x), 3.0, atol=0.1)


@pytest.mark.parametrize(
    ("layer", "shape", "said"),
    [
        (Anchored(parse("layer", INSIDE), 9), (STEPS, 1), "season=9"),
        (Anchored(parse("layer", INSIDE), channel=2), (STEPS, 2), "channel=2"),
        (Anchored(parse("layer", INSIDE)), (STEPS,), "series"),
        (Anchored(parse("layer", "dense 4")), (STEPS, 1), "step ahead"),
    ],
)
def test_what_can_not_be_anchored_is_refused(layer: Anchored, shape: Any, said: str) -> None:
    with pytest.raises(RecipeError, match=said):
        layer.output_shape(shape)
