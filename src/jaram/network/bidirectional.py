"""A recurrent layer that reads a series in both directions."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from pydantic import AfterValidator

from jaram.errors import RecipeError
from jaram.network.layer import Context, Layer, LayerField, Params, Shape, State
from jaram.network.recurrent import GRU, LSTM, RNN
from jaram.spec import name_of, spec


def _is_recurrent(layer: Any) -> Any:
    if not isinstance(layer, RNN | LSTM | GRU):
        raise RecipeError("network.not_recurrent", layer=name_of(layer))
    return layer


@spec(family="layer", name="bidirectional", aliases=("bi",))
class Bidirectional(Layer):
    """One recurrent layer from the first step to the last, one from the last to the first (Schuster
    & Paliwal, 1997).

    layer: of both, which share no weights: params ``forward`` and ``backward``. merge: of their
    outputs: beside each other, or elementwise. With ``return_sequences`` both outputs of a step
    stand together; otherwise the forward one has read up to the last step, the backward one up to
    the first.
    """

    layer: Annotated[LayerField, AfterValidator(_is_recurrent)]
    merge: Literal["concatenate", "sum", "mean", "multiply"] = "concatenate"

    def output_shape(self, input_shape: Shape) -> Shape:
        after = self.layer.output_shape(input_shape)
        return (*after[:-1], 2 * after[-1]) if self.merge == "concatenate" else after

    def initial_params(self, rng: np.random.Generator, input_shape: Shape) -> Params:
        forward, backward = rng.spawn(2)
        return {
            "forward": self.layer.initial_params(forward, input_shape),
            "backward": self.layer.initial_params(backward, input_shape),
        }

    def apply(
        self, params: Params, state: State, x: Array, context: Context
    ) -> tuple[Array, State]:
        keys = (None, None) if context.key is None else jax.random.split(context.key)
        there, _ = self.layer.apply(params["forward"], {}, x, context._replace(key=keys[0]))
        mask = None if context.mask is None else jnp.flip(context.mask, 1)
        back, _ = self.layer.apply(
            params["backward"], {}, jnp.flip(x, 1), context._replace(key=keys[1], mask=mask)
        )
        if back.ndim == 3:
            back = jnp.flip(back, 1)
        return self._merged(there, back), state

    def _merged(self, there: Array, back: Array) -> Array:
        if self.merge == "concatenate":
            return jnp.concatenate([there, back], axis=-1)
        if self.merge == "multiply":
            return there * back
        return (there + back) / (2 if self.merge == "mean" else 1)

    def output_mask(self, mask: Array | None) -> Array | None:
        return self.layer.output_mask(mask)

    def operations(self, input_shape: Shape) -> int:
        return 2 * self.layer.operations(input_shape)
