"""Gradient clipping."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaram.optimizer.clipping import ClipNorm, Clipping, ClipValue
from jaram.optimizer.optimizers import SGD
from jaram.spec import describe, parse, registered, words

SAMPLES: dict[str, tuple[Clipping, Clipping]] = {
    "clip_norm": (ClipNorm(), ClipNorm(0.1)),
    "clip_value": (ClipValue(), ClipValue(0.1)),
}
NAMES = sorted(registered("clipping"))
GRADIENT = {"weight": jnp.array([[3.0, -0.5], [0.2, 0.0]]), "bias": jnp.array([-2.0, 0.01])}


def clipped(clipping: Clipping, gradient: Any = GRADIENT) -> Any:
    rule = clipping.transform()
    return rule.update(gradient, rule.init(gradient), gradient, value=jnp.ones(()))[0]


def flat(tree: Any) -> np.ndarray[Any, Any]:
    return np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(tree)])


@pytest.mark.parametrize("name", NAMES)
class TestEveryClipping:
    def test_has_a_sample(self, name: str) -> None:
        assert name in SAMPLES

    def test_survives_being_written_down(self, name: str) -> None:
        for clipping in SAMPLES[name]:
            assert parse("clipping", describe(clipping)) == clipping
            assert parse("clipping", words(clipping)) == clipping

    def test_population_compiled_is_the_same_as_one_by_one(self, name: str) -> None:
        stacked = jax.tree.map(lambda *knobs: np.stack(knobs), *SAMPLES[name])
        together = jax.jit(jax.vmap(clipped))(stacked)
        for index, clipping in enumerate(SAMPLES[name]):
            np.testing.assert_allclose(
                flat(clipped(clipping)),
                flat(jax.tree.map(lambda leaf, i=index: leaf[i], together)),
                rtol=1e-6,
            )

    def test_leaves_small_gradients_as_they_are(self, name: str) -> None:
        small = jax.tree.map(lambda leaf: leaf * 1e-3, GRADIENT)
        for clipping in SAMPLES[name]:
            np.testing.assert_array_equal(flat(clipped(clipping, small)), flat(small))


def test_norm_keeps_the_direction() -> None:
    before, after = flat(GRADIENT), flat(clipped(ClipNorm(0.5)))
    np.testing.assert_allclose(np.linalg.norm(after), 0.5, rtol=1e-6)
    np.testing.assert_allclose(after, before * 0.5 / np.linalg.norm(before), rtol=1e-6)


def test_value_bounds_each_entry() -> None:
    np.testing.assert_allclose(
        flat(clipped(ClipValue(0.5))), np.clip(flat(GRADIENT), -0.5, 0.5), rtol=1e-6
    )


def test_a_clipped_step_is_no_longer_than_the_rate_allows() -> None:
    rule = SGD(10.0).transform(10.0)
    change, _ = rule.update(clipped(ClipNorm(0.5)), rule.init(GRADIENT), GRADIENT)
    np.testing.assert_allclose(np.linalg.norm(flat(change)), 5.0, rtol=1e-6)
