"""What a layer is: a specification with shapes, initial parameters and a computation."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Annotated, Any, NamedTuple

import numpy as np
from jax import Array

from jaram.errors import RecipeError
from jaram.spec import parser

Shape = tuple[int, ...]
"""The shape of one example, without the batch axis."""
Params = dict[str, Any]
"""Trainable arrays of a layer by name, nested for layers inside layers; NumPy or JAX, float32."""
State = dict[str, Any]
"""Arrays carried from step to step without gradient (batch statistics); ``{}`` for most."""


class Context(NamedTuple):
    """What a layer is told beside its input.

    training: whether to behave as in training (drop units, use the minibatch's statistics).
    key: a JAX random key of this layer's own for this step; None where nothing is random.
    mask: bool ``(batch, steps)``, True where a series has a real step; None if every step is real.
    drops: whether units are dropped outside training, too (Monte-Carlo dropout).
    shares: how many devices share the minibatch, of which the layer sees a part
    (:mod:`jaram.network.sharing`).
    """

    training: bool = False
    key: Array | None = None
    mask: Array | None = None
    drops: bool = False
    shares: int = 1


class Layer(ABC):
    """One layer of a network. Subclasses are frozen specifications and hold no arrays."""

    @abstractmethod
    def output_shape(self, input_shape: Shape) -> Shape:
        """The shape of one output for one input of ``input_shape``.

        Raises :class:`~jaram.errors.RecipeError` if the layer can't take such an input.
        """

    @abstractmethod
    def apply(
        self, params: Params, state: State, x: Array, context: Context
    ) -> tuple[Array, State]:
        """Outputs ``(batch, *output_shape)`` for ``(batch, *input_shape)``; the next state."""

    def initial_params(self, rng: np.random.Generator, input_shape: Shape) -> Params:
        """Initial parameters, float32 NumPy arrays; penalties act on those named ``weight``."""
        return {}

    def initial_state(self, input_shape: Shape) -> State:
        """The state before the first step, float32 NumPy arrays."""
        return {}

    def output_mask(self, mask: Array | None) -> Array | None:
        """The mask that goes with the output; most layers hand theirs on."""
        return mask

    def mask_from(self, x: Array, mask: Array | None) -> Array | None:
        """The mask that goes with the output for inputs ``x`` with ``mask``.

        For layers that read from their input which steps are real (an embedding of padded tokens);
        for all others it is :meth:`output_mask`.
        """
        return self.output_mask(mask)

    def operations(self, input_shape: Shape) -> int:
        """Multiply-adds for one example going forward; 0 where they do not matter."""
        return 0


LayerField = Annotated[Layer, parser("layer")]
"""A field that takes a layer, its table or its words."""
LayersField = tuple[LayerField, ...]


def require_axes(layer: Layer, input_shape: Shape, axes: int = 1) -> None:
    """Raise RecipeError unless one example has at least ``axes`` axes, the last for features."""
    if len(input_shape) < axes:
        raise RecipeError(
            "network.needs_axes",
            layer=type(layer).__name__,
            axes=axes,
            shape=tuple(input_shape),
        )


def random_key(layer: Layer, context: Context) -> Array:
    """The layer's random key; a programming error (TypeError) if training did not bring one."""
    if context.key is None:
        raise TypeError(f"{type(layer).__name__} needs Context.key in training")
    return context.key
