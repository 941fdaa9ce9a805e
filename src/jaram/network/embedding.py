"""Layers that give codes a learned vector each."""

from __future__ import annotations

from typing import Annotated

import jax.numpy as jnp
import numpy as np
import pydantic
from jax import Array
from pydantic import BeforeValidator

from jaram.errors import RecipeError
from jaram.network.initializers import Initializer, InitializerField, RandomNormal
from jaram.network.layer import Context, Layer, Params, Shape, State, require_axes
from jaram.spec import Count, spec

DEFAULT_INIT: Initializer = RandomNormal(0.05)
"""Small, so that codes seen too rarely to be learned stay near each other."""


def _rows(weight: Array, codes: Array) -> Array:
    """``weight[codes]``, codes of any dtype; NaN for one outside, not another code's row."""
    indices = jnp.round(codes).astype(jnp.int32)
    # A negative index would count from the end.
    indices = jnp.where(indices < 0, weight.shape[0], indices)
    return jnp.take(weight, indices, axis=0, mode="fill", fill_value=jnp.nan)


@spec(family="layer", name="embedding")
class Embedding(Layer):
    """A vector ``(units,)`` for every token: ``(batch, steps)`` becomes ``(batch, steps, units)``.

    vocabulary: number of tokens; they are the integers from 0 (as ints or floats). Others give NaN.
    init: how ``weight`` ``(vocabulary, units)`` is drawn; None takes N(0, 0.05²).
    mask_zero: token 0 is padding; the layers after are told by the mask that these steps are not
        real.
    """

    vocabulary: Count
    units: Count
    init: InitializerField = None
    mask_zero: bool = False

    def output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape, self.units)

    def initial_params(self, rng: np.random.Generator, input_shape: Shape) -> Params:
        shape = (self.vocabulary, self.units)
        return {"weight": (self.init or DEFAULT_INIT).draw(rng, shape, 1, self.units)}

    def apply(
        self, params: Params, state: State, x: Array, context: Context
    ) -> tuple[Array, State]:
        return _rows(params["weight"], x), state

    def mask_from(self, x: Array, mask: Array | None) -> Array | None:
        if not self.mask_zero:
            return self.output_mask(mask)
        return x != 0 if mask is None else mask & (x != 0)


ColumnIndex = Annotated[int, pydantic.Field(ge=0, strict=True)]


def _pairs(given: object) -> object:
    """One pair without its outer brackets is a tuple of one pair."""
    if isinstance(given, tuple | list) and len(given) == 2 and type(given[0]) is int:
        return (tuple(given),)
    return given


@spec(family="layer", name="embed_categories")
class EmbedCategories(Layer):
    """The first layer for tables: columns of codes become vectors behind the columns of numbers.

    columns: (index, cardinality) of each column of codes; its codes are 0 ... cardinality - 1,
        others give NaN.
    units: width of every vector; None takes half the cardinality, rounded up, but at most 50.
    init: how each ``weight`` ``(cardinality, width)`` is drawn; None takes N(0, 0.05²).

    ``(batch, columns)`` becomes ``(batch, remaining columns + sum of widths)``. Parameters:
    ``{"column_3": {"weight": ...}, ...}``.
    """

    columns: Annotated[tuple[tuple[ColumnIndex, Count], ...], BeforeValidator(_pairs)]
    units: Count | None = None
    init: InitializerField = None

    def _width(self, cardinality: int) -> int:
        return self.units or min(50, (cardinality + 1) // 2)

    def output_shape(self, input_shape: Shape) -> Shape:
        require_axes(self, input_shape)
        features = input_shape[-1]
        indices = [index for index, _ in self.columns]
        if len(set(indices)) != len(indices) or max(indices, default=0) >= features:
            raise RecipeError("network.columns_do_not_fit", columns=indices, features=features)
        widths = sum(self._width(cardinality) for _, cardinality in self.columns)
        return (*input_shape[:-1], features - len(indices) + widths)

    def initial_params(self, rng: np.random.Generator, input_shape: Shape) -> Params:
        init = self.init or DEFAULT_INIT
        return {
            f"column_{index}": {
                "weight": init.draw(
                    rng, (cardinality, self._width(cardinality)), 1, self._width(cardinality)
                )
            }
            for index, cardinality in self.columns
        }

    def apply(
        self, params: Params, state: State, x: Array, context: Context
    ) -> tuple[Array, State]:
        coded = [index for index, _ in self.columns]
        numbers = np.delete(np.arange(x.shape[-1]), coded)
        vectors = [_rows(params[f"column_{index}"]["weight"], x[..., index]) for index in coded]
        return jnp.concatenate([x[..., numbers], *vectors], axis=-1), state
