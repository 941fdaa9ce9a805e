"""The layer that lets a forecast begin at what was last seen."""

from __future__ import annotations

from typing import Annotated

import jax.numpy as jnp
import numpy as np
import pydantic
from jax import Array

from jaram.errors import RecipeError
from jaram.network.layer import Context, Layer, LayerField, Params, Shape, State
from jaram.spec import Count, Positive, spec

Channel = Annotated[int, pydantic.Field(ge=0, strict=True)]


@spec(family="layer", name="anchored")
class Anchored(Layer):
    """``layer`` foretells how a series goes on from its last season, in units of its own spread.

    From a window x ``(steps, channels)``, with s the deviation of each channel over the window::

        y = s[channel] * layer((x - x[-1]) / s) + season

    where ``season`` are the last ``season`` steps of ``channel``, repeated as often as there are
    steps ahead; 1 is the last value alone. So ``layer`` sees neither level nor size, and foretells
    as well where a series has grown beyond all that was trained on. It makes one number for each
    step ahead; several layers are one as a Sequential. Its params and state are those here.

    The reversible instance normalisation of Kim et al. (2022) around the last value (NLinear, Zeng
    et al., 2023) without its trained scale; s is ``sqrt(variance + epsilon)``.
    """

    layer: LayerField
    season: Count = 1
    channel: Channel = 0
    epsilon: Positive = 1e-3

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 2 or self.channel >= input_shape[1] or self.season > input_shape[0]:
            raise RecipeError(
                "network.cannot_anchor",
                season=self.season,
                channel=self.channel,
                shape=tuple(input_shape),
            )
        after = self.layer.output_shape(input_shape)
        if len(after) != 1:
            raise RecipeError("network.anchored_steps", shape=tuple(after))
        return after

    def initial_params(self, rng: np.random.Generator, input_shape: Shape) -> Params:
        return self.layer.initial_params(rng, input_shape)

    def initial_state(self, input_shape: Shape) -> State:
        return self.layer.initial_state(input_shape)

    def apply(
        self, params: Params, state: State, x: Array, context: Context
    ) -> tuple[Array, State]:
        spread = jnp.sqrt(x.var(axis=1, keepdims=True) + self.epsilon)  # (batch, 1, channels)
        y, state = self.layer.apply(params, state, (x - x[:, -1:]) / spread, context)
        steps = np.arange(y.shape[1]) % self.season - self.season
        return spread[:, 0, self.channel, None] * y + x[:, steps, self.channel], state

    def output_mask(self, mask: Array | None) -> Array | None:
        return None  # what comes out are steps ahead, all of them real

    def operations(self, input_shape: Shape) -> int:
        return self.layer.operations(input_shape)
