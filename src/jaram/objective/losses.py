"""Losses: what one wrong answer costs.

Notation: ``z`` ``(batch, outputs)`` are the network's outputs before the output activation ``a``,
``p = a(z)``, and ``t`` ``(batch, outputs)`` is the encoded target (:mod:`jaram.objective.targets`).
A loss gives one number per example; means over the batch, sample weights and class weights are the
trainer's business.

Each loss pairs with one output activation. With that one it is computed straight from ``z``, where
the formula is exact for any ``z``; with any other it is computed from ``p``, clipped where the
formula would leave its domain, so that a wrong pairing trains as badly as it deserves and does not
crash.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Annotated, ClassVar

import jax
import jax.numpy as jnp
from jax import Array

from jaram.network.activations import ActivationFunction, Sigmoid, Softmax
from jaram.spec import Positive, Share, parser, spec

CLIP = 1e-7
"""Probabilities are kept in [CLIP, 1 - CLIP] before a logarithm; float32 can still tell 1 - 1e-7
from 1.
"""


class Loss(ABC):
    """What one example's output costs."""

    tasks: ClassVar[tuple[str, ...]]
    """The kinds of task it is made for."""
    pairs_with: ClassVar[str]
    """The name of the output activation it is made for."""
    by_margin: ClassVar[bool] = False
    ranks_epochs: ClassVar[bool] = True
    """Whether less of it means a better network; if not, epochs are ranked by accuracy."""
    """Whether it asks for the sign of the output (threshold 0) and not for the target's value."""

    @abstractmethod
    def __call__(self, z: Array, activation: ActivationFunction, target: Array) -> Array:
        """The loss of each example, ``(batch,)``, for ``z`` and ``target`` ``(batch, outputs)``."""


LossField = Annotated[Loss | None, parser("loss")]


@spec(family="loss", name="mean_squared_error", aliases=("mse",))
class MeanSquaredError(Loss):
    """The mean over the outputs of (p - t)²."""

    tasks: ClassVar[tuple[str, ...]] = ("regression",)
    pairs_with: ClassVar[str] = "identity"

    def __call__(self, z: Array, activation: ActivationFunction, target: Array) -> Array:
        return _mean(jnp.square(activation(z, {}) - target))


@spec(family="loss", name="sum_squared_error", aliases=("sse",))
class SumSquaredError(Loss):
    """The sum over the outputs of (p - t)²."""

    tasks: ClassVar[tuple[str, ...]] = ("regression",)
    pairs_with: ClassVar[str] = "identity"

    def __call__(self, z: Array, activation: ActivationFunction, target: Array) -> Array:
        return _sum(jnp.square(activation(z, {}) - target))


@spec(family="loss", name="mean_absolute_error", aliases=("mae",))
class MeanAbsoluteError(Loss):
    """The mean over the outputs of \\|p - t\\|; its best constant is the median."""

    tasks: ClassVar[tuple[str, ...]] = ("regression",)
    pairs_with: ClassVar[str] = "identity"

    def __call__(self, z: Array, activation: ActivationFunction, target: Array) -> Array:
        return _mean(jnp.abs(activation(z, {}) - target))


@spec(family="loss", name="huber")
class Huber(Loss):
    """Squared near the target, linear far from it (Huber, 1964); the mean over the outputs.

    With r = \\|p - t\\|: r² / 2 where r <= delta, else delta · (r - delta / 2).

    delta: where the two parts meet, in the unit of the (scaled) target.
    """

    delta: Positive = 1.0

    tasks: ClassVar[tuple[str, ...]] = ("regression",)
    pairs_with: ClassVar[str] = "identity"

    def __call__(self, z: Array, activation: ActivationFunction, target: Array) -> Array:
        r = jnp.abs(activation(z, {}) - target)
        near = jnp.minimum(r, self.delta)  # one formula for both parts: near · (r - near / 2)
        return _mean(near * (r - 0.5 * near))


