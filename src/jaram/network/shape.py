"""Layers that only rearrange."""

from __future__ import annotations

import math
from typing import Annotated

import pydantic
from jax import Array
from pydantic import BeforeValidator

from jaram.errors import RecipeError
from jaram.network.layer import Context, Layer, Params, Shape, State
from jaram.spec import spec


@spec(family="layer", name="flatten")
class Flatten(Layer):
    """All axes of an example in one, the last one running fastest."""

    def output_shape(self, input_shape: Shape) -> Shape:
        return (math.prod(input_shape),)

    def apply(
        self, params: Params, state: State, x: Array, context: Context
    ) -> tuple[Array, State]:
        return x.reshape(x.shape[0], -1), state

    def output_mask(self, mask: Array | None) -> Array | None:
        return None  # there is no axis of steps any more


Size = Annotated[int, pydantic.Field(ge=-1, strict=True)]


@spec(family="layer", name="reshape")
class Reshape(Layer):
    """Each example in another shape of the same size; one size may be -1: what is left."""

    shape: Annotated[
        tuple[Size, ...], BeforeValidator(lambda given: (given,) if type(given) is int else given)
    ]

    def output_shape(self, input_shape: Shape) -> Shape:
        size = math.prod(input_shape)
        known = math.prod(one for one in self.shape if one != -1)
        unknown = self.shape.count(-1)
        fits = known > 0 and size % known == 0 if unknown == 1 else known == size
        if unknown > 1 or not fits:
            raise RecipeError(
                "network.cannot_reshape", before=tuple(input_shape), size=size, after=self.shape
            )
        return tuple(size // known if one == -1 else one for one in self.shape)

    def apply(
        self, params: Params, state: State, x: Array, context: Context
    ) -> tuple[Array, State]:
        return x.reshape(x.shape[0], *self.output_shape(x.shape[1:])), state

    def output_mask(self, mask: Array | None) -> Array | None:
        return None  # the axes may mean something else now
