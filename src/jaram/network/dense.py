"""The fully connected layer."""

from __future__ import annotations

import math

import numpy as np
from jax import Array

from jaram.network.activations import ActivationField, Identity, activation_params
from jaram.network.initializers import InitializerField, weights_for
from jaram.network.kernels.product import product
from jaram.network.layer import Context, Layer, Params, Shape, State, require_axes
from jaram.spec import Count, spec


@spec(family="layer", name="dense")
class Dense(Layer):
    """``activation(x @ weight + bias)`` on the last axis.

    Axes before the last are kept, so that on a series ``(steps, features)`` the same weights serve
    every step: what other libraries call "time distributed".

    units: size of the output's last axis.
    init: how ``weight`` ``(inputs, units)`` is drawn; None takes what suits the activation.
    bias: whether there is a ``bias`` ``(units,)``; it starts at 0.
    """

    units: Count
    activation: ActivationField = Identity()
    init: InitializerField = None
    bias: bool = True

    def output_shape(self, input_shape: Shape) -> Shape:
        require_axes(self, input_shape)
        return (*input_shape[:-1], self.units)

    def initial_params(self, rng: np.random.Generator, input_shape: Shape) -> Params:
        fan_in = input_shape[-1]
        weight = weights_for(self.init, self.activation).draw(
            rng, (fan_in, self.units), fan_in, self.units
        )
        params: Params = {"weight": weight}
        if self.bias:
            params["bias"] = np.zeros(self.units, np.float32)
        return params | activation_params(self.activation, self.output_shape(input_shape))

    def logits(self, params: Params, x: Array) -> Array:
        """The outputs before the activation."""
        z = product(x, params["weight"])
        return z + params["bias"] if self.bias else z

    def apply(
        self, params: Params, state: State, x: Array, context: Context
    ) -> tuple[Array, State]:
        return self.activation(self.logits(params, x), params.get("activation", {})), state

    def operations(self, input_shape: Shape) -> int:
        return math.prod(input_shape) * self.units
