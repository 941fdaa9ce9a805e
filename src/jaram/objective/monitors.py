"""Monitors: the cheap metrics of every epoch, computed on the device.

They come from sums that add up over blocks of rows: add the dicts of :func:`partial_sums` over the
blocks of a part entry by entry, then :func:`from_sums` gives the part's metrics. They equal those
of :mod:`jaram.objective.metrics` up to float32.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from jaram.network.activations import ActivationFunction
from jaram.objective.decisions import decide
from jaram.objective.losses import Loss
from jaram.objective.targets import classes_of

if TYPE_CHECKING:
    from jaram.data.task import Task

Sums = dict[str, Array]
MOST_CLASSES = 100
"""With more classes than this, the confusion matrix is too large to be kept every epoch."""


def monitors(task: Task) -> tuple[str, ...]:
    """The names of the metrics, in the order in which :func:`from_sums` gives them.

    ``rmse`` and ``mae`` are in the unit of the encoded (scaled) target.
    """
    if task.kind == "regression":
        return ("loss", "rmse", "mae", "r2")
    if task.kind == "multilabel":
        return ("loss", "label_accuracy", "exact_match", "f1")
    if task.kind == "language" or len(task.classes) > MOST_CLASSES:
        return ("loss", "accuracy")
    return ("loss", "accuracy", "balanced_accuracy", "f1")


def default_monitor(task: Task, loss: Loss) -> str:
    """The metric that says which epoch is best: the loss, unless it does not rank networks."""
    return "loss" if loss.ranks_epochs or not task.has_classes else "accuracy"


def partial_sums(
    task: Task,
    loss: Loss,
    z: Array,
    activation: ActivationFunction,
    target: Array,
    *,
    real: Array,
    weight: Array | None = None,
    center: ArrayLike = 0.0,
) -> Sums:
    """Sums over the rows of one block.

    z, target: ``(batch, outputs)`` before the activation, and encoded.
    real: ``(batch,)``; 0 leaves a row out (padding), whatever is in it; other values weigh all
    metrics.
    weight: ``(batch,)``, further weights for the loss alone; None for all 1.
    center: for a regression, ``(outputs,)`` or a scalar near the targets' mean, the same for all
    blocks.
        R² takes a difference of two sums of squares about it, so that float32 wants the mean of an
        unscaled target here.
    """

    def total(values: Array, shares: Array = real) -> Array:
        """The weighted sum over rows of ``(batch,)`` or ``(batch, columns)``."""
        shaped = shares.reshape((-1,) + (1,) * (values.ndim - 1))
        return jnp.sum(jnp.where(shaped > 0, shaped * values, 0.0), axis=0)

    of_loss = real if weight is None else real * weight
    sums = {
        "rows": jnp.sum(real),
        "loss_weight": jnp.sum(of_loss),
        "loss": total(loss(z, activation, target), of_loss),
    }
    answer = decide(z, activation, loss, task)
    if task.kind == "regression":
        error, about = answer - target, target - center
        return sums | {
            "squared_error": total(jnp.square(error)),
            "absolute_error": total(jnp.abs(error)),
            "target": total(about),
            "squared_target": total(jnp.square(about)),
        }
    if task.kind == "multilabel":
        right = (answer == target).astype(jnp.float32)
        return sums | {
            "right": total(jnp.mean(right, axis=-1)),
            "exact": total(jnp.min(right, axis=-1)),
            "both": total(answer * target),
            "either": total(answer + target),
        }
    truth = classes_of(target)
    sums["right"] = total((answer == truth).astype(jnp.float32))
    classes = len(task.classes)
    if task.kind != "language" and classes <= MOST_CLASSES:
        rows = jax.nn.one_hot(truth, classes) * real[:, None]
        sums["confusion"] = rows.T @ jax.nn.one_hot(answer, classes)  # (true, predicted)
    return sums


def from_sums(sums: Sums) -> dict[str, Array]:
    """The metrics of :func:`monitors`, float32 scalars, from the sums over all rows of a part."""
    rows = sums["rows"]
    found = {"loss": sums["loss"] / sums["loss_weight"]}
    if "squared_error" in sums:
        spread = sums["squared_target"] - jnp.square(sums["target"]) / rows
        found["rmse"] = jnp.mean(jnp.sqrt(sums["squared_error"] / rows))
        found["mae"] = jnp.mean(sums["absolute_error"] / rows)
        explained = 1 - sums["squared_error"] / jnp.where(spread > 0, spread, 1.0)
        met = (sums["squared_error"] == 0).astype(jnp.float32)  # a constant target
        found["r2"] = jnp.mean(jnp.where(spread > 0, explained, met))
    elif "exact" in sums:
        found["label_accuracy"] = sums["right"] / rows
        found["exact_match"] = sums["exact"] / rows
        found["f1"] = jnp.mean(_share(2 * sums["both"], sums["either"]))
    else:
        found["accuracy"] = sums["right"] / rows
        if "confusion" in sums:
            found |= _from_confusion(sums["confusion"])
    return found


def _from_confusion(confusion: Array) -> dict[str, Array]:
    right = jnp.sum(confusion * jnp.eye(len(confusion)), axis=1)  # the diagonal, without a gather
    true, predicted = jnp.sum(confusion, axis=1), jnp.sum(confusion, axis=0)
    f1 = _share(2 * right, true + predicted)
    return {
        "balanced_accuracy": _mean_where(true > 0, _share(right, true)),
        "f1": f1[1] if len(f1) == 2 else _mean_where(true + predicted > 0, f1),
    }


def _share(part: Array, whole: Array) -> Array:
    """part / whole, and 0 where the whole is 0."""
    return jnp.where(whole > 0, part / jnp.where(whole > 0, whole, 1.0), 0.0)


def _mean_where(condition: Array, values: Array) -> Array:
    return _share(jnp.sum(jnp.where(condition, values, 0.0)), jnp.sum(condition))
