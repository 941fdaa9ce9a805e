"""Layers that add noise in training and do nothing otherwise."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
from jax import Array

from jaram.network.frozen import Frozen
from jaram.network.layer import Context, Layer, Params, Shape, State, random_key, require_axes
from jaram.network.sharing import drawn
from jaram.spec import NonNegative, Share, spec


@spec(family="layer", name="dropout")
class Dropout(Layer):
    """Each value becomes 0 with probability ``rate`` (Srivastava et al., 2014).

    The others are divided by 1 - rate. So the expected output is the input, and nothing has to be
    scaled outside training. With ``Context.drops`` units are dropped there, too: Monte-Carlo
    dropout (Gal and Ghahramani, 2016).
    """

    rate: Share = 0.5

    def output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def apply(
        self, params: Params, state: State, x: Array, context: Context
    ) -> tuple[Array, State]:
        if not (context.training or context.drops):
            return x, state
        share_kept = 1.0 - self.rate
        draw = partial(jax.random.bernoulli, random_key(self, context), share_kept)
        is_kept = drawn(draw, x.shape, context.shares)
        return jnp.where(is_kept, x / share_kept, jnp.zeros_like(x)), state


@spec(family="layer", name="spatial_dropout")
class SpatialDropout(Layer):
    """Each channel of an example becomes 0 as a whole with probability ``rate`` (Tompson et al.,
    2015).

    Neighbouring places tell the same, so that dropping some of them takes little away. The others
    are divided by 1 - rate.
    """

    rate: Share = 0.2

    def output_shape(self, input_shape: Shape) -> Shape:
        require_axes(self, input_shape, axes=2)
        return input_shape

    def apply(
        self, params: Params, state: State, x: Array, context: Context
    ) -> tuple[Array, State]:
        if not (context.training or context.drops):
            return x, state
        share_kept = 1.0 - self.rate
        shape = (x.shape[0], *[1] * (x.ndim - 2), x.shape[-1])
        draw = partial(jax.random.bernoulli, random_key(self, context), share_kept)
        is_kept = drawn(draw, shape, context.shares)
        return jnp.where(is_kept, x / share_kept, jnp.zeros_like(x)), state


@spec(family="layer", name="gaussian_noise")
class GaussianNoise(Layer):
    """Adds N(0, stddev²) to every value."""

    stddev: NonNegative = 0.1

    def output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def apply(
        self, params: Params, state: State, x: Array, context: Context
    ) -> tuple[Array, State]:
        if not context.training:
            return x, state
        draw = partial(jax.random.normal, random_key(self, context), dtype=x.dtype)
        noise = drawn(draw, x.shape, context.shares)
        return x + self.stddev * noise, state


def has_dropout(part: object) -> bool:
    """Whether a network, a layer, or a layer inside one drops units; a frozen one does not."""
    if isinstance(part, Dropout | SpatialDropout):
        return True
    if isinstance(part, Frozen):
        return False
    fields = vars(part).values() if isinstance(part, Layer) else part
    return isinstance(part, Layer | tuple) and any(map(has_dropout, fields))  # type: ignore[call-overload]
