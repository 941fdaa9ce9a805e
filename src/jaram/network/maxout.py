"""The layer whose units learn their own activation function."""

from __future__ import annotations

import math

import numpy as np
from jax import Array

from jaram.network.initializers import InitializerField, LeCunNormal
from jaram.network.layer import Context, Layer, Params, Shape, State, require_axes
from jaram.spec import Count, spec


@spec(family="layer", name="maxout")
class Maxout(Layer):
    """The largest of ``pieces`` linear functions per unit (Goodfellow et al., 2013).

    units: size of the output's last axis.
    pieces: linear functions per unit; two can already make a ReLU or an absolute value.
    init: how ``weight`` ``(inputs, units * pieces)`` is drawn, the pieces of a unit side by side.
        None: LeCun
        normal, under which the larger of two pieces keeps the mean square of the inputs.
    """

    units: Count
    pieces: Count = 2
    init: InitializerField = None
    bias: bool = True

    def output_shape(self, input_shape: Shape) -> Shape:
        require_axes(self, input_shape)
        return (*input_shape[:-1], self.units)

    def initial_params(self, rng: np.random.Generator, input_shape: Shape) -> Params:
        fan_in, outputs = input_shape[-1], self.units * self.pieces
        init = self.init or LeCunNormal()
        params: Params = {"weight": init.draw(rng, (fan_in, outputs), fan_in, self.units)}
        if self.bias:
            params["bias"] = np.zeros(outputs, np.float32)
        return params

    def apply(
        self, params: Params, state: State, x: Array, context: Context
    ) -> tuple[Array, State]:
        z: Array = x @ params["weight"]  # (batch, ..., units * pieces)
        if self.bias:
            z = z + params["bias"]
        return z.reshape(*z.shape[:-1], self.units, self.pieces).max(axis=-1), state

    def operations(self, input_shape: Shape) -> int:
        return math.prod(input_shape) * self.units * self.pieces
