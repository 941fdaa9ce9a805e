"""The layer that gives runs of tokens a learned vector each."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaram.network.embedding import DEFAULT_INIT
from jaram.network.initializers import InitializerField
from jaram.network.layer import Context, Layer, Params, Shape, State
from jaram.spec import Count, spec


@spec(family="layer", name="ngram_embedding")
class NGramEmbedding(Layer):
    """A vector ``(units,)`` for every token, the sum of those of the runs of tokens that end there.

    A run of one token has a row of ``weight`` of its own; runs of 2 to ``longest`` tokens share
    ``buckets`` rows more, each the one of its hash (the n-grams of fastText, Joulin et al., 2017).
    So a rare expression is known by itself, not only by its parts. Before the first token stands 0.

    vocabulary: number of tokens; they are the integers from 0 (as ints or floats). 0 is padding:
        the layers after are told by the mask that these steps are not real.
    init: how ``weight`` ``(vocabulary + buckets, units)`` is drawn; None takes N(0, 0.05²).
    """

    vocabulary: Count
    units: Count
    buckets: Count
    longest: Count = 3
    init: InitializerField = None

    def output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape, self.units)

    def initial_params(self, rng: np.random.Generator, input_shape: Shape) -> Params:
        shape = (self.vocabulary + self.buckets, self.units)
        return {"weight": (self.init or DEFAULT_INIT).draw(rng, shape, 1, self.units)}

    def apply(
        self, params: Params, state: State, x: Array, context: Context
    ) -> tuple[Array, State]:
        tokens = jnp.round(x).astype(jnp.uint32)  # (batch, steps)
        rows, run = [tokens], tokens
        before = tokens
        for _ in range(1, self.longest):
            before = jnp.pad(before, ((0, 0), (1, 0)))[:, :-1]
            run = (run * jnp.uint32(0x01000193)) ^ before
            rows.append(self.vocabulary + _mixed(run) % jnp.uint32(self.buckets))
        index = jnp.stack(rows, 2).astype(jnp.int32)  # (batch, steps, longest)
        return params["weight"][index].sum(2), state

    def mask_from(self, x: Array, mask: Array | None) -> Array | None:
        return x != 0 if mask is None else mask & (x != 0)


def _mixed(h: Array) -> Array:
    """Every bit of h (uint32) on every bit of the result: the last step of MurmurHash3."""
    h = (h ^ (h >> 16)) * jnp.uint32(0x85EBCA6B)
    h = (h ^ (h >> 13)) * jnp.uint32(0xC2B2AE35)
    return h ^ (h >> 16)
