"""Pooling with derivatives that are fast on a CPU.

``reduce_window``'s maximum has a gradient twenty times slower there than elementwise maxima of
strided slices. The place of each maximum is kept, one byte a window, because comparing again in
the derivative makes XLA compute what came before the pooling once for each place of the window
(13.7 ms against 1.9 ms for bias, ReLU and pooling of 28×28×32, batch 128).
"""

from __future__ import annotations

import math
from functools import partial, reduce

import jax
import jax.numpy as jnp
from jax import Array

from jaram.network.kernels.windows import Window, padded, taps, untapped


def max_pool(x: Array, window: Window) -> Array:
    """The largest value in each window, of ``(batch, *sizes, channels)``.

    Its gradient goes to the first of equal values, as in PyTorch and cuDNN. Padding never wins.
    """
    return _max_pool(x, window, x.shape[1:-1])


@partial(jax.custom_vjp, nondiff_argnums=(1, 2))
def _max_pool(x: Array, window: Window, sizes: tuple[int, ...]) -> Array:
    return reduce(jnp.maximum, taps(padded(x, window, -jnp.inf), window))


def _max_forward(x: Array, window: Window, sizes: tuple[int, ...]) -> tuple[Array, Array]:
    parts = list(taps(padded(x, window, -jnp.inf), window))
    y = reduce(jnp.maximum, parts)
    number = jnp.int8 if len(parts) <= 128 else jnp.int32
    place = jnp.full(y.shape, len(parts) - 1, number)
    for at in reversed(range(len(parts) - 1)):
        place = jnp.where(parts[at] == y, number(at), place)
    return y, place


def _max_backward(window: Window, sizes: tuple[int, ...], place: Array, dy: Array) -> tuple[Array]:
    if _is_tiling(window):
        wins = _over_tiles(place, window) == _places(window, place)
        return (_from_tiles(jnp.where(wins, _over_tiles(dy, window), 0), sizes),)
    parts = [jnp.where(place == at, dy, 0) for at in range(math.prod(window.size))]
    return (untapped(parts, window, sizes),)


_max_pool.defvjp(_max_forward, _max_backward)


def sum_pool(x: Array, window: Window) -> Array:
    """The sum over each window, of ``(batch, *sizes, channels)``."""
    return reduce(jnp.add, taps(padded(x, window), window))


# Windows that lie side by side: an input is a grid of tiles, (batch, rows, height, columns, width,
# channels) for pictures.


def _is_tiling(window: Window) -> bool:
    """Whether no input place is in two windows, and there is nothing between or around them."""
    return window.strides == window.reach == window.size and not any(map(any, window.padding))


def _over_tiles(y: Array, window: Window) -> Array:
    """One number a window, with an axis of length 1 behind each spatial one."""
    return jnp.expand_dims(y, [2 + 2 * axis for axis in range(len(window.size))])


def _places(window: Window, like: Array) -> Array:
    """Each place's number in its tile, in row-major order, with axes as in :func:`_over_tiles`."""
    shape = [1] * (2 + 2 * len(window.size))
    for axis, size in enumerate(window.size):
        shape[2 + 2 * axis] = size
    return jnp.arange(math.prod(window.size), dtype=like.dtype).reshape(shape)


def _from_tiles(tiles: Array, sizes: tuple[int, ...]) -> Array:
    """The grid of tiles as ``(batch, *sizes, channels)``, with zeros where no tile fitted in."""
    shape = tiles.shape
    covered = [shape[1 + 2 * axis] * shape[2 + 2 * axis] for axis in range(len(sizes))]
    whole = tiles.reshape(shape[0], *covered, shape[-1])
    if tuple(covered) == sizes:
        return whole
    rest = [(0, size - cover) for size, cover in zip(sizes, covered, strict=True)]
    return jnp.pad(whole, [(0, 0), *rest, (0, 0)])
