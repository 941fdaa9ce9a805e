"""Layers made of layers.

The parameters and states of the layers inside are dicts under ``"0_dense"``, ``"1_batch_norm"``,
...; a layer without any is left out. Each layer inside has a stream of initial numbers and a random
key of its own.
"""

from __future__ import annotations

import math
from functools import reduce
from typing import Annotated, Literal

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from pydantic import BeforeValidator

from jaram.errors import RecipeError
from jaram.network.activations import ActivationField, Identity, activation_params
from jaram.network.initializers import GlorotUniform
from jaram.network.kernels.product import product
from jaram.network.layer import Context, Layer, LayersField, Params, Shape, State, require_axes
from jaram.network.network import apply, initial_state, shapes
from jaram.spec import name_of, spec, split


def _listed(given: object) -> object:
    """A tuple of layers from one layer, or from words with commas between layers."""
    if isinstance(given, str):
        return tuple(split(given, ","))
    return (given,) if isinstance(given, Layer | dict) else given


def _branches(given: object) -> object:
    """As :func:`_listed`; a branch that is itself a list of layers becomes a Sequential."""
    listed = _listed(given)
    if not isinstance(listed, tuple | list):
        return listed
    return tuple(Sequential(tuple(one)) if isinstance(one, tuple | list) else one for one in listed)


Layers = Annotated[LayersField, BeforeValidator(_listed)]
Branches = Annotated[LayersField, BeforeValidator(_branches)]


def _names(layers: tuple[Layer, ...]) -> tuple[str, ...]:
    return tuple(f"{index}_{name_of(layer)}" for index, layer in enumerate(layers))


def _named(layers: tuple[Layer, ...], parts: tuple[Params, ...]) -> Params:
    return {name: part for name, part in zip(_names(layers), parts, strict=True) if part}


def _unnamed(layers: tuple[Layer, ...], parts: Params) -> tuple[Params, ...]:
    return tuple(parts.get(name, {}) for name in _names(layers))


def _initial_params(
    layers: tuple[Layer, ...], rng: np.random.Generator, input_shapes: tuple[Shape, ...]
) -> Params:
    streams = rng.spawn(len(layers))
    inside = zip(layers, streams, input_shapes, strict=False)
    return _named(layers, tuple(one.initial_params(stream, shape) for one, stream, shape in inside))


def _apply_in_order(
    layers: tuple[Layer, ...], params: Params, state: State, x: Array, context: Context
) -> tuple[Array, State]:
    y, states = apply(layers, _unnamed(layers, params), _unnamed(layers, state), x, context)
    return y, _named(layers, states)


def _mask_in_order(layers: tuple[Layer, ...], mask: Array | None) -> Array | None:
    for layer in layers:
        mask = layer.output_mask(mask)
    return mask


def _mask_from(layers: tuple[Layer, ...], x: Array, mask: Array | None) -> Array | None:
    # Only the first layer sees the composite's input; a layer that reads tokens has to stand there.
    return _mask_in_order(layers[1:], layers[0].mask_from(x, mask)) if layers else mask


def _operations_in_order(layers: tuple[Layer, ...], input_shape: Shape) -> int:
    sizes = shapes(layers, input_shape)
    return sum(layer.operations(size) for layer, size in zip(layers, sizes, strict=False))


@spec(family="layer", name="sequential")
class Sequential(Layer):
    """One layer after another, as one layer: a branch of Parallel, or a block to use again."""

    layers: Layers

    def output_shape(self, input_shape: Shape) -> Shape:
        return shapes(self.layers, input_shape)[-1]

    def initial_params(self, rng: np.random.Generator, input_shape: Shape) -> Params:
        return _initial_params(self.layers, rng, shapes(self.layers, input_shape))

    def initial_state(self, input_shape: Shape) -> State:
        return _named(self.layers, initial_state(self.layers, input_shape))

    def apply(
        self, params: Params, state: State, x: Array, context: Context
    ) -> tuple[Array, State]:
        return _apply_in_order(self.layers, params, state, x, context)

    def output_mask(self, mask: Array | None) -> Array | None:
        return _mask_in_order(self.layers, mask)

    def mask_from(self, x: Array, mask: Array | None) -> Array | None:
        return _mask_from(self.layers, x, mask)

    def operations(self, input_shape: Shape) -> int:
        return _operations_in_order(self.layers, input_shape)


