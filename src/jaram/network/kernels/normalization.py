"""Normalisation over a minibatch, with a derivative of its own.

Automatic differentiation goes back through mean and variance one after the other and reads the
signals once more for each. In closed form the derivative needs two sums, which are those of the
scale's and the shift's gradients (Ioffe & Szegedy, 2015, section 3).
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike


@jax.custom_vjp
def batch_normalized(
    x: Array, scale: Array, shift: Array, epsilon: ArrayLike
) -> tuple[Array, Array, Array]:
    """``x`` ``(..., features)`` with mean ``shift`` and deviation ``scale`` over all other axes,
    and the mean and the biased variance ``(features,)`` that it had.

    The mean and the variance pass no gradient on: they are for running statistics. Neither does
    ``epsilon``.
    """
    axes = tuple(range(x.ndim - 1))
    mean, variance = x.mean(axes), x.var(axes)
    return (x - mean) * (scale * jax.lax.rsqrt(variance + epsilon)) + shift, mean, variance


Kept = tuple[Array, Array, Array, Array, Array]


def _forward(
    x: Array, scale: Array, shift: Array, epsilon: ArrayLike
) -> tuple[tuple[Array, Array, Array], Kept]:
    y, mean, variance = batch_normalized(x, scale, shift, epsilon)
    inverse = jax.lax.rsqrt(variance + epsilon)
    return (y, mean, variance), (x, scale, mean, inverse, jnp.asarray(epsilon))


def _backward(
    kept: Kept, gradients: tuple[Array, Array, Array]
) -> tuple[Array, Array, Array, Array]:
    x, scale, mean, inverse, epsilon = kept
    dy, axes = gradients[0], tuple(range(x.ndim - 1))
    count = x.size // x.shape[-1]
    dshift = dy.sum(axes)
    around = (dy * (x - mean)).sum(axes) * inverse
    slope = scale * inverse
    dx = dy * slope - (x - mean) * (slope * inverse * around / count) - slope * dshift / count
    return dx, around, dshift, jnp.zeros_like(epsilon)


batch_normalized.defvjp(_forward, _backward)