@spec(family="loss", name="binary_cross_entropy", aliases=("bce",))
class BinaryCrossEntropy(Loss):
    """The mean over the outputs of -t log p - (1 - t) log(1 - p).

    For one yes-or-no question, and for several at once (multi-label).

    label_smoothing: s in [0, 1); the target becomes t (1 - s) + s / 2.
    """

    label_smoothing: Share = 0.0

    tasks: ClassVar[tuple[str, ...]] = ("binary", "multilabel")
    pairs_with: ClassVar[str] = "sigmoid"

    def __call__(self, z: Array, activation: ActivationFunction, target: Array) -> Array:
        t = target * (1 - self.label_smoothing) + 0.5 * self.label_smoothing
        if isinstance(activation, Sigmoid):
            log_p, log_not_p = jax.nn.log_sigmoid(z), jax.nn.log_sigmoid(-z)
        else:
            p = jnp.clip(activation(z, {}), CLIP, 1 - CLIP)
            log_p, log_not_p = jnp.log(p), jnp.log1p(-p)
        return _mean(-t * log_p - (1 - t) * log_not_p)


@spec(family="loss", name="categorical_cross_entropy", aliases=("cce", "cross_entropy"))
class CategoricalCrossEntropy(Loss):
    """The sum over the classes of -t log p.

    Outputs that are not a softmax's are first divided by their sum, as Keras does.

    label_smoothing: s in [0, 1); the target becomes t (1 - s) + s / classes (Szegedy et al., 2016).
    """

    label_smoothing: Share = 0.0

    tasks: ClassVar[tuple[str, ...]] = ("multiclass", "tagging", "language")
    pairs_with: ClassVar[str] = "softmax"

    def __call__(self, z: Array, activation: ActivationFunction, target: Array) -> Array:
        t = target * (1 - self.label_smoothing) + self.label_smoothing / target.shape[-1]
        if isinstance(activation, Softmax):
            log_p = jax.nn.log_softmax(z, axis=-1)
        else:
            p = activation(z, {})
            total = jnp.sum(p, axis=-1, keepdims=True)
            # A row of dead ReLUs sums to 0; Keras gives NaN there.
            total = jnp.where(jnp.abs(total) < CLIP, CLIP, total)
            log_p = jnp.log(jnp.clip(p / total, CLIP, 1 - CLIP))
        return _mean(jnp.sum(-t * log_p, axis=-1, keepdims=True))


@spec(family="loss", name="perceptron")
class PerceptronLoss(Loss):
    """The sum over the outputs of (step(z) - t) z, each output a perceptron of its own.

    That is \\|z\\| where the side is wrong and 0 where it is right. The decision step(z) = [z > 0]
    is held fixed in the gradient, so one step of gradient descent is Rosenblatt's rule (1958), also
    at z = 0: weight += learning_rate · (t - step(z)) · input. There the loss is 0 though the answer
    may be wrong: to keep the epoch with most right, stop by ``accuracy``.
    """

    tasks: ClassVar[tuple[str, ...]] = ("binary", "multiclass", "multilabel")
    pairs_with: ClassVar[str] = "step"
    by_margin: ClassVar[bool] = True
    ranks_epochs: ClassVar[bool] = False  # it is 0 on the boundary, also where the answer is wrong

    def __call__(self, z: Array, activation: ActivationFunction, target: Array) -> Array:
        decision = jax.lax.stop_gradient((z > 0).astype(z.dtype))
        return _sum((decision - target) * z)


@spec(family="loss", name="hinge")
class Hinge(Loss):
    """The mean over the outputs of max(0, 1 - s p) with s = 2t - 1, each against the rest."""

    tasks: ClassVar[tuple[str, ...]] = ("binary", "multiclass", "multilabel")
    pairs_with: ClassVar[str] = "identity"
    by_margin: ClassVar[bool] = True

    def __call__(self, z: Array, activation: ActivationFunction, target: Array) -> Array:
        return _mean(jax.nn.relu(1 - (2 * target - 1) * activation(z, {})))


@spec(family="loss", name="squared_hinge")
class SquaredHinge(Loss):
    """The mean over the outputs of max(0, 1 - s p)² with s = 2t - 1, each against the rest."""

    tasks: ClassVar[tuple[str, ...]] = ("binary", "multiclass", "multilabel")
    pairs_with: ClassVar[str] = "identity"
    by_margin: ClassVar[bool] = True

    def __call__(self, z: Array, activation: ActivationFunction, target: Array) -> Array:
        return _mean(jnp.square(jax.nn.relu(1 - (2 * target - 1) * activation(z, {}))))


def _mean(x: Array) -> Array:
    """The mean over all axes but the first, ``(batch,)``."""
    return jnp.mean(x, axis=tuple(range(1, x.ndim)))


def _sum(x: Array) -> Array:
    return jnp.sum(x, axis=tuple(range(1, x.ndim)))
