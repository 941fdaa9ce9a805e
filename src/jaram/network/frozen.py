"""Layers that training does not change.

The weights of a frozen layer stand in its state, which no gradient reaches: so no update rule,
penalty, decay or average of weights touches them, the update rule keeps no memory for them, and
nothing is computed backwards through the frozen layers that a network begins with.
"""

from __future__ import annotations

import jax
import numpy as np
from jax import Array

from jaram.network.layer import Context, Layer, LayerField, Params, Shape, State
from jaram.spec import spec

WEIGHTS, CARRIED = "params", "state"
"""Where the state of a frozen layer holds the parameters and the state of the layer inside."""


@spec(family="layer", name="frozen")
class Frozen(Layer):
    """``layer`` as it is used after training, in training too.

    Nothing of it is trained: its weights and its statistics (batch normalisation) stay as they
    begin, and what is random in it (dropout, noise) is off. It begins with what a trained network
    brings (:class:`~jaram.begin.TrainedLayers`), else with random weights that are the same for
    every seed of a recipe.

    No params; state ``params`` and ``state``, those of the layer inside.
    """

    layer: LayerField

    def output_shape(self, input_shape: Shape) -> Shape:
        return self.layer.output_shape(input_shape)

    def initial_state(self, input_shape: Shape) -> State:
        params = self.layer.initial_params(np.random.default_rng(0), input_shape)
        return at_rest(params, self.layer.initial_state(input_shape))

    def apply(
        self, params: Params, state: State, x: Array, context: Context
    ) -> tuple[Array, State]:
        as_used = Context(mask=context.mask)
        y, _ = self.layer.apply(*carried(state), x, as_used)
        return y, state

    def output_mask(self, mask: Array | None) -> Array | None:
        return self.layer.output_mask(mask)

    def mask_from(self, x: Array, mask: Array | None) -> Array | None:
        return self.layer.mask_from(x, mask)

    def operations(self, input_shape: Shape) -> int:
        return self.layer.operations(input_shape)


def at_rest(params: Params, state: State) -> State:
    """The state of a frozen layer whose layer inside has ``params`` and ``state``."""
    return {name: part for name, part in ((WEIGHTS, params), (CARRIED, state)) if part}


def carried(state: State) -> tuple[Params, State]:
    """Parameters and state of the layer inside, of a frozen layer's ``state``."""
    return state.get(WEIGHTS, {}), state.get(CARRIED, {})


def resting(network: tuple[Layer, ...], states: tuple[State, ...]) -> int:
    """How many weights the frozen layers of a network hold, by its ``states``."""
    held = [
        carried(state)[0]
        for layer, state in zip(network, states, strict=True)
        if isinstance(layer, Frozen)
    ]
    return sum(int(np.size(leaf)) for leaf in jax.tree.leaves(held))


def bare(layer: Layer) -> Layer:
    """The layer itself, or what is inside a frozen one."""
    return bare(layer.layer) if isinstance(layer, Frozen) else layer


def frozen(layer: Layer) -> Frozen:
    """The layer frozen; itself if it is."""
    return layer if isinstance(layer, Frozen) else Frozen(layer)


def weights_of(layer: Layer, params: Params, state: State) -> tuple[Params, State]:
    """Parameters and state of the :func:`bare` layer."""
    return (
        weights_of(layer.layer, *carried(state)) if isinstance(layer, Frozen) else (params, state)
    )


def placed(layer: Layer, params: Params, state: State) -> tuple[Params, State]:
    """What ``layer`` begins with so that its :func:`bare` layer has ``params`` and ``state``."""
    if not isinstance(layer, Frozen):
        return params, state
    return {}, at_rest(*placed(layer.layer, params, state))
