"""Layers of a program that is wider than the member in it.

Members of different widths share a program by being padded: a member of 16 units stands in the
first 16 of 64 places. Why it trains as it would alone: a padded unit's output is forced to 0, and
so is what reaches it on the way back; so its incoming and outgoing weights have no gradient, and
those that begin at 0 stay there under every update rule whose step for a zero gradient at a zero
weight is zero. Sums over units only gain zeros.

``used`` counts the features that are the member's own; it is a knob, the widths are structure.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from jaram.network.activations import ActivationFunction, activation_params
from jaram.network.layer import Context, Layer, Params, Shape, State, random_key
from jaram.network.sharing import own_part


def own(x: Array, used: ArrayLike) -> Array:
    """``x`` ``(..., features)`` with 0 beyond ``used``, where no gradient goes back."""
    return jnp.where(jnp.arange(x.shape[-1]) < used, x, jnp.zeros_like(x))


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Either(ActivationFunction):
    """One of several elementwise functions, chosen by a knob; all are computed.

    Those not chosen are given zeros, so that no infinity of theirs can spoil the gradient.
    """

    options: tuple[ActivationFunction, ...]
    index: ArrayLike

    def __call__(self, x: Array, params: Params) -> Array:
        y = jnp.zeros_like(x)
        for place, option in enumerate(self.options):
            is_chosen = jnp.asarray(self.index) == place
            y = jnp.where(is_chosen, option(jnp.where(is_chosen, x, jnp.zeros_like(x)), {}), y)
        return y


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class NarrowDense(Layer):
    """A Dense of ``used`` units in the first of ``units`` places."""

    units: int = field(metadata={"static": True})
    bias: bool = field(metadata={"static": True})
    activation: ActivationFunction
    used: ArrayLike

    def output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape[:-1], self.units)

    def initial_params(self, rng: np.random.Generator, input_shape: Shape) -> Params:
        """Zeros, for their shapes: a member's own weights are drawn at its own shape."""
        params: Params = {"weight": np.zeros((input_shape[-1], self.units), np.float32)}
        if self.bias:
            params["bias"] = np.zeros(self.units, np.float32)
        return params | activation_params(self.activation, (self.units,))

    def apply(
        self, params: Params, state: State, x: Array, context: Context
    ) -> tuple[Array, State]:
        z: Array = x @ params["weight"]
        z = own(z + params["bias"] if self.bias else z, self.used)
        return own(self.activation(z, params.get("activation", {})), self.used), state

    def operations(self, input_shape: Shape) -> int:
        return math.prod(input_shape) * self.units


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class NarrowActivation(Layer):
    """An activation of the first ``used`` features."""

    activation: ActivationFunction
    used: ArrayLike

    def output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def initial_params(self, rng: np.random.Generator, input_shape: Shape) -> Params:
        return activation_params(self.activation, input_shape)

    def apply(
        self, params: Params, state: State, x: Array, context: Context
    ) -> tuple[Array, State]:
        return own(self.activation(x, params.get("activation", {})), self.used), state


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class NarrowDropout(Layer):
    """Dropout of the first ``used`` features, which draws for each what it would draw alone."""

    rate: ArrayLike
    used: ArrayLike

    def output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def apply(
        self, params: Params, state: State, x: Array, context: Context
    ) -> tuple[Array, State]:
        if not context.training:
            return x, state
        share_kept = 1.0 - self.rate
        key = random_key(self, context)
        is_kept = as_alone(
            lambda count: jax.random.bernoulli(key, share_kept, (count,)),
            x.shape,
            self.used,
            context.shares,
        )
        return jnp.where(is_kept, x / share_kept, jnp.zeros_like(x)), state


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class NarrowNoise(Layer):
    """Gaussian noise on the first ``used`` features, which draws for each what it would alone."""

    stddev: ArrayLike
    used: ArrayLike

    def output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def apply(
        self, params: Params, state: State, x: Array, context: Context
    ) -> tuple[Array, State]:
        if not context.training:
            return x, state
        key = random_key(self, context)
        noise = as_alone(
            lambda count: jax.random.normal(key, (count,), x.dtype),
            x.shape,
            self.used,
            context.shares,
        )
        return own(x + self.stddev * noise, self.used), state


def as_alone(draw: Callable[[int], Array], shape: Shape, used: ArrayLike, shares: int = 1) -> Array:
    """Random numbers ``shape`` (rows, features) of which each row's first ``used`` are those that
    would be drawn for shape (rows, used), of a minibatch that ``shares`` devices share.

    JAX's generator (``jax_threefry_partitionable``) gives the i-th number of an array whatever its
    shape.
    """
    rows, features = shape[0] * shares, shape[1]
    place = jnp.arange(rows)[:, None] * jnp.asarray(used, jnp.int32) + jnp.arange(features)
    return own_part(draw(rows * features)[place], shares)
