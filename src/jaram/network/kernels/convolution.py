"""Convolution (cross-correlation, as networks have it) with derivatives that are fast on a CPU.

Notation: x ``(batch, *sizes, inputs)``, weight ``(*kernel, inputs / groups, outputs)``, y
``(batch, *output sizes, outputs)``, with one or two spatial axes.

Inside a loop XLA's CPU compiler makes the weight gradient of ``lax.conv`` a convolution with a
kernel as large as the picture: it took 746 ms where the matrix product of what the windows saw with
the output's gradient takes 10 ms (14×14, 32→64 channels, batch 128, 3×3).
"""

from __future__ import annotations

import math
from functools import partial, reduce
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from jaram.network.kernels.product import product
from jaram.network.kernels.windows import Window, padded, taps, untapped


def convolve(x: Array, weight: Array, window: Window, groups: int = 1) -> Array:
    """The convolution of ``x`` with ``weight``, on the device's own best path."""
    found: Array = jax.lax.platform_dependent(
        x,
        weight,
        cpu=partial(_on_cpu, window=window, groups=groups),
        default=partial(convolve_plainly, window=window, groups=groups),
    )
    return found


def convolve_plainly(x: Array, weight: Array, window: Window, groups: int = 1) -> Array:
    """The same by ``jax.lax``."""
    spatial = "HW"[: len(window.size)]
    return jax.lax.conv_general_dilated(
        x,
        weight,
        window.strides,
        window.padding,
        rhs_dilation=window.dilation,
        dimension_numbers=(f"N{spatial}C", f"{spatial}IO", f"N{spatial}C"),
        feature_group_count=groups,
    )


def _on_cpu(x: Array, weight: Array, window: Window, groups: int) -> Array:
    if len(window.size) == 1:
        return _on_cpu(x[:, None], weight[None], _as_picture(window), groups)[:, 0]
    if groups == 1:
        return _convolve(x, weight, window)
    if groups == x.shape[-1]:
        return _depthwise(x, weight, window)
    split_x = jnp.split(x, groups, axis=-1)
    split_weight = jnp.split(weight, groups, axis=-1)
    parts = [_convolve(a, b, window) for a, b in zip(split_x, split_weight, strict=True)]
    return jnp.concatenate(parts, axis=-1)


@partial(jax.custom_vjp, nondiff_argnums=(2,))
def _convolve(x: Array, weight: Array, window: Window) -> Array:
    if all(size == 1 for size in window.size):
        (seen,) = taps(padded(x, window), window)
        return product(seen, weight.reshape(weight.shape[-2:]))
    columns = _columns_at_once(window, x.shape[-2], *weight.shape[-2:])
    return _convolve_columns(x, weight, window, columns)


FEW_CHANNELS = 16
"""Up to so many inputs and outputs, XLA's convolution is slow: 11.5 ms for 16→16 at 32×32, batch
128, 3×3, where 16→32 takes no more than 10.3."""


