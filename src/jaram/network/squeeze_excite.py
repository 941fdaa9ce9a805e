"""Channels that are weighed by what all of them see together."""

from __future__ import annotations

import jax
import numpy as np
from jax import Array

from jaram.network.initializers import GlorotUniform, HeNormal
from jaram.network.layer import Context, Layer, Params, Shape, State
from jaram.network.pooling import GlobalAvgPool
from jaram.network.windowed import spatial_axes
from jaram.spec import Count, spec


@spec(family="layer", name="squeeze_excite")
class SqueezeExcite(Layer):
    """``x * sigmoid(relu(mean(x) @ squeeze) @ excite)``, a factor a channel (Hu et al., 2018).

    ratio: how many times narrower the layer between is; at least one unit.
    """

    ratio: Count = 16

    def output_shape(self, input_shape: Shape) -> Shape:
        spatial_axes(self, input_shape)
        return input_shape

    def initial_params(self, rng: np.random.Generator, input_shape: Shape) -> Params:
        channels = input_shape[-1]
        units = max(1, channels // self.ratio)
        squeeze = HeNormal().draw(rng, (channels, units), channels, units)
        excite = GlorotUniform().draw(rng, (units, channels), units, channels)
        return {
            "squeeze": {"weight": squeeze, "bias": np.zeros(units, np.float32)},
            "excite": {"weight": excite, "bias": np.zeros(channels, np.float32)},
        }

    def apply(
        self, params: Params, state: State, x: Array, context: Context
    ) -> tuple[Array, State]:
        mean, _ = GlobalAvgPool().apply({}, {}, x, context)
        squeezed = jax.nn.relu(mean @ params["squeeze"]["weight"] + params["squeeze"]["bias"])
        excited = jax.nn.sigmoid(squeezed @ params["excite"]["weight"] + params["excite"]["bias"])
        return x * excited.reshape(x.shape[0], *[1] * (x.ndim - 2), -1), state

    def operations(self, input_shape: Shape) -> int:
        channels = input_shape[-1]
        return 2 * channels * max(1, channels // self.ratio)
