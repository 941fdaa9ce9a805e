"""What the parts of a minibatch agree on where several devices share it.

Each device trains the same network on its part; together they make the step that one of them would
make on the whole, up to rounding: means and sums are taken over all parts, and random numbers are
those that are drawn for the whole minibatch.

``shares`` says everywhere how many parts there are. With 1 nothing is exchanged; with more, the
code runs within ``jax.shard_map`` over a mesh with the axis :data:`EXAMPLES`, the first examples on
its first device.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import jax
import jax.numpy as jnp
from jax import Array
from jax.flatten_util import ravel_pytree

Tree = TypeVar("Tree")
EXAMPLES = "examples"
"""The axis of the mesh along which a minibatch is shared out."""


def mean(tree: Tree, shares: int) -> Tree:
    """The mean over the parts of every number in a tree of float32 arrays."""
    return tree if shares == 1 else _exchanged(jax.lax.pmean, tree)


def total(tree: Tree, shares: int) -> Tree:
    """The sum over the parts of every number in a tree of float32 arrays."""
    return tree if shares == 1 else _exchanged(jax.lax.psum, tree)


def _exchanged(over_parts: Callable[[Array, str], Array], tree: Tree) -> Tree:
    """All arrays of a tree in one message: each has the devices wait for each other."""
    flat, as_before = ravel_pytree(tree)
    found: Tree = as_before(over_parts(flat, EXAMPLES))
    return found


def largest(value: Array, shares: int) -> Array:
    """The largest over the parts, elementwise."""
    return value if shares == 1 else jax.lax.pmax(value, EXAMPLES)


def each(value: Array, shares: int) -> Array:
    """What each part has, ``(shares, *value.shape)``."""
    return value[None] if shares == 1 else jax.lax.all_gather(value, EXAMPLES)


def drawn(draw: Callable[[tuple[int, ...]], Array], shape: tuple[int, ...], shares: int) -> Array:
    """Random numbers of this part, ``shape`` ``(rows, ...)``, of those that ``draw(shape)`` gives
    for the whole minibatch, ``(shares · rows, ...)``."""
    whole = draw((shape[0] * shares, *shape[1:]))
    return own_part(whole, shares)


def own_part(whole: Array, shares: int) -> Array:
    """The rows of this part of what all parts have whole, ``(shares · rows, ...)``."""
    if shares == 1:
        return whole
    rows = len(whole) // shares
    return jax.lax.dynamic_slice_in_dim(whole, jax.lax.axis_index(EXAMPLES) * rows, rows)


def neighbours(values: Array, shares: int) -> Array:
    """Of each example of the whole minibatch the one before it, of the first the last."""
    if shares == 1:
        return jnp.roll(values, 1, axis=0)
    ring = [(part, (part + 1) % shares) for part in range(shares)]
    before = jax.lax.ppermute(values[-1:], EXAMPLES, ring)
    return jnp.concatenate([before, values[:-1]])
