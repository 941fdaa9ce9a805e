"""Pooling with derivatives that are fast on a CPU.

``reduce_window``'s maximum has a gradient twenty times slower there than elementwise maxima of
strided slices.
"""

from __future__ import annotations

from functools import partial, reduce

import jax
import jax.numpy as jnp
from jax import Array

from jaram.network.kernels.windows import Window, padded, taps, untapped


@partial(jax.custom_vjp, nondiff_argnums=(1,))
def max_pool(x: Array, window: Window) -> Array:
    """The largest value in each window, of ``(batch, *sizes, channels)``.

    Its gradient goes to the first of equal values, as in PyTorch and cuDNN. Padding never wins.
    """
    return reduce(jnp.maximum, taps(padded(x, window, -jnp.inf), window))


def _max_forward(x: Array, window: Window) -> tuple[Array, tuple[Array, Array]]:
    y = max_pool(x, window)
    return y, (x, y)


def _max_backward(window: Window, kept: tuple[Array, Array], dy: Array) -> tuple[Array]:
    x, y = kept
    is_open, parts = jnp.ones(y.shape, bool), []
    for seen in taps(padded(x, window, -jnp.inf), window):
        wins = is_open & (seen == y)
        is_open &= ~wins
        parts.append(jnp.where(wins, dy, jnp.zeros_like(dy)))
    return (untapped(parts, window, x.shape[1:-1]),)


max_pool.defvjp(_max_forward, _max_backward)


def sum_pool(x: Array, window: Window) -> Array:
    """The sum over each window, of ``(batch, *sizes, channels)``."""
    return reduce(jnp.add, taps(padded(x, window), window))
