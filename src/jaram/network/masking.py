"""The layer that reads from a padded series which of its steps are real."""

from __future__ import annotations

from jax import Array

from jaram.errors import RecipeError
from jaram.network.layer import Context, Layer, Params, Shape, State, require_axes
from jaram.spec import spec


@spec(family="layer", name="masking")
class Masking(Layer):
    """The first layer for series of unequal length: their last channel becomes the mask.

    That channel is 1 at steps that are padding and 0 at real ones, as preparation writes it. The
    layers after are told by the mask which steps are real; ``(batch, steps, channels)`` becomes
    ``(batch, steps, channels - 1)``.
    """

    def output_shape(self, input_shape: Shape) -> Shape:
        require_axes(self, input_shape, 2)
        if input_shape[-1] < 2:
            raise RecipeError("network.nothing_beside_mask", shape=tuple(input_shape))
        return (*input_shape[:-1], input_shape[-1] - 1)

    def apply(
        self, params: Params, state: State, x: Array, context: Context
    ) -> tuple[Array, State]:
        return x[..., :-1], state

    def mask_from(self, x: Array, mask: Array | None) -> Array | None:
        is_real = x[..., -1] < 0.5
        return is_real if mask is None else mask & is_real
