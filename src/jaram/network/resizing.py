"""Layers that enlarge pictures and series without weights."""

from __future__ import annotations

from typing import Literal

import jax
import jax.numpy as jnp
from jax import Array

from jaram.network.layer import Context, Layer, Params, Shape, State
from jaram.network.windowed import Sizes, each_axis, spatial_axes
from jaram.spec import spec


@spec(family="layer", name="up_sample", aliases=("upsample", "up_sampling"))
class UpSample(Layer):
    """Each axis ``size`` times as long: by repeating, or linearly between the centres.

    At the edges the linear way goes on with the outermost value, as PyTorch's ``bilinear`` without
    ``align_corners``. size: one number for all axes or one an axis.
    """

    size: Sizes = 2
    method: Literal["nearest", "linear"] = "nearest"

    def output_shape(self, input_shape: Shape) -> Shape:
        times = each_axis(self, self.size, spatial_axes(self, input_shape))
        grown = (size * by for size, by in zip(input_shape[:-1], times, strict=True))
        return (*grown, input_shape[-1])

    def apply(
        self, params: Params, state: State, x: Array, context: Context
    ) -> tuple[Array, State]:
        if self.method == "linear":
            shape = (x.shape[0], *self.output_shape(x.shape[1:]))
            return jax.image.resize(_held(x, context.mask), shape, "linear"), state
        for axis, times in enumerate(each_axis(self, self.size, x.ndim - 2), start=1):
            x = jnp.repeat(x, times, axis=axis)
        return x, state

    def output_mask(self, mask: Array | None) -> Array | None:
        return None if mask is None else jnp.repeat(mask, each_axis(self, self.size, 1)[0], axis=1)


def _held(x: Array, mask: Array | None) -> Array:
    """``x`` with its last real step in place of the padded ones behind it."""
    if mask is None:
        return x
    last = jnp.maximum(mask.sum(1, keepdims=True) - 1, 0)
    return jnp.take_along_axis(x, jnp.minimum(jnp.arange(x.shape[1]), last)[..., None], axis=1)


@spec(family="layer", name="repeat")
class Repeat(Layer):
    """A vector ``(features,)`` as a series ``(steps, features)`` of it: what a decoder reads."""

    steps: Sizes

    def output_shape(self, input_shape: Shape) -> Shape:
        return (*each_axis(self, self.steps, 1), *input_shape)

    def apply(
        self, params: Params, state: State, x: Array, context: Context
    ) -> tuple[Array, State]:
        (steps,) = each_axis(self, self.steps, 1)
        return jnp.broadcast_to(x[:, None], (x.shape[0], steps, *x.shape[1:])), state

    def output_mask(self, mask: Array | None) -> Array | None:
        return None
