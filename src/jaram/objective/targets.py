"""The target as the loss wants it: a float32 array with one column per output."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

if TYPE_CHECKING:
    from jaram.data.task import Task


def encode(y: ArrayLike, task: Task, outputs: int) -> Array:
    """``(batch, outputs)`` float32 from ``y`` as prepared.

    Classes (``y`` int ``(batch,)``, or ``(batch, steps)``, then with an axis more) become one-hot
    rows, or with a single output their number as a float: 0 and 1 for a binary target. A class
    beyond the last output, and -1, become a row of zeros.
    Labels and regression targets (``y`` float ``(batch, outputs)`` or ``(batch,)``) are taken as
    they are.
    """
    y = jnp.asarray(y)
    if (task.has_classes or task.has_steps) and outputs > 1:
        return jax.nn.one_hot(y.astype(jnp.int32), outputs, dtype=jnp.float32)
    return y.astype(jnp.float32).reshape(y.shape[0], -1)


def classes_of(target: Array) -> Array:
    """The class numbers ``(batch,)`` int32 in an encoded ``target``: :func:`encode` undone."""
    if target.shape[-1] == 1:
        return jnp.round(target[..., 0]).astype(jnp.int32)
    return jnp.argmax(target, axis=-1).astype(jnp.int32)
