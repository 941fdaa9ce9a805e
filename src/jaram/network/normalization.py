"""Layers that centre and scale the signals, then let the network choose centre and scale anew."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaram.errors import RecipeError
from jaram.network.kernels.normalization import batch_normalized
from jaram.network.layer import Context, Layer, Params, Shape, State, require_axes
from jaram.network.sharing import total
from jaram.spec import Count, Positive, Share, spec


def _scale_and_shift(input_shape: Shape) -> Params:
    features = input_shape[-1]
    return {"scale": np.ones(features, np.float32), "shift": np.zeros(features, np.float32)}


@spec(family="layer", name="batch_norm")
class BatchNorm(Layer):
    """Each feature to mean 0 and variance 1 over the minibatch (Ioffe & Szegedy, 2015).

    Training uses the statistics of the minibatch (over every axis but the last, and over real steps
    only where a mask is given); otherwise the running ones in the state are used::

        running = momentum * running + (1 - momentum) * of the minibatch

    That is Keras' and Flax' momentum; PyTorch's is ``1 - momentum``. As in the paper and in PyTorch
    the running variance takes the unbiased estimate of the minibatch, while the minibatch itself is
    scaled by the biased one.

    params ``scale``, ``shift`` and state ``mean``, ``variance``: ``(features,)``.
    """

    momentum: Share = 0.9
    epsilon: Positive = 1e-5

    def output_shape(self, input_shape: Shape) -> Shape:
        require_axes(self, input_shape)
        return input_shape

    def initial_params(self, rng: np.random.Generator, input_shape: Shape) -> Params:
        return _scale_and_shift(input_shape)

    def initial_state(self, input_shape: Shape) -> State:
        features = input_shape[-1]
        return {"mean": np.zeros(features, np.float32), "variance": np.ones(features, np.float32)}

    def apply(
        self, params: Params, state: State, x: Array, context: Context
    ) -> tuple[Array, State]:
        if not context.training:
            y = self._normalized(x, params, state["mean"], state["variance"])
            return y, state
        if context.mask is None or x.ndim < 3:
            count = jnp.asarray(context.shares * (x.size // x.shape[-1]), x.dtype)
            y, mean, variance = batch_normalized(
                x, params["scale"], params["shift"], self.epsilon, context.shares
            )
        else:
            mean, variance, count = _of_real_steps(x, context.mask, context.shares)
            y = self._normalized(x, params, mean, variance)
        unbiased = variance * count / jnp.maximum(count - 1, 1)
        return y, {
            "mean": self._moved(state["mean"], mean),
            "variance": self._moved(state["variance"], unbiased),
        }

    def _normalized(self, x: Array, params: Params, mean: Array, variance: Array) -> Array:
        scale = params["scale"] * jax.lax.rsqrt(variance + self.epsilon)
        y: Array = (x - mean) * scale + params["shift"]
        return y

    def _moved(self, running: Array, current: Array) -> Array:
        # The statistics describe the data; no gradient flows from step to step through them.
        return self.momentum * running + (1 - self.momentum) * jax.lax.stop_gradient(current)

    def operations(self, input_shape: Shape) -> int:
        return math.prod(input_shape)


def _of_real_steps(x: Array, mask: Array, shares: int) -> tuple[Array, Array, Array]:
    """Mean and biased variance ``(features,)``, and how many values each comes from."""
    axes = tuple(range(x.ndim - 1))
    is_real = mask.reshape(*mask.shape, *[1] * (x.ndim - 2))  # (batch, steps, 1, ...)
    per_step = math.prod(x.shape[2:-1])
    steps, sums = total((mask.sum().astype(x.dtype), jnp.where(is_real, x, 0).sum(axes)), shares)
    count = jnp.maximum(steps, 1) * per_step
    mean = sums / count
    variance = total(jnp.where(is_real, (x - mean) ** 2, 0).sum(axes), shares) / count
    return mean, variance, count


@spec(family="layer", name="layer_norm")
class LayerNorm(Layer):
    """Each vector on the last axis to mean 0 and variance 1 (Ba et al., 2016).

    Then ``* scale + shift``, params ``(features,)``. Looks at no other
    example, so training and use are alike.
    """

    epsilon: Positive = 1e-5

    def output_shape(self, input_shape: Shape) -> Shape:
        require_axes(self, input_shape)
        return input_shape

    def initial_params(self, rng: np.random.Generator, input_shape: Shape) -> Params:
        return _scale_and_shift(input_shape)

    def apply(
        self, params: Params, state: State, x: Array, context: Context
    ) -> tuple[Array, State]:
        centred = x - x.mean(axis=-1, keepdims=True)
        variance = (centred**2).mean(axis=-1, keepdims=True)
        normal = centred * jax.lax.rsqrt(variance + self.epsilon)
        return normal * params["scale"] + params["shift"], state

    def operations(self, input_shape: Shape) -> int:
        return 3 * math.prod(input_shape)  # sum of squares, division, scale and shift


def _of_groups(x: Array, groups: int, mask: Array | None, epsilon: Array | float) -> Array:
    """Each example's channels in ``groups``, every group to mean 0 and variance 1 over all places.

    Over the real steps only, where a series has a mask.
    """
    parted = x.reshape(*x.shape[:-1], groups, -1)  # (batch, *places, groups, channels of a group)
    axes = (*range(1, x.ndim - 1), x.ndim)
    if mask is None:
        mean = parted.mean(axes, keepdims=True)
        variance = jnp.square(parted - mean).mean(axes, keepdims=True)
    else:
        is_real = mask[..., None, None]
        count = jnp.maximum(mask.sum(1), 1).reshape(-1, 1, 1, 1) * parted.shape[-1]
        mean = jnp.where(is_real, parted, 0).sum(axes, keepdims=True) / count
        squares = jnp.where(is_real, jnp.square(parted - mean), 0)
        variance = squares.sum(axes, keepdims=True) / count
    return ((parted - mean) * jax.lax.rsqrt(variance + epsilon)).reshape(x.shape)


@spec(family="layer", name="group_norm")
class GroupNorm(Layer):
    """Groups of channels to mean 0 and variance 1 over each example's places (Wu & He, 2018).

    Then ``* scale + shift``, params ``(channels,)``. Looks at no other example. ``groups`` must
    part the channels evenly.
    """

    groups: Count = 8
    epsilon: Positive = 1e-5

    def output_shape(self, input_shape: Shape) -> Shape:
        require_axes(self, input_shape)
        if input_shape[-1] % self.groups:
            raise RecipeError(
                "network.norm_groups_do_not_fit", groups=self.groups, channels=input_shape[-1]
            )
        return input_shape

    def initial_params(self, rng: np.random.Generator, input_shape: Shape) -> Params:
        return _scale_and_shift(input_shape)

    def apply(
        self, params: Params, state: State, x: Array, context: Context
    ) -> tuple[Array, State]:
        normal = _of_groups(x, self.groups, context.mask, self.epsilon)
        return normal * params["scale"] + params["shift"], state

    def operations(self, input_shape: Shape) -> int:
        return 3 * math.prod(input_shape)


@spec(family="layer", name="instance_norm")
class InstanceNorm(Layer):
    """Each channel to mean 0 and variance 1 over each example's places (Ulyanov et al., 2016).

    Then ``* scale + shift``, params ``(channels,)``. Looks at no other example.
    """

    epsilon: Positive = 1e-5

    def output_shape(self, input_shape: Shape) -> Shape:
        require_axes(self, input_shape, axes=2)
        return input_shape

    def initial_params(self, rng: np.random.Generator, input_shape: Shape) -> Params:
        return _scale_and_shift(input_shape)

    def apply(
        self, params: Params, state: State, x: Array, context: Context
    ) -> tuple[Array, State]:
        normal = _of_groups(x, x.shape[-1], context.mask, self.epsilon)
        return normal * params["scale"] + params["shift"], state

    def operations(self, input_shape: Shape) -> int:
        return 3 * math.prod(input_shape)
