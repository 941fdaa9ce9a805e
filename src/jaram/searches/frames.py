"""Frames: the program that trials of different widths and activations can share.

Trials that differ only in how many units their hidden Dense layers have, in which elementwise
function follows, and in how first weights are drawn fit into one frame: the widest of each layer
and all the functions of each. In it each trains as it would alone (:mod:`jaram.training.narrow`).
All else that is structure stays apart: layers of other kinds, depths, batch sizes, optimizers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from jaram.network import activations
from jaram.network.activation import Activation
from jaram.network.activations import ActivationFunction, Identity, PReLU
from jaram.network.dense import Dense
from jaram.network.layer import Layer, Shape
from jaram.network.network import Network
from jaram.network.normalization import BatchNorm
from jaram.network.regularization import Dropout, GaussianNoise
from jaram.objective import penalties
from jaram.optimizer import averaging, clipping, optimizers
from jaram.recipe import Recipe
from jaram.spec import with_fields
from jaram.training.narrow import (
    Either,
    NarrowActivation,
    NarrowDense,
    NarrowDropout,
    NarrowNoise,
)

ELEMENTWISE = (
    activations.Identity,
    activations.Step,
    activations.Sigmoid,
    activations.Tanh,
    activations.ReLU,
    activations.LeakyReLU,
    activations.ELU,
    activations.SELU,
    activations.GELU,
    activations.SiLU,
    activations.Softplus,
)
RULES = (
    optimizers.SGD,
    optimizers.Momentum,
    optimizers.Nesterov,
    optimizers.AdaGrad,
    optimizers.RMSProp,
    optimizers.Adam,
    optimizers.AdamW,
    optimizers.AMSGrad,
    optimizers.Lion,
)
"""Update rules that leave a zero weight without gradient where it is. (L-BFGS would too, but its
line search makes a great deal of the last bit.)"""
FORCES = (penalties.L2, penalties.MaxNorm)
"""Penalties that leave a zero weight at zero. (L1 does not: to JAX the slope of |w| at 0 is 1.)"""
LIMITS = (clipping.ClipNorm, clipping.ClipValue, type(None))
AVERAGES = (averaging.ExponentialAverage, averaging.StochasticWeightAverage, type(None))
LAYERS = (Dense, Activation, Dropout, GaussianNoise, BatchNorm)
"""BatchNorm needs no frame: a feature that is 0 in every row stays 0."""


@dataclass(frozen=True)
class Spot:
    """What one layer of a frame is: its units (0 for a layer without), whether members may have
    fewer, and the activations that members may have."""

    units: int
    is_narrow: bool
    options: tuple[ActivationFunction, ...]


Frame = tuple[Spot | None, ...]
"""One spot a layer; None where the layer is the same for all."""


def skeleton(recipe: Recipe, input_shape: Shape) -> Recipe | None:
    """A completed recipe without what a frame evens out; None if it fits into no frame."""
    network = recipe.network or ()
    fits = (
        len(input_shape) == 1
        and all(type(layer) in LAYERS for layer in network)
        and isinstance(network[-1], Dense)
        and isinstance(recipe.optimizer, RULES)
        and all(isinstance(penalty, FORCES) for penalty in recipe.penalties or ())
        and isinstance(recipe.clip, LIMITS)
        and isinstance(recipe.averaging, AVERAGES)
        and all(_is_elementwise(layer) for layer in network[:-1])
        and bool(getattr(jax.config, "jax_threefry_partitionable"))  # noqa: B009 -- undeclared
    )
    if not fits:
        return None
    bare = tuple(_bare(layer) for layer in network[:-1])
    return with_fields(recipe, network=(*bare, with_fields(network[-1], init=None)))


def _is_elementwise(layer: Layer) -> bool:
    activation = getattr(layer, "activation", Identity())
    return isinstance(activation, (*ELEMENTWISE, PReLU))


def _bare(layer: Layer) -> Layer:
    """A hidden layer without units, activation and initializer; a PReLU stays, as it has
    parameters."""
    if not isinstance(layer, Dense | Activation):
        return layer
    activation = layer.activation if isinstance(layer.activation, PReLU) else Identity()
    if isinstance(layer, Dense):
        return with_fields(layer, units=1, activation=activation, init=None)
    return with_fields(layer, activation=activation)


def frame_of(networks: Sequence[Network]) -> Frame:
    """The smallest frame that holds networks of one skeleton."""
    spots: list[Spot | None] = []
    for layers in zip(*(network[:-1] for network in networks), strict=True):
        if not isinstance(layers[0], Dense | Activation):
            spots.append(None)
            continue
        options = {jax.tree.structure(layer.activation): layer.activation for layer in layers}
        units = {layer.units for layer in layers if isinstance(layer, Dense)}
        spots.append(Spot(max(units, default=0), len(units) > 1, tuple(options.values())))
    return (*spots, None)


def holds(frame: Frame, network: Network) -> bool:
    """Whether a network of the frame's skeleton fits into it."""
    for spot, layer in zip(frame, network, strict=True):
        if spot is None:
            continue
        known = [jax.tree.structure(option) for option in spot.options]
        activation: Any = layer.activation  # type: ignore[attr-defined]
        if jax.tree.structure(activation) not in known:
            return False
        units = layer.units if isinstance(layer, Dense) else 0
        if units > spot.units or (units < spot.units and not spot.is_narrow):
            return False
    return True


def framed(recipe: Recipe, frame: Frame) -> Recipe:
    """A recipe as a member of the frame's program."""
    layers: list[Layer] = []
    used: int | None = None  # features that are the member's own; None where all are
    for spot, layer in zip(frame, recipe.network or (), strict=True):
        if spot is None:
            layers.append(_as_narrow(layer, used))
            continue
        activation = _among(layer.activation, spot.options)  # type: ignore[attr-defined]
        if isinstance(layer, Dense):
            used = layer.units if spot.is_narrow else None
            if used is not None:
                layers.append(NarrowDense(spot.units, layer.bias, activation, used))
            else:
                layers.append(with_fields(layer, activation=activation, init=None))
        elif used is not None:
            layers.append(NarrowActivation(activation, used))
        else:
            layers.append(with_fields(layer, activation=activation))
    layers[-1] = with_fields(layers[-1], init=None)
    return with_fields(recipe, network=tuple(layers))


def _as_narrow(layer: Layer, used: int | None) -> Layer:
    if used is None:
        return layer
    if isinstance(layer, Dropout):
        return NarrowDropout(layer.rate, used)
    if isinstance(layer, GaussianNoise):
        return NarrowNoise(layer.stddev, used)
    return layer


def _among(
    activation: ActivationFunction, options: tuple[ActivationFunction, ...]
) -> ActivationFunction:
    """The activation as one of several, its own knobs in its place."""
    if len(options) == 1:
        return activation
    kinds = [jax.tree.structure(option) for option in options]
    index = kinds.index(jax.tree.structure(activation))
    return Either((*options[:index], activation, *options[index + 1 :]), index)


def embedded(tree: Any, shapes: Any) -> Any:
    """Arrays in the first corner of zeros of ``shapes``, a tree of like arrays."""

    def embed(small: Any, large: Any) -> Any:
        if np.shape(small) == np.shape(large):
            return small
        return np.pad(small, [(0, b - a) for a, b in zip(small.shape, large.shape, strict=True)])

    return jax.tree.map(embed, tree, shapes)
