"""Penalties: closed forms, and what all of them promise."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaram.objective.penalties import L1, L2, MaxNorm, Penalty, weight_mask
from jaram.spec import describe, parse, registered, words

SAMPLES: dict[str, tuple[Penalty, ...]] = {
    "l1": (L1(0.1), L1(0.02)),
    "l2": (L2(0.1), L2(0.02)),
    "max_norm": (MaxNorm(1.5), MaxNorm(0.5)),
}
NAMES = sorted(registered("penalty"))


def example() -> Any:
    """Parameters with weights at two depths, and arrays that are none."""
    rng = np.random.default_rng(0)

    def draw(*shape: int) -> jax.Array:
        return jnp.asarray(rng.standard_normal(shape), jnp.float32)

    return (
        {"weight": draw(4, 3), "bias": draw(3)},
        {"forward": {"weight": draw(2, 2, 3, 5), "scale": draw(5)}},
        {},
    )


def weights(params: Any) -> list[jax.Array]:
    return [params[0]["weight"], params[1]["forward"]["weight"]]


def everything(penalty: Penalty, params: Any) -> Any:
    return penalty.loss_term(params), penalty.decay(params, 0.1), penalty.project(params)


@pytest.mark.parametrize("name", NAMES)
class TestEveryPenalty:
    def test_has_a_sample(self, name: str) -> None:
        assert name in SAMPLES

    def test_survives_being_written_down(self, name: str) -> None:
        for penalty in SAMPLES[name]:
            assert parse("penalty", describe(penalty)) == penalty
            assert parse("penalty", words(penalty)) == penalty

    def test_population_compiled_is_the_same_as_one_by_one(self, name: str) -> None:
        params = example()
        stacked = jax.tree.map(lambda *knobs: np.stack(knobs), *SAMPLES[name])
        together = jax.jit(jax.vmap(everything, in_axes=(0, None)))(stacked, params)
        for index, penalty in enumerate(SAMPLES[name]):
            jax.tree.map(
                lambda one, row, i=index: np.testing.assert_allclose(one, row[i], rtol=1e-5),
                everything(penalty, params),
                together,
            )

    def test_leaves_biases_and_scales_alone(self, name: str) -> None:
        params = example()
        for penalty in SAMPLES[name]:
            gradient = jax.grad(penalty.loss_term)(params)
            assert not gradient[0]["bias"].any()
            assert not gradient[1]["forward"]["scale"].any()
            for after in (penalty.decay(params, 0.1), penalty.project(params)):
                np.testing.assert_array_equal(after[0]["bias"], params[0]["bias"])
                np.testing.assert_array_equal(
                    after[1]["forward"]["scale"], params[1]["forward"]["scale"]
                )


def test_l1_and_l2_are_the_sums_they_say() -> None:
    params = example()
    flat = np.concatenate([np.asarray(w, np.float64).ravel() for w in weights(params)])
    np.testing.assert_allclose(L1(0.3).loss_term(params), 0.3 * np.abs(flat).sum(), rtol=1e-5)
    np.testing.assert_allclose(L2(0.3).loss_term(params), 0.15 * (flat**2).sum(), rtol=1e-5)
    assert L2(0.3, decoupled=True).loss_term(params) == 0


def test_decoupled_l2_is_coupled_l2_for_plain_gradient_descent() -> None:
    params = example()
    gradient = jax.grad(L2(0.3).loss_term)(params)
    coupled = jax.tree.map(lambda p, g: p - 0.1 * g, params, gradient)
    decoupled = L2(0.3, decoupled=True).decay(params, 0.1)
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7), coupled, decoupled
    )


def test_max_norm_shortens_the_units_that_are_too_long_and_no_others() -> None:
    params = example()
    for before, after in zip(weights(params), weights(MaxNorm(1.5).project(params)), strict=True):
        columns = np.asarray(before).reshape(-1, before.shape[-1])
        shortened = np.asarray(after).reshape(columns.shape)
        norms = np.linalg.norm(columns, axis=0)
        assert (norms > 1.5).any()
        np.testing.assert_allclose(
            np.linalg.norm(shortened, axis=0), np.minimum(norms, 1.5), rtol=1e-5
        )
        np.testing.assert_array_equal(shortened[:, norms <= 1.5], columns[:, norms <= 1.5])
    zero = ({"weight": jnp.zeros((2, 2))},)
    np.testing.assert_array_equal(MaxNorm(1.0).project(zero)[0]["weight"], 0)


def test_mask_names_the_weights() -> None:
    mask = weight_mask(example())
    assert mask == (
        {"weight": True, "bias": False},
        {"forward": {"weight": True, "scale": False}},
        {},
    )
