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
from jaram.network.layer import Context, Layer
from jaram.network.network import apply_each
from jaram.recipe import Recipe
from jaram.training.state import MemberState
from jaram.training.supervised import (
    Batch,
    Progress,
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
"""Per layer: norm of the gradient and of the parameters (Euclidean, all arrays of the layer together); norm
of the update the optimizer would make over the norm of the parameters; mean and deviation of the outputs;
share of units whose slope is zero on *every* probe row; share of (unit, row) pairs that are saturated. NaN
where a layer has no such thing."""


def vital_signs(
    recipe: Recipe, task: Task, state: MemberState, batch: Batch, progress: Progress
) -> Array:
    """``(layers, len(VITAL_SIGNS))``, float32."""
    assert recipe.network is not None
    key = step_key(recipe, state.step)
    found = gradient(recipe, task, state, batch, key)
    rate = learning_rate(recipe, state.plateau, progress)
    changes, _ = updates(recipe, task, state, batch, key, found, rate)
    outputs, _ = apply_each(
        recipe.network, state.params, state.network_state, batch.x, Context(training=False)
    )
    rows = [
        jnp.stack([*_norms(gradients, params, change), *_activity(layer, y)])
        for layer, params, gradients, change, y in zip(
            recipe.network, state.params, found.gradients, changes, outputs, strict=True
        )
    ]
    return jnp.stack(rows).astype(jnp.float32)


def _norms(gradients: Any, params: Any, change: Any) -> tuple[Array, Array, Array]:
    if not jax.tree.leaves(params):
        return (jnp.nan, jnp.nan, jnp.nan)  # type: ignore[return-value]
    weight_norm = optax.tree.norm(params)
    ratio = optax.tree.norm(change) / jnp.maximum(weight_norm, 1e-12)
    return optax.tree.norm(gradients), weight_norm, ratio


def _activity(layer: Layer, y: Array) -> tuple[Array, ...]:
    activation = getattr(layer, "activation", None)
    dead = saturated = None
    if isinstance(activation, ActivationFunction):
        dead, saturated = activation.is_dead(y), activation.is_saturated(y)
    nan = jnp.float32(jnp.nan)
    return (
        jnp.mean(y),
        jnp.std(y),
        nan if dead is None else jnp.mean(jnp.all(dead.reshape(-1, dead.shape[-1]), axis=0)),
        nan if saturated is None else jnp.mean(saturated),
    )
