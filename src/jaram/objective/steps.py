"""Tasks with steps: a class for every step of an example.

Every step is judged as an example of its own would be, so that any loss and any metric for classes
serves. A step without an answer (class -1: padding) counts nothing.
"""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

from jaram.network.activations import ActivationFunction
from jaram.objective.losses import Loss


class Steps(NamedTuple):
    """Steps beside each other: z ``(batch · steps, outputs)``, y and real ``(batch · steps,)``,
    weight alike or None."""

    z: Array
    y: Array
    real: Array
    weight: Array | None


def side_by_side(z: Array, y: Array, real: Array, weight: Array | None) -> Steps:
    """The steps of examples: z ``(batch, steps, outputs)``, classes y ``(batch, steps)``.

    real, weight: of the examples ``(batch,)``; a step is as real as its example, if it has an
    answer.
    """
    there = real[:, None] * (y >= 0)
    own = None if weight is None else jnp.broadcast_to(weight[:, None], y.shape).reshape(-1)
    return Steps(z.reshape(-1, z.shape[-1]), y.reshape(-1), there.reshape(-1), own)


def example_losses(
    loss: Loss, z: Array, activation: ActivationFunction, target: Array, y: Array
) -> Array:
    """The loss of each example ``(batch,)``: the mean over its steps that have an answer, 0 if none
    has; ``z`` and ``target`` ``(batch, steps, outputs)``, ``y`` ``(batch, steps)``."""
    outputs, there = z.shape[-1], y >= 0
    each = loss(z.reshape(-1, outputs), activation, target.reshape(-1, outputs)).reshape(y.shape)
    total = jnp.sum(jnp.where(there, each, 0.0), axis=1)
    return total / jnp.maximum(jnp.sum(there, axis=1), 1)
