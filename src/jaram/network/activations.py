"""Activation functions, as specifications.

``default_init`` of each follows one rule: the initializer that keeps the variance of signals alike
from layer to layer. He (variance 2 / fan_in) for those that silence about half of their inputs,
Glorot for those that are symmetric or squash, LeCun (1 / fan_in) for SELU, which normalises by
itself.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Annotated, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaram.network.layer import Params, Shape
from jaram.spec import Finite, NonNegative, Positive, parser, spec


class ActivationFunction(ABC):
    """An elementwise (or, for softmax, row-wise) function between layers."""

    default_init: ClassVar[str] = "glorot_uniform"
    """The initializer that keeps the variance of signals under this function."""

    @abstractmethod
    def __call__(self, x: Array, params: Params) -> Array:
        """The function of ``x`` (any shape), with its own trainable ``params`` if it has any."""

    def initial_params(self, shape: Shape) -> Params:
        """Initial trainable parameters for inputs of ``shape`` (one example); ``{}`` for most."""
        return {}

    def is_saturated(self, y: Array) -> Array | None:
        """Which outputs ``y`` lie where the slope is below 5% of its largest.

        None if it can't saturate, or if its outputs do not tell the slope (GELU, SiLU, softmax).
        """
        return None

    def is_dead(self, y: Array) -> Array | None:
        """Which outputs ``y`` have exactly zero slope (a ReLU at zero); None if there are none."""
        return None


ActivationField = Annotated[ActivationFunction, parser("activation")]


def activation_params(activation: ActivationFunction, shape: Shape) -> Params:
    """``{"activation": ...}`` for an activation that learns something, else ``{}``."""
    own = activation.initial_params(shape)
    return {"activation": own} if own else {}


@spec(family="activation", name="identity", aliases=("linear",))
class Identity(ActivationFunction):
    """``x`` itself."""

    def __call__(self, x: Array, params: Params) -> Array:
        return x


@spec(family="activation", name="step", aliases=("heaviside", "threshold"))
class Step(ActivationFunction):
    """1 where x > 0, else 0: Rosenblatt's perceptron (1958).

    Its slope is 0 everywhere, so no gradient passes it and every output counts as dead: a network
    learns only in the layer above its last step, or by the perceptron rule, which works on the
    inputs of the step.
    """

    def __call__(self, x: Array, params: Params) -> Array:
        return (x > 0).astype(x.dtype)

    def is_dead(self, y: Array) -> Array:
        return jnp.ones_like(y, dtype=bool)


@spec(family="activation", name="sigmoid", aliases=("logistic",))
class Sigmoid(ActivationFunction):
    """1 / (1 + exp(-x)), in (0, 1)."""

    def __call__(self, x: Array, params: Params) -> Array:
        return jax.nn.sigmoid(x)

    def is_saturated(self, y: Array) -> Array:
        return y * (1 - y) < 0.05 * 0.25


@spec(family="activation", name="tanh")
class Tanh(ActivationFunction):
    """Hyperbolic tangent, in (-1, 1)."""

    def __call__(self, x: Array, params: Params) -> Array:
        return jnp.tanh(x)

    def is_saturated(self, y: Array) -> Array:
        return 1 - y * y < 0.05


@spec(family="activation", name="relu")
class ReLU(ActivationFunction):
    """max(0, x) (Nair & Hinton, 2010)."""

    default_init: ClassVar[str] = "he_normal"

    def __call__(self, x: Array, params: Params) -> Array:
        return jax.nn.relu(x)

    def is_dead(self, y: Array) -> Array:
        return y <= 0


@spec(family="activation", name="leaky_relu")
class LeakyReLU(ActivationFunction):
    """x above 0, ``slope * x`` below (Maas et al., 2013)."""

    default_init: ClassVar[str] = "he_normal"

    slope: Finite = 0.01

    def __call__(self, x: Array, params: Params) -> Array:
        return jnp.where(x > 0, x, self.slope * x)


@spec(family="activation", name="prelu")
class PReLU(ActivationFunction):
    """A leaky ReLU that learns one slope for each feature of the last axis (He et al., 2015).

    slope: what every slope starts from.
    """

    default_init: ClassVar[str] = "he_normal"

    slope: Finite = 0.25

    def initial_params(self, shape: Shape) -> Params:
        return {"slope": np.full(shape[-1:], self.slope, np.float32)}

    def __call__(self, x: Array, params: Params) -> Array:
        return jnp.where(x > 0, x, params["slope"] * x)


@spec(family="activation", name="elu")
class ELU(ActivationFunction):
    """x above 0, ``alpha * (exp(x) - 1)`` below (Clevert et al., 2016)."""

    default_init: ClassVar[str] = "he_normal"

    alpha: NonNegative = 1.0

    def __call__(self, x: Array, params: Params) -> Array:
        return jax.nn.elu(x, self.alpha)

    def is_saturated(self, y: Array) -> Array:
        # Below 0 the slope is alpha * exp(x) = y + alpha; above it is 1.
        return (y < 0) & (y + self.alpha < 0.05 * jnp.maximum(self.alpha, 1.0))


@spec(family="activation", name="selu")
class SELU(ActivationFunction):
    """A scaled ELU whose outputs tend to mean 0 and variance 1 (Klambauer et al., 2017)."""

    default_init: ClassVar[str] = "lecun_normal"

    def __call__(self, x: Array, params: Params) -> Array:
        return jax.nn.selu(x)

    def is_saturated(self, y: Array) -> Array:
        # Below 0 the slope is bottom * exp(x) = y + bottom, largest just below 0.
        bottom = 1.0507009873554805 * 1.6732632423543772
        return y + bottom < 0.05 * bottom


@spec(family="activation", name="gelu")
class GELU(ActivationFunction):
    """x * Phi(x), Phi the normal distribution function (Hendrycks & Gimpel, 2016).

    approximate: take the formula with tanh, which is a little faster and off by at most 5e-4.
    """

    default_init: ClassVar[str] = "he_normal"

    approximate: bool = False

    def __call__(self, x: Array, params: Params) -> Array:
        return jax.nn.gelu(x, approximate=self.approximate)


@spec(family="activation", name="silu", aliases=("swish",))
class SiLU(ActivationFunction):
    """x * sigmoid(x) (Elfwing et al., 2018)."""

    default_init: ClassVar[str] = "he_normal"

    def __call__(self, x: Array, params: Params) -> Array:
        return jax.nn.silu(x)


@spec(family="activation", name="softplus")
class Softplus(ActivationFunction):
    """log(1 + exp(sharpness * x)) / sharpness: a smooth ReLU, always positive."""

    default_init: ClassVar[str] = "he_normal"

    sharpness: Positive = 1.0

    def __call__(self, x: Array, params: Params) -> Array:
        return jax.nn.softplus(self.sharpness * x) / self.sharpness

    def is_saturated(self, y: Array) -> Array:
        # The slope, sigmoid(sharpness * x), is 1 - exp(-sharpness * y).
        return -jnp.expm1(-self.sharpness * y) < 0.05


@spec(family="activation", name="softmax")
class Softmax(ActivationFunction):
    """exp(x_k) / sum_j exp(x_j) over the last axis."""

    def __call__(self, x: Array, params: Params) -> Array:
        return jax.nn.softmax(x, axis=-1)
