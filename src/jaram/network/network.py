"""A network: a tuple of layers, with its shapes inferred from the input's.

Functions from (network, shape) to parameters and from (network, parameters, inputs) to outputs.
Parameters and states are tuples, one dict per layer.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import jax
import numpy as np
from jax import Array

from jaram.errors import RecipeError
from jaram.network.layer import Context, Layer, Params, Shape, State
from jaram.spec import words

Network = tuple[Layer, ...]
NetworkParams = tuple[Params, ...]
NetworkState = tuple[State, ...]


def shapes(network: Network, input_shape: Shape) -> tuple[Shape, ...]:
    """The shapes of one example: before the first layer and after each layer."""
    found = [tuple(input_shape)]
    for number, layer in enumerate(network, start=1):
        try:
            found.append(layer.output_shape(found[-1]))
        except RecipeError as error:
            raise RecipeError(
                "network.layer_misfit",
                number=number,
                layer=words(layer),
                shape=found[-1],
                reason=str(error),
            ) from None
    return tuple(found)


def initial_params(network: Network, seed: int, input_shape: Shape) -> NetworkParams:
    """Initial parameters for ``seed``; each layer draws from a stream of its own.

    So a layer's first weights do not depend on how much the layers before it drew.
    """
    sizes = shapes(network, input_shape)
    return tuple(
        layer.initial_params(np.random.default_rng((int(seed), index)), size)
        for index, (layer, size) in enumerate(zip(network, sizes, strict=False))
    )


def initial_state(network: Network, input_shape: Shape) -> NetworkState:
    """The layers' states before the first step."""
    sizes = shapes(network, input_shape)
    return tuple(layer.initial_state(size) for layer, size in zip(network, sizes, strict=False))


def apply(
    network: Network,
    params: NetworkParams,
    state: NetworkState,
    x: Array,
    context: Context = Context(),
) -> tuple[Array, NetworkState]:
    """Outputs ``(batch, *output_shape)`` and the next states."""
    outputs, states = apply_each(network, params, state, x, context)
    return (outputs[-1] if outputs else x), states


def apply_each(
    network: Network,
    params: NetworkParams,
    state: NetworkState,
    x: Array,
    context: Context = Context(),
) -> tuple[list[Array], NetworkState]:
    """The output of every layer, in order, and the next states."""
    outputs: list[Array] = []
    states: list[State] = []
    mask = context.mask
    for index, layer in enumerate(network):
        key = None if context.key is None else jax.random.fold_in(context.key, index)
        own = context._replace(key=key, mask=mask)
        mask = layer.mask_from(x, mask)
        x, next_state = layer.apply(params[index], state[index], x, own)
        outputs.append(x)
        states.append(next_state)
    return outputs, tuple(states)


def widest(network: Network, input_shape: Shape) -> int:
    """How many numbers one example has where it has the most: as input, or after a layer."""
    return max(math.prod(shape) for shape in shapes(network, input_shape))


class Row(NamedTuple):
    """One line of a network's table: shapes of one example, multiply-adds going forward."""

    layer: str
    input_shape: Shape
    output_shape: Shape
    parameters: int
    operations: int


def table(network: Network, input_shape: Shape) -> tuple[Row, ...]:
    """One row per layer."""
    sizes = shapes(network, input_shape)
    params = initial_params(network, 0, input_shape)
    return tuple(
        Row(
            words(layer),
            before,
            after,
            sum(int(np.size(leaf)) for leaf in jax.tree.leaves(own)),
            layer.operations(before),
        )
        for layer, before, after, own in zip(network, sizes, sizes[1:], params, strict=False)
    )
