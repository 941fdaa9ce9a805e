"""The probe: vital signs of every layer, taken once an epoch on rows that never change.

It computes on the side and changes no number of the training. Its cost is one step on at most
``PROBE_ROWS`` examples an epoch.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import optax
from jax import Array

from jaram.data.task import Task
from jaram.network.activations import ActivationFunction
from jaram.network.layer import Layer
from jaram.network.sharing import largest, mean
from jaram.recipe import Recipe
from jaram.training.state import MemberState
from jaram.training.supervised import (
    Batch,
    Progress,
    constrained,
    gradient,
    learning_rate,
    step_key,
    updates,
)

PROBE_ROWS = 128

VITAL_SIGNS = (
    "gradient_norm",
    "weight_norm",
    "update_ratio",
    "activation_mean",
    "activation_std",
    "dead",
    "saturated",
)
"""Per layer: norm of the gradient and of the parameters (Euclidean, all arrays of the layer
together); norm of the change that one step would make, penalties included, over that of the
parameters; mean and deviation of the outputs; share of units whose slope is zero on *every* probe
row; share of (unit, row) pairs that are saturated. NaN where a layer has no such thing."""


def vital_signs(
    recipe: Recipe,
    task: Task,
    state: MemberState,
    batch: Batch,
    progress: Progress,
    shares: int = 1,
) -> Array:
    """``(layers, len(VITAL_SIGNS))``, float32.

    batch: the probe's rows, or this device's part of those that ``shares`` devices share.
    """
    assert recipe.network is not None
    key = step_key(recipe, state.step)
    found = gradient(recipe, task, state, batch, key, shares)
    rate = learning_rate(recipe, state.plateau, progress)
    changes, _ = updates(recipe, task, state, batch, key, found, rate, shares)
    if recipe.penalties:
        reached: Any = optax.apply_updates(state.params, changes)
        # Not "after minus before", which would round small changes to the parameters' last bit.
        changes = jax.tree.map(
            lambda change, kept, plain: change + (kept - plain),
            changes,
            constrained(recipe, reached, rate),
            reached,
        )
    rows = [
        jnp.stack([*_norms(gradients, params, change), *_activity(layer, y, shares)])
        for layer, params, gradients, change, y in zip(
            recipe.network, state.params, found.gradients, changes, found.outputs, strict=True
        )
    ]
    return jnp.stack(rows).astype(jnp.float32)


def _norms(gradients: Any, params: Any, change: Any) -> tuple[Array, Array, Array]:
    """Norm of the gradient, norm of the parameters, and the update's norm over the latter."""
    trees = [jax.tree.leaves(tree) for tree in (gradients, params, change)]
    if not trees[0]:
        nan = jnp.float32(jnp.nan)
        return nan, nan, nan
    # The three sums over one array stand in one reduction: each more costs 10 ms of compilation.
    squares = [
        jnp.sum(jnp.square(jnp.stack(arrays).reshape(3, -1)), axis=1)
        for arrays in zip(*trees, strict=True)
    ]
    norms = jnp.sqrt(jnp.sum(jnp.stack(squares), axis=0))
    return norms[0], norms[1], norms[2] / jnp.maximum(norms[1], 1e-12)


def _activity(layer: Layer, y: Array, shares: int) -> tuple[Array, ...]:
    """Mean and deviation of outputs ``y`` ``(rows, ..., units)``, share dead, share saturated."""
    activation = getattr(layer, "activation", None)
    dead = saturated = None
    if isinstance(activation, ActivationFunction):
        dead, saturated = activation.is_dead(y), activation.is_saturated(y)
    is_saturated = jnp.zeros_like(y) if saturated is None else saturated.astype(y.dtype)
    first = y.reshape(-1)[0]
    shift = mean(first, shares)  # keeps the squares small where the mean is large
    around = y - shift
    moments = jnp.stack([around, jnp.square(around), is_saturated]).reshape(3, -1).mean(axis=1)
    moments = mean(moments, shares)
    nan = jnp.float32(jnp.nan)
    return (
        moments[0] + shift,
        jnp.sqrt(jnp.maximum(moments[1] - jnp.square(moments[0]), 0.0)),
        nan if dead is None else jnp.mean(1 - _alive(dead, shares)),
        nan if saturated is None else moments[2],
    )


def _alive(dead: Array, shares: int) -> Array:
    """1 for each unit whose slope is not zero on some row, else 0: ``(units,)``, float32."""
    is_dead = jnp.all(dead.reshape(-1, dead.shape[-1]), axis=0)
    return largest(1 - is_dead.astype(jnp.float32), shares)
