"""Activation functions, as specifications."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Annotated, ClassVar

import jax
import jax.numpy as jnp
from jax import Array

from jaram.network.layer import Params, Shape
from jaram.spec import parser, spec


class ActivationFunction(ABC):
    """An elementwise (or, for softmax, row-wise) function between layers."""

    default_init: ClassVar[str] = "glorot_uniform"
    """The initializer that keeps the variance of signals under this function (see ``initializers``)."""

    @abstractmethod
    def __call__(self, x: Array, params: Params) -> Array:
        """The function of ``x`` (any shape), with its own trainable ``params`` if it has any."""

    def initial_params(self, shape: Shape) -> Params:
        """Initial trainable parameters for inputs of ``shape`` (one example); ``{}`` for most."""
        return {}

    def is_saturated(self, y: Array) -> Array | None:
        """Which outputs ``y`` lie where the slope is below 5% of its largest; None if it can't saturate."""
        return None

    def is_dead(self, y: Array) -> Array | None:
        """Which outputs ``y`` have exactly zero slope (a ReLU at zero); None if there are none."""
        return None


ActivationField = Annotated[ActivationFunction, parser("activation")]


@spec(family="activation", name="identity", aliases=("linear",))
class Identity(ActivationFunction):
    """``x`` itself."""

    def __call__(self, x: Array, params: Params) -> Array:
        return x


@spec(family="activation", name="relu")
class ReLU(ActivationFunction):
    """max(0, x) (Nair & Hinton, 2010)."""

    default_init: ClassVar[str] = "he_normal"

    def __call__(self, x: Array, params: Params) -> Array:
        return jax.nn.relu(x)

    def is_dead(self, y: Array) -> Array:
        return y <= 0


@spec(family="activation", name="sigmoid", aliases=("logistic",))
class Sigmoid(ActivationFunction):
    """1 / (1 + exp(-x)), in (0, 1)."""

    def __call__(self, x: Array, params: Params) -> Array:
        return jax.nn.sigmoid(x)

    def is_saturated(self, y: Array) -> Array:
        return y * (1 - y) < 0.05 * 0.25


@spec(family="activation", name="softmax")
class Softmax(ActivationFunction):
    """exp(x_k) / sum_j exp(x_j) over the last axis."""

    def __call__(self, x: Array, params: Params) -> Array:
        return jax.nn.softmax(x, axis=-1)


@spec(family="activation", name="tanh")
class Tanh(ActivationFunction):
    """Hyperbolic tangent, in (-1, 1)."""

    def __call__(self, x: Array, params: Params) -> Array:
        return jnp.tanh(x)

    def is_saturated(self, y: Array) -> Array:
        return 1 - y * y < 0.05
