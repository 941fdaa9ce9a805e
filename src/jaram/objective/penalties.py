"""Penalties: what large weights cost, and where they are stopped.

A penalty acts on arrays named ``weight``, at any depth, and leaves biases and scales alone.
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import jax
import jax.numpy as jnp
from jax import Array

from jaram.spec import NonNegative, Positive, parser, spec

Tree = TypeVar("Tree")
"""Parameters: a tree of float arrays in tuples and dicts."""


class Penalty(ABC):  # noqa: B024 -- each penalty has one of three effects; none is common to all
    """A force on the weights, through one of three doors; those it does not use do nothing."""

    def loss_term(self, params: Any) -> Array:
        """A scalar that is added to the mean loss of the minibatch."""
        return jnp.zeros(())

    def decay(self, params: Tree, learning_rate: Array | float) -> Tree:
        """``params`` shrunk beside the optimizer's step, by this step's ``learning_rate``."""
        return params

    def project(self, params: Tree) -> Tree:
        """``params`` brought back, after the optimizer's step, to where they are allowed."""
        return params


PenaltyField = Annotated[Penalty, parser("penalty")]
PenaltiesField = tuple[PenaltyField, ...]


@spec(family="penalty", name="l1", aliases=("lasso",))
class L1(Penalty):
    """strength · sum \\|w\\|, which drives small weights towards zero (Tibshirani, 1996)."""

    strength: NonNegative = 1e-4

    def loss_term(self, params: Any) -> Array:
        return self.strength * _total(jnp.abs, params)


@spec(family="penalty", name="l2", aliases=("ridge", "weight_decay"))
class L2(Penalty):
    """strength / 2 · sum w², whose gradient is strength · w.

    decoupled: instead of adding to the loss, multiply weights by 1 - learning_rate · strength at
    each
        step (Loshchilov & Hutter, 2019). The same for plain gradient descent, not for adaptive
        methods.
    """

    strength: NonNegative = 1e-4
    decoupled: bool = False

    def loss_term(self, params: Any) -> Array:
        if self.decoupled:
            return jnp.zeros(())
        return 0.5 * self.strength * _total(jnp.square, params)

    def decay(self, params: Tree, learning_rate: Array | float) -> Tree:
        if not self.decoupled:
            return params
        return map_weights(lambda w: w * (1 - learning_rate * self.strength), params)


@spec(family="penalty", name="max_norm")
class MaxNorm(Penalty):
    """Each unit's incoming weights have Euclidean norm at most ``limit`` (Srebro et al., 2005).

    A unit is an index of the last axis: a column of ``(inputs, units)``, a filter of
    ``(height, width, channels, filters)``. Longer vectors are shortened, others left as they are.
    """

    limit: Positive = 3.0

    def project(self, params: Tree) -> Tree:
        def shorten(weight: Array) -> Array:
            squares = jnp.sum(jnp.square(weight), axis=tuple(range(weight.ndim - 1)), keepdims=True)
            norm = jnp.sqrt(squares)
            return weight * jnp.where(norm > self.limit, self.limit / norm, 1.0)

        return map_weights(shorten, params)


def map_weights(function: Callable[[Array], Array], params: Tree) -> Tree:
    """``params`` with ``function`` applied to the arrays named ``weight``."""

    def visit(path: tuple[Any, ...], leaf: Array) -> Array:
        return function(leaf) if _is_weight(path) else leaf

    mapped: Tree = jax.tree_util.tree_map_with_path(visit, params)
    return mapped


def weight_mask(params: Tree) -> Tree:
    """The tree of ``params`` with True where the array is named ``weight``."""
    mask: Tree = jax.tree_util.tree_map_with_path(lambda path, _: _is_weight(path), params)
    return mask


def _is_weight(path: tuple[Any, ...]) -> bool:
    return bool(path) and getattr(path[-1], "key", None) == "weight"


def _total(function: Callable[[Array], Array], params: Any) -> Array:
    leaves = jax.tree_util.tree_leaves_with_path(params)
    return sum(
        (jnp.sum(function(leaf)) for path, leaf in leaves if _is_weight(path)), jnp.zeros(())
    )
