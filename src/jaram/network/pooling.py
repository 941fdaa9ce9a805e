"""Pooling over series ``(steps, channels)`` and pictures ``(height, width, channels)``."""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaram.network.kernels.pooling import max_pool, sum_pool
from jaram.network.kernels.windows import Window
from jaram.network.layer import Context, Layer, Params, Shape, State
from jaram.network.windowed import (
    Padding,
    Sizes,
    mask_under,
    only_real,
    output_sizes,
    spatial_axes,
    window_of,
)
from jaram.spec import spec

LOWEST = float(np.finfo(np.float32).min)
"""In place of what must never win: finite, so that no gradient becomes NaN."""


@spec(family="layer", name="max_pool", aliases=("maxpool",))
class MaxPool(Layer):
    """The largest value in each window. Padded steps and padding never win.

    size, stride: one number for all axes or one an axis; a stride of None is the size.
    """

    size: Sizes = 2
    stride: Sizes | None = None
    padding: Padding = "valid"

    def _window(self, axes: int) -> Window:
        return window_of(self, axes, self.size, self.stride or self.size, self.padding)

    def output_shape(self, input_shape: Shape) -> Shape:
        window = self._window(spatial_axes(self, input_shape))
        return (*output_sizes(self, window, input_shape[:-1]), input_shape[-1])

    def apply(
        self, params: Params, state: State, x: Array, context: Context
    ) -> tuple[Array, State]:
        if context.mask is None:
            return max_pool(x, self._window(x.ndim - 2)), state
        hidden = jnp.where(context.mask[..., None], x, LOWEST)
        y = max_pool(hidden, self._window(1))
        return only_real(y, self.output_mask(context.mask)), state

    def output_mask(self, mask: Array | None) -> Array | None:
        return mask_under(self._window(1), mask)


@spec(family="layer", name="avg_pool", aliases=("average_pool", "avgpool"))
class AvgPool(Layer):
    """The mean of each window, over what is in it of the input: neither padding nor padded steps
    count.

    size, stride: as in :class:`MaxPool`.
    """

    size: Sizes = 2
    stride: Sizes | None = None
    padding: Padding = "valid"

    def _window(self, axes: int) -> Window:
        return window_of(self, axes, self.size, self.stride or self.size, self.padding)

    def output_shape(self, input_shape: Shape) -> Shape:
        window = self._window(spatial_axes(self, input_shape))
        return (*output_sizes(self, window, input_shape[:-1]), input_shape[-1])

    def apply(
        self, params: Params, state: State, x: Array, context: Context
    ) -> tuple[Array, State]:
        window = self._window(x.ndim - 2)
        if context.mask is None:
            real = jnp.ones((1, *x.shape[1:-1], 1), x.dtype)
        else:
            real = context.mask[..., None].astype(x.dtype)
        total = sum_pool(only_real(x, context.mask), window)
        return total / jnp.maximum(sum_pool(real, window), 1), state

    def output_mask(self, mask: Array | None) -> Array | None:
        return mask_under(self._window(1), mask)

    def operations(self, input_shape: Shape) -> int:
        window = self._window(len(input_shape) - 1)
        return math.prod(self.output_shape(input_shape)) * math.prod(window.size) // 2


@spec(family="layer", name="global_max_pool", aliases=("global_maxpool",))
class GlobalMaxPool(Layer):
    """The largest value of each channel over all steps or places: ``(..., channels)`` becomes
    ``(channels,)``.

    Over the real steps only, where there is a mask; 0 if there are none.
    """

    def output_shape(self, input_shape: Shape) -> Shape:
        spatial_axes(self, input_shape)
        return input_shape[-1:]

    def apply(
        self, params: Params, state: State, x: Array, context: Context
    ) -> tuple[Array, State]:
        axes = tuple(range(1, x.ndim - 1))
        if context.mask is None:
            return x.max(axes), state
        is_real = context.mask[..., None]
        y = jnp.where(is_real, x, LOWEST).max(axes)
        return jnp.where(is_real.any(axes), y, jnp.zeros_like(y)), state

    def output_mask(self, mask: Array | None) -> Array | None:
        return None


@spec(family="layer", name="global_avg_pool", aliases=("global_average_pool", "global_avgpool"))
class GlobalAvgPool(Layer):
    """The mean of each channel over all steps or places (Lin et al., 2014): ``(..., channels)``
    becomes ``(channels,)``.

    Over the real steps only, where there is a mask; 0 if there are none.
    """

    def output_shape(self, input_shape: Shape) -> Shape:
        spatial_axes(self, input_shape)
        return input_shape[-1:]

    def apply(
        self, params: Params, state: State, x: Array, context: Context
    ) -> tuple[Array, State]:
        axes = tuple(range(1, x.ndim - 1))
        if context.mask is None:
            return x.mean(axes), state
        count = jnp.maximum(context.mask.sum(1), 1)[:, None]
        return only_real(x, context.mask).sum(axes) / count.astype(x.dtype), state

    def output_mask(self, mask: Array | None) -> Array | None:
        return None