@spec(family="layer", name="residual")
class Residual(Layer):
    """``activation(layers(x) + shortcut(x))`` (He et al., 2016).

    shortcut: layers of its own, params under ``"shortcut"``; without any it is ``x`` itself. Then,
    where ``layers`` shrink an axis by a whole stride every so many-th place is taken, and where
    they change the number of features a linear map, params ``{"shortcut": {"weight": (inputs,
    outputs)}}``, does so, too.
    """

    layers: Layers
    activation: ActivationField = Identity()
    shortcut: Layers = ()

    def _strides(self, before: Shape, after: Shape) -> tuple[int, ...]:
        """How the places of the input are taken; RecipeError where no stride gives the output's."""
        places = list(zip(before[:-1], after[:-1], strict=False))
        strides = tuple(-(-size // max(1, kept)) for size, kept in places)
        fits = [
            -(-size // step) == kept for (size, kept), step in zip(places, strides, strict=True)
        ]
        if len(after) != len(before) or not all(fits):
            raise RecipeError("network.residual_changes_axes", before=tuple(before), after=after)
        return strides

    def output_shape(self, input_shape: Shape) -> Shape:
        require_axes(self, input_shape)
        after = shapes(self.layers, input_shape)[-1]
        if not self.shortcut:
            self._strides(input_shape, after)
        elif (beside := shapes(self.shortcut, input_shape)[-1]) != after:
            raise RecipeError("network.shortcut_does_not_fit", after=after, shortcut=beside)
        return after

    def initial_params(self, rng: np.random.Generator, input_shape: Shape) -> Params:
        after = self.output_shape(input_shape)
        params = _initial_params(self.layers, rng, shapes(self.layers, input_shape))
        size = (input_shape[-1], after[-1])
        if self.shortcut:
            own = _initial_params(self.shortcut, rng, shapes(self.shortcut, input_shape))
            params |= {"shortcut": own} if own else {}
        elif size[0] != size[1]:
            params["shortcut"] = {"weight": GlorotUniform().draw(rng, size, *size)}
        return params | activation_params(self.activation, after)

    def initial_state(self, input_shape: Shape) -> State:
        state = _named(self.layers, initial_state(self.layers, input_shape))
        own = _named(self.shortcut, initial_state(self.shortcut, input_shape))
        return state | ({"shortcut": own} if own else {})

    def apply(
        self, params: Params, state: State, x: Array, context: Context
    ) -> tuple[Array, State]:
        y, next_state = _apply_in_order(self.layers, params, state, x, context)
        beside, own = self._beside(params, state, x, y, context)
        next_state |= {"shortcut": own} if own else {}
        return self.activation(y + beside, params.get("activation", {})), next_state

    def _beside(
        self, params: Params, state: State, x: Array, y: Array, context: Context
    ) -> tuple[Array, State]:
        """What is added to the layers' output, and the shortcut's next state."""
        if self.shortcut:
            key = None if context.key is None else jax.random.fold_in(context.key, len(self.layers))
            own = params.get("shortcut", {}), state.get("shortcut", {})
            return _apply_in_order(self.shortcut, *own, x, context._replace(key=key))
        if x.shape[1:-1] != y.shape[1:-1]:
            strides = self._strides(x.shape[1:], y.shape[1:])
            x = jax.lax.slice(x, (0,) * x.ndim, x.shape, (1, *strides, 1))
        return (product(x, params["shortcut"]["weight"]) if "shortcut" in params else x), {}

    def output_mask(self, mask: Array | None) -> Array | None:
        return _mask_in_order(self.layers, mask)

    def mask_from(self, x: Array, mask: Array | None) -> Array | None:
        return _mask_from(self.layers, x, mask)

    def operations(self, input_shape: Shape) -> int:
        inside = _operations_in_order(self.layers, input_shape)
        after = self.output_shape(input_shape)
        if self.shortcut:
            return inside + _operations_in_order(self.shortcut, input_shape)
        return inside + (math.prod(after) * input_shape[-1] if after[-1] != input_shape[-1] else 0)


@spec(family="layer", name="parallel")
class Parallel(Layer):
    """The same input through every branch, the outputs put together.

    branches: one layer each; a list of layers stands for their Sequential.
    merge: ``"concatenate"`` on the last axis, else the elementwise sum, mean or product.

    A step is real in the output if it is real in the output of every branch.
    """

    branches: Branches
    merge: Literal["concatenate", "sum", "mean", "multiply"] = "concatenate"

    def output_shape(self, input_shape: Shape) -> Shape:
        found = [branch.output_shape(input_shape) for branch in self.branches]
        comparable = [one[:-1] for one in found] if self.merge == "concatenate" else found
        if len(set(comparable)) != 1 or not all(found):
            raise RecipeError("network.branches_do_not_fit", merge=self.merge, shapes=found)
        if self.merge == "concatenate":
            return (*found[0][:-1], sum(one[-1] for one in found))
        return found[0]

    def initial_params(self, rng: np.random.Generator, input_shape: Shape) -> Params:
        self.output_shape(input_shape)
        return _initial_params(self.branches, rng, (input_shape,) * len(self.branches))

    def initial_state(self, input_shape: Shape) -> State:
        states = tuple(branch.initial_state(input_shape) for branch in self.branches)
        return _named(self.branches, states)

    def apply(
        self, params: Params, state: State, x: Array, context: Context
    ) -> tuple[Array, State]:
        own_params, own_state = _unnamed(self.branches, params), _unnamed(self.branches, state)
        outputs: list[Array] = []
        states: list[State] = []
        for index, branch in enumerate(self.branches):
            key = None if context.key is None else jax.random.fold_in(context.key, index)
            own = context._replace(key=key)
            y, next_state = branch.apply(own_params[index], own_state[index], x, own)
            outputs.append(y)
            states.append(next_state)
        return self._merged(outputs), _named(self.branches, tuple(states))

    def _merged(self, outputs: list[Array]) -> Array:
        if self.merge == "concatenate":
            return jnp.concatenate(outputs, axis=-1)
        if self.merge == "multiply":
            return reduce(jnp.multiply, outputs)
        total = reduce(jnp.add, outputs)
        return total / len(outputs) if self.merge == "mean" else total

    def output_mask(self, mask: Array | None) -> Array | None:
        return _all_real([branch.output_mask(mask) for branch in self.branches])

    def mask_from(self, x: Array, mask: Array | None) -> Array | None:
        return _all_real([branch.mask_from(x, mask) for branch in self.branches])

    def operations(self, input_shape: Shape) -> int:
        return sum(branch.operations(input_shape) for branch in self.branches)


def _all_real(masks: list[Array | None]) -> Array | None:
    known = [mask for mask in masks if mask is not None]
    return reduce(jnp.logical_and, known) if known else None
