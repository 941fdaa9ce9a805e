"""Pooling a series by what is worth looking at."""

from __future__ import annotations

import math
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaram.errors import RecipeError
from jaram.network.initializers import GlorotUniform
from jaram.network.kernels.product import product
from jaram.network.layer import Context, Layer, Params, Shape, State
from jaram.network.pooling import LOWEST
from jaram.spec import Count, spec


@spec(family="layer", name="attention_pool", aliases=("attention",))
class AttentionPool(Layer):
    """The mean of the steps, weighted by a softmax over scores: ``(steps, features)`` becomes
    ``(features,)``.

    score: ``"additive"``, tanh(x @ weight + bias) @ query with ``units`` between (Bahdanau et al.,
    2015; Yang et al., 2016); or ``"dot"``, x @ query / sqrt(features) (Luong et al., 2015; scaled
    as Vaswani et al., 2017). units: None takes the number of features. Padded steps weigh nothing;
    where all are padded the result is 0.

    params: ``query`` with ``weight`` ``(units or features, 1)``; if additive, ``hidden`` with
    ``weight`` ``(features, units)`` and ``bias`` ``(units,)``.
    """

    units: Count | None = None
    score: Literal["additive", "dot"] = "additive"

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 2:
            raise RecipeError(
                "network.needs_series", layer=type(self).__name__, shape=tuple(input_shape)
            )
        return input_shape[-1:]

    def initial_params(self, rng: np.random.Generator, input_shape: Shape) -> Params:
        features = input_shape[-1]
        if self.score == "dot":
            return {"query": {"weight": GlorotUniform().draw(rng, (features, 1), features, 1)}}
        units = self.units or features
        hidden = GlorotUniform().draw(rng, (features, units), features, units)
        return {
            "hidden": {"weight": hidden, "bias": np.zeros(units, np.float32)},
            "query": {"weight": GlorotUniform().draw(rng, (units, 1), units, 1)},
        }

    def weights(self, params: Params, x: Array, mask: Array | None) -> Array:
        """How much each step weighs ``(batch, steps)``: they sum to 1 over the real ones."""
        if self.score == "dot":
            scores = (x @ params["query"]["weight"])[..., 0] / math.sqrt(x.shape[-1])
        else:
            hidden = jnp.tanh(product(x, params["hidden"]["weight"]) + params["hidden"]["bias"])
            scores = (hidden @ params["query"]["weight"])[..., 0]
        if mask is None:
            return jax.nn.softmax(scores, axis=1)
        weights = jax.nn.softmax(jnp.where(mask, scores, LOWEST), axis=1)
        return jnp.where(mask, weights, jnp.zeros_like(weights))

    def apply(
        self, params: Params, state: State, x: Array, context: Context
    ) -> tuple[Array, State]:
        weights = self.weights(params, x, context.mask)
        return (weights[..., None] * x).sum(1), state

    def output_mask(self, mask: Array | None) -> Array | None:
        return None

    def operations(self, input_shape: Shape) -> int:
        steps, features = input_shape
        units = self.units or features
        scoring = features if self.score == "dot" else units * (features + 1)
        return steps * (scoring + features)
