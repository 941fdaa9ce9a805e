"""Which inputs an answer hangs on, and what the first convolution makes of an example."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple, TypeGuard

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from jaram.network.activation import Activation
from jaram.network.composition import Parallel, Residual, Sequential
from jaram.network.convolution import Conv
from jaram.network.frozen import bare, weights_of
from jaram.network.layer import Context, Layer, Params, State
from jaram.network.network import Network, NetworkParams, NetworkState
from jaram.network.normalization import BatchNorm
from jaram.recipe import Recipe
from jaram.spec import name_of
from jaram.training.devices import QUICKLY, available
from jaram.training.engine import for_program, knob_arrays
from jaram.training.programs import make_room
from jaram.training.supervised import forward

EXAMPLES = 12
"""How many examples the program looks at at once: one size, so that it is compiled once."""


class Look(NamedTuple):
    """NumPy float32. gradient: of the predicted class's logit by the input ``(n, *input_shape)``.
    maps: what came out of layer ``place`` ``(n, *output_shape)``."""

    gradient: NDArray[np.float32]
    maps: NDArray[np.float32]


def class_logits(z: Any) -> Any:
    """Logits ``(n, classes)`` of outputs ``(n, outputs)`` before the output activation; one output
    is the logit of the second of two classes, and its negative that of the first."""
    if z.shape[-1] != 1:
        return z
    return jnp.concatenate([-z, z], axis=-1) if isinstance(z, Array) else np.hstack([-z, z])


def look(
    recipe: Recipe,
    params: NetworkParams,
    state: NetworkState,
    x: NDArray[Any],
    place: int,
    is_regression: bool = False,
) -> Look:
    """Saliency of at most :data:`EXAMPLES` prepared examples ``x`` ``(n, *input_shape)``, and the
    outputs of layer ``place``.

    The saliency is the gradient of the largest logit by the input, nothing dropped (Simonyan,
    Vedaldi and Zisserman, 2014); of a regression that of the sum of the outputs. One pass forward
    and one backward.
    """
    count = len(x)
    filled = np.resize(np.asarray(x[:EXAMPLES], np.float32), (EXAMPLES, *x.shape[1:]))
    make_room(_program())
    knobs = knob_arrays(for_program(recipe))
    found = _program()(knobs, params, state, filled, place, is_regression)
    return Look(*(np.asarray(values)[:count] for values in found))


@cache
def _program() -> Any:
    on_cpu = available()[0].platform == "cpu"
    options = QUICKLY if on_cpu else None
    return jax.jit(_look, static_argnames=("place", "is_regression"), compiler_options=options)


def _look(
    recipe: Recipe,
    params: NetworkParams,
    state: NetworkState,
    x: Array,
    place: int,
    is_regression: bool,
) -> tuple[Array, Array]:
    def told(inputs: Array) -> tuple[Array, Array]:
        passed = forward(recipe, params, state, inputs, Context(training=False))
        z = passed.z
        # Examples do not see each other, so the gradient of the sum is each one's own.
        value = jnp.sum(z) if is_regression else jnp.sum(jnp.max(class_logits(z), axis=-1))
        return value, passed.outputs[place]

    gradient, maps = jax.grad(told, has_aux=True)(x)
    return gradient, maps


def first_convolution(network: Network) -> int | None:
    """The place of the first layer that is a convolution with a window of its own, frozen or not;
    None if there is none."""
    return next((place for place, layer in enumerate(network) if _has_window(bare(layer))), None)


def _has_window(layer: Layer) -> TypeGuard[Conv]:
    return isinstance(layer, Conv) and layer.kernel not in (1, (1, 1))


def maps_place(network: Network) -> int:
    """The layer whose outputs show what the first convolution found: itself, or the activation that
    follows it at once or after a batch normalisation; 0 if there is none."""
    place = first_convolution(network)
    if place is None:
        return 0
    for after in range(place + 1, len(network)):
        if isinstance(bare(network[after]), Activation):
            return after
        if not isinstance(bare(network[after]), BatchNorm):
            break
    return place


class Filters(NamedTuple):
    """The first convolution over pictures: in which layer of the network it is, itself, and its
    kernels ``(filters, height, width, channels)``; channels are those of one group."""

    place: int
    layer: Conv
    kernels: NDArray[np.float32]


def first_filters(network: Network, params: NetworkParams, states: NetworkState) -> Filters | None:
    """The filters of the first convolution, which may be inside of blocks; None without any."""
    for place, (layer, own, state) in enumerate(zip(network, params, states, strict=True)):
        found = _within(layer, own, state)
        if found is not None:
            kernels = np.moveaxis(np.asarray(found[1]["weight"], np.float32), -1, 0)
            return Filters(place, found[0], kernels)
    return None


def _within(layer: Layer, params: Params, state: State) -> tuple[Conv, Params] | None:
    """The first convolution over pictures in a layer, and its parameters."""
    params, state = weights_of(layer, params, state)
    layer = bare(layer)
    if _has_window(layer) and np.ndim(params["weight"]) == 4:
        return layer, params
    inside: tuple[Layer, ...] = ()
    if isinstance(layer, Sequential | Residual):
        inside = layer.layers
    elif isinstance(layer, Parallel):
        inside = layer.branches
    for index, one in enumerate(inside):
        name = f"{index}_{name_of(one)}"
        found = _within(one, params.get(name, {}), state.get(name, {}))
        if found is not None:
            return found
    return None
