"""Averaging of weights against means written out."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaram.optimizer.averaging import Averaging, ExponentialAverage, StochasticWeightAverage
from jaram.spec import describe, parse, registered, words

SAMPLES: dict[str, tuple[Averaging, Averaging]] = {
    "exponential_average": (ExponentialAverage(), ExponentialAverage(0.5)),
    "stochastic_weight_average": (StochasticWeightAverage(), StochasticWeightAverage(0.2)),
}
NAMES = sorted(registered("averaging"))
TOTAL = 20
PATH = np.random.default_rng(0).standard_normal((TOTAL + 1, 3)).astype(np.float32)
"""Parameters at the start and after each step."""


def averages(averaging: Averaging) -> jax.Array:
    """The average after each step, ``(TOTAL, 3)``."""
    first = averaging.initial({"weight": jnp.asarray(PATH[0])})

    def step(average: Any, item: Any) -> Any:
        index, params = item
        average = averaging.update(average, {"weight": params}, index, TOTAL)
        return average, average["weight"]

    items = (jnp.arange(TOTAL), jnp.asarray(PATH[1:]))
    return jax.lax.scan(step, first, items)[1]


@pytest.mark.parametrize("name", NAMES)
class TestEveryAveraging:
    def test_has_a_sample(self, name: str) -> None:
        assert name in SAMPLES

    def test_survives_being_written_down(self, name: str) -> None:
        for averaging in SAMPLES[name]:
            assert parse("averaging", describe(averaging)) == averaging
            assert parse("averaging", words(averaging)) == averaging

    def test_population_compiled_is_the_same_as_one_by_one(self, name: str) -> None:
        stacked = jax.tree.map(lambda *knobs: np.stack(knobs), *SAMPLES[name])
        together = jax.jit(jax.vmap(averages))(stacked)
        for averaging, row in zip(SAMPLES[name], together, strict=True):
            np.testing.assert_allclose(averages(averaging), row, rtol=1e-4, atol=1e-6)

    def test_of_equal_parameters_is_these(self, name: str) -> None:
        for averaging in SAMPLES[name]:
            params = averaging.initial({"weight": jnp.asarray(PATH[0])})
            for step in range(3):
                params = averaging.update(
                    params, {"weight": jnp.asarray(PATH[0])}, jnp.int32(step), 3
                )
            np.testing.assert_allclose(params["weight"], PATH[0], rtol=1e-6)


def test_stochastic_weight_average_is_the_mean_of_the_tail() -> None:
    found = averages(StochasticWeightAverage(0.5))
    np.testing.assert_allclose(found[:10], PATH[1:11], rtol=1e-5, atol=1e-6)
    for step in range(10, TOTAL):
        np.testing.assert_allclose(
            found[step], PATH[11 : step + 2].mean(axis=0), rtol=1e-4, atol=1e-6
        )


def test_exponential_average_by_hand() -> None:
    mean = PATH[0]
    for step in range(TOTAL):
        decay = min(0.5, (1 + step) / (10 + step))
        mean = decay * mean + (1 - decay) * PATH[step + 1]
    np.testing.assert_allclose(averages(ExponentialAverage(0.5))[-1], mean, rtol=1e-4, atol=1e-6)