def _columns_at_once(window: Window, width: int, inputs: int, outputs: int) -> int:
    """How many neighbouring columns of the output to compute as channels of one."""
    is_odd = inputs > 1 and inputs % 2 == 1
    wanted = 64 if is_odd else 2 * FEW_CHANNELS  # 3→32 takes 9.0 ms, 3→64 takes 5.2, at 28×28
    if window.dilation[-1] > 1 or inputs > FEW_CHANNELS or outputs >= wanted:
        return 1
    columns = window.output_sizes((*(0 for _ in window.size[1:]), width))[-1]
    # XLA lets a kernel that is larger than the picture change places with it, and is slow then.
    fitting = (columns - window.size[-1]) // window.strides[-1] + 1
    return _largest_divisor(columns, max(1, min(wanted // outputs, fitting)))


def _convolve_columns(x: Array, weight: Array, window: Window, columns: int) -> Array:
    """The convolution with so many neighbouring columns of the output as channels of one.

    Its kernel holds the same weights once for each of the columns, moved by the stride. That is
    more arithmetic in fewer, fuller matrix products: 11.5 ms fall to 7.9 (16→16, 32×32), 7.6 to
    2.1 (3→16).
    """
    if columns == 1:
        return convolve_plainly(x, weight, window)
    stride = window.strides[-1]
    further = (columns - 1) * stride
    before: list[Any] = [(0, 0)] * (weight.ndim - 3)
    moved = [
        jnp.pad(weight, [*before, (at * stride, further - at * stride), (0, 0), (0, 0)])
        for at in range(columns)
    ]
    wide = Window(
        (*window.size[:-1], window.size[-1] + further),
        (*window.strides[:-1], columns * stride),
        window.padding,
        window.dilation,
    )
    y = convolve_plainly(x, jnp.concatenate(moved, axis=-1), wide)
    return y.reshape(*y.shape[:-2], columns * y.shape[-2], weight.shape[-1])


def _forward(x: Array, weight: Array, window: Window) -> tuple[Array, tuple[Array, Array]]:
    return _convolve(x, weight, window), (x, weight)


def _backward(window: Window, kept: tuple[Array, Array], dy: Array) -> tuple[Array, Array]:
    x, weight = kept
    return _input_gradient(weight, dy, window, x.shape[1:-1]), _weight_gradient(x, dy, window)


_convolve.defvjp(_forward, _backward)


SEEN_BYTES = 2**19
"""What the windows see of the examples that are taken at once: as much as a core's cache holds."""


def _weight_gradient(x: Array, dy: Array, window: Window) -> Array:
    """What the windows saw, transposed, by the output's gradient.

    A few examples at a time, so that what is laid out for the matrix product stays in the cache:
    one product for all of them took 47 ms where this takes 11 (14×14, 32→64 channels, batch 128).
    The longer of the product's sides comes last, where it is fastest.
    """
    inputs, outputs = x.shape[-1], dy.shape[-1]
    seen = math.prod(window.size) * inputs
    an_example = 4 * math.prod(dy.shape[1:-1]) * seen
    count = _largest_divisor(x.shape[0], max(1, SEEN_BYTES // an_example))
    is_turned = seen >= outputs

    # Slices within a loop, because a scan over minibatches of minibatches has XLA lay out x and dy
    # once more.
    def add(at: Array, total: Array) -> Array:
        part, gradient = (jax.lax.dynamic_slice_in_dim(a, at * count, count) for a in (x, dy))
        columns = jnp.concatenate(list(taps(padded(part, window), window)), axis=-1)
        columns, gradient = columns.reshape(-1, seen), gradient.reshape(-1, outputs)
        return total + (gradient.T @ columns if is_turned else columns.T @ gradient)

    blank = jnp.zeros((outputs, seen) if is_turned else (seen, outputs), dy.dtype)
    total: Array = jax.lax.fori_loop(0, x.shape[0] // count, add, blank)
    found = total.T if is_turned else total
    return found.reshape(*window.size, inputs, outputs)


def _largest_divisor(number: int, most: int) -> int:
    """The largest divisor of ``number`` that is not above ``most``."""
    return next(size for size in range(min(number, most), 0, -1) if number % size == 0)


def _input_gradient(weight: Array, dy: Array, window: Window, sizes: tuple[int, ...]) -> Array:
    """A convolution of the output's gradient, spread by the strides, with the turned kernel."""
    turned = jnp.flip(weight, range(len(window.size))).swapaxes(-1, -2)
    if all(size == 1 for size in window.size):
        return untapped([product(dy, turned.reshape(turned.shape[-2:]))], window, sizes)
    spread: list[Any] = [(0, 0, 0)]
    for axis, (reach, stride) in enumerate(zip(window.reach, window.strides, strict=True)):
        before = reach - 1 - window.padding[axis][0]
        covered = before + (dy.shape[1 + axis] - 1) * stride + 1
        spread.append((before, sizes[axis] + reach - 1 - covered, stride - 1))
    ones = (1,) * len(sizes)
    if window.strides == ones:
        edges = tuple((before, after) for before, after, _ in spread[1:])
        return _convolve(dy, turned, Window(window.size, ones, edges, window.dilation))
    around = jax.lax.pad(dy, jnp.zeros((), dy.dtype), [*spread, (0, 0, 0)])
    none = ((0, 0),) * len(sizes)
    return _convolve(around, turned, Window(window.size, ones, none, window.dilation))


def convolve_transposed(x: Array, weight: Array, window: Window, sizes: tuple[int, ...]) -> Array:
    """The transpose of a convolution: ``(batch, *sizes, outputs)`` from what it made of them.

    window: of the convolution that takes ``sizes`` to x's. weight: ``(*kernel, outputs, inputs)``.
    """
    found: Array = jax.lax.platform_dependent(
        x,
        weight,
        cpu=partial(_transposed_on_cpu, window=window, sizes=sizes),
        default=partial(transpose_plainly, window=window, sizes=sizes),
    )
    return found


def transpose_plainly(x: Array, weight: Array, window: Window, sizes: tuple[int, ...]) -> Array:
    """The same by ``jax.lax``: the gradient of the convolution for its input."""
    blank = jnp.zeros((x.shape[0], *sizes, weight.shape[-2]), x.dtype)
    _, pull = jax.vjp(lambda before: convolve_plainly(before, weight, window), blank)
    found: Array = pull(x)[0]
    return found


def _transposed_on_cpu(x: Array, weight: Array, window: Window, sizes: tuple[int, ...]) -> Array:
    if len(sizes) == 1:
        flat = _as_picture(window)
        return _transpose(x[:, None], weight[None], flat, (1, *sizes))[:, 0]
    return _transpose(x, weight, window, sizes)


@partial(jax.custom_vjp, nondiff_argnums=(2, 3))
def _transpose(x: Array, weight: Array, window: Window, sizes: tuple[int, ...]) -> Array:
    return _input_gradient(weight, x, window, sizes)


def _transpose_forward(
    x: Array, weight: Array, window: Window, sizes: tuple[int, ...]
) -> tuple[Array, tuple[Array, Array]]:
    return _transpose(x, weight, window, sizes), (x, weight)


def _transpose_backward(
    window: Window, sizes: tuple[int, ...], kept: tuple[Array, Array], dy: Array
) -> tuple[Array, Array]:
    x, weight = kept
    return _convolve(dy, weight, window), _weight_gradient(dy, x, window)


_transpose.defvjp(_transpose_forward, _transpose_backward)


def _as_picture(window: Window) -> Window:
    """A window along a series as one over pictures of height 1, because XLA knows its fast path
    for two spatial axes only."""
    return Window(
        (1, *window.size), (1, *window.strides), ((0, 0), *window.padding), (1, *window.dilation)
    )


def _depthwise(x: Array, weight: Array, window: Window) -> Array:
    """Each channel by itself: a sum of products elementwise, which XLA makes one loop of."""
    multiplier = weight.shape[-1] // x.shape[-1]
    wide = x if multiplier == 1 else jnp.repeat(x, multiplier, axis=-1)
    seen = list(taps(padded(wide, window), window))
    flat = weight.reshape(len(seen), -1)
    return reduce(jnp.add, (part * flat[at] for at, part in enumerate(seen)))
