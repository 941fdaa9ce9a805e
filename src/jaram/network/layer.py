"""What a layer is: a specification that knows its shapes, its initial parameters and its computation."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Annotated, Any, NamedTuple

import numpy as np
from jax import Array

from jaram.spec import parser

Shape = tuple[int, ...]
"""The shape of one example, without the batch axis."""
Params = dict[str, Any]
"""Trainable arrays of a layer by name, nested for layers inside layers; NumPy or JAX, float32."""
State = dict[str, Any]
"""Arrays that a layer carries from step to step without gradient (batch statistics); ``{}`` for most."""


class Context(NamedTuple):
    """What a layer is told beside its input.

    training: whether to behave as in training (drop units, use the minibatch's statistics).
    key: a JAX random key of this layer's own for this step; None outside training.
    mask: bool ``(batch, steps)``, True where a series has a real step; None if every step is real.
    """

    training: bool = False
    key: Array | None = None
    mask: Array | None = None


class Layer(ABC):
    """One layer of a network. Subclasses are frozen specifications and hold no arrays."""

    @abstractmethod
    def output_shape(self, input_shape: Shape) -> Shape:
        """The shape of one output for one input of ``input_shape``.

        Raises :class:`~jaram.errors.RecipeError` if the layer can't take such an input.
        """

    @abstractmethod
    def apply(self, params: Params, state: State, x: Array, context: Context) -> tuple[Array, State]:
        """Outputs ``(batch, *output_shape)`` for inputs ``x`` ``(batch, *input_shape)``, and the next state."""

    def initial_params(self, rng: np.random.Generator, input_shape: Shape) -> Params:
        """Initial parameters, float32 NumPy arrays. Arrays named ``weight`` are what penalties act on."""
        return {}

    def initial_state(self, input_shape: Shape) -> State:
        """The state before the first step, float32 NumPy arrays."""
        return {}

    def output_mask(self, mask: Array | None) -> Array | None:
        """The mask that goes with the output; most layers hand theirs on."""
        return mask

    def operations(self, input_shape: Shape) -> int:
        """Multiply-adds for one example going forward; 0 where they do not matter."""
        return 0


LayerField = Annotated[Layer, parser("layer")]
"""A field that takes a layer, its table or its words."""
LayersField = tuple[LayerField, ...]
