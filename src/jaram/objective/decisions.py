"""From outputs to answers: which class, and with what probability.

``z`` ``(batch, outputs)`` are the outputs before the output activation, ``p = activation(z)``. The
rules stand here once; training metrics, predictions and reports all use them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
from jax import Array

from jaram.network.activations import ActivationFunction
from jaram.objective.losses import Loss
from jaram.spec import name_of

if TYPE_CHECKING:
    from jaram.data.task import Task

WITHIN_0_AND_1 = frozenset({"sigmoid", "softmax", "hard_sigmoid", "step"})
"""Activations whose values lie in [0, 1], so that a yes-or-no answer turns at 0.5 whatever the
loss.
"""


def threshold(activation: ActivationFunction, loss: Loss) -> float:
    """Where a single output's answer turns from 0 to 1.

    0.5, halfway between the encoded targets 0 and 1; but 0 for a loss that trains the output's sign
    (hinge, perceptron), unless the activation can't be negative by its nature.
    """
    return 0.0 if loss.by_margin and name_of(activation) not in WITHIN_0_AND_1 else 0.5


def decide(z: Array, activation: ActivationFunction, loss: Loss, task: Task) -> Array:
    """The network's answers.

    Classes: int32 ``(batch,)``, the largest of several outputs (where several are equally large, as
    a step function's or dead ReLUs' are, the one with the largest ``z`` among them); with one
    output the side of the :func:`threshold`, or for more than two classes the nearest class
    number. Of a task with steps ``z`` is ``(batch, steps, outputs)`` and the answers
    ``(batch, steps)``.
    Labels: int32 0 or 1 ``(batch, labels)``, by the threshold. Regression: ``p`` itself.
    """
    p = activation(z, {})
    if task.kind == "regression":
        return p
    if task.kind == "multilabel":
        return (p > threshold(activation, loss)).astype(jnp.int32)
    if z.shape[-1] > 1:
        largest = p >= jnp.max(p, axis=-1, keepdims=True)
        answer = jnp.argmax(jnp.where(largest, z, -jnp.inf), axis=-1)
    elif task.kind == "binary":
        answer = p[..., 0] > threshold(activation, loss)
    else:
        answer = jnp.round(p[..., 0])
    return jnp.clip(answer.astype(jnp.int32), 0, len(task.classes) - 1)


def is_probability(activation: ActivationFunction, task: Task, outputs: int) -> bool:
    """Whether the outputs are probabilities by construction.

    A sigmoid's for one yes-or-no question or for labels, a softmax's of several outputs for
    classes.
    """
    name = name_of(activation)
    if task.kind == "multilabel" or (task.kind == "binary" and outputs == 1):
        return name == "sigmoid"
    return (task.has_classes or task.has_steps) and name == "softmax" and outputs > 1


def probabilities(z: Array, activation: ActivationFunction, loss: Loss, task: Task) -> Array:
    """``(batch, classes)``, rows summing to 1, or ``(batch, labels)``, each in [0, 1].

    Where :func:`is_probability` holds, these are the network's probabilities. Elsewhere they are
    scores with the same range, largest for the answer of :func:`decide` (or equally large), not
    calibrated in any way: ``p`` cut off at 0 and 1 for a loss that trains values, the logistic
    function of the output for one that trains its sign; several outputs for classes are divided by
    their sum.
    """
    scores = _scores(z, activation, loss)
    if task.kind == "multilabel":
        return jnp.clip(scores, 0.0, 1.0)
    if task.kind == "binary" and z.shape[-1] == 1:
        yes = jnp.clip(scores, 0.0, 1.0)
        return jnp.concatenate([1 - yes, yes], axis=-1)
    if z.shape[-1] == 1:
        return jax.nn.one_hot(decide(z, activation, loss, task), len(task.classes))
    if name_of(activation) == "softmax" and z.shape[-1] == len(task.classes):
        return scores
    surplus = len(task.classes) - z.shape[-1]
    if surplus < 0:  # outputs that stand for no class
        scores = scores[..., :surplus]
    total = jnp.sum(scores, axis=-1, keepdims=True)
    # Where no output is positive, the largest is still the answer.
    instead = jax.nn.softmax(activation(z, {})[..., : scores.shape[-1]])
    shares = jnp.where(total > 0, scores / jnp.where(total > 0, total, 1.0), instead)
    return jnp.pad(shares, [(0, 0)] * (shares.ndim - 1) + [(0, max(surplus, 0))])


def _scores(z: Array, activation: ActivationFunction, loss: Loss) -> Array:
    """Outputs as nonnegative scores, ``(batch, outputs)``."""
    p = activation(z, {})
    if not loss.by_margin:
        return jnp.maximum(p, 0.0)
    if name_of(activation) == "step":  # the sign is all that p tells; z also tells how clear it is
        return jax.nn.sigmoid(z)
    return p if name_of(activation) in WITHIN_0_AND_1 else jax.nn.sigmoid(p)
