"""An activation function as a layer of its own."""

from __future__ import annotations

import numpy as np
from jax import Array

from jaram.network.activations import ActivationField, activation_params
from jaram.network.layer import Context, Layer, Params, Shape, State
from jaram.spec import spec


@spec(family="layer", name="activation")
class Activation(Layer):
    """``activation(x)``, for where it does not directly follow a layer with weights.

    As in ``Dense(64), BatchNorm(), Activation("relu")``; give such a Dense ``init="he_normal"``,
    since it can't see which activation comes after it.
    """

    activation: ActivationField

    def output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def initial_params(self, rng: np.random.Generator, input_shape: Shape) -> Params:
        return activation_params(self.activation, input_shape)

    def apply(
        self, params: Params, state: State, x: Array, context: Context
    ) -> tuple[Array, State]:
        return self.activation(x, params.get("activation", {})), state
