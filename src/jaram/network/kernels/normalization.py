"""Normalisation over a minibatch, with a derivative of its own.

Automatic differentiation goes back through mean and variance one after the other and reads the
signals once more for each. In closed form the derivative needs two sums, which are those of the
scale's and the shift's gradients (Ioffe & Szegedy, 2015, section 3).
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from jaram.network.sharing import each, total


@partial(jax.custom_vjp, nondiff_argnums=(4,))
def batch_normalized(
    x: Array, scale: Array, shift: Array, epsilon: ArrayLike, shares: int
) -> tuple[Array, Array, Array]:
    """``x`` ``(..., features)`` with mean ``shift`` and deviation ``scale`` over all other axes,
    and the mean and the biased variance ``(features,)`` that it had.

    The mean and the variance pass no gradient on: they are for running statistics. Neither does
    ``epsilon``. shares: how many devices share the minibatch (:mod:`jaram.network.sharing`), all
    of which is normalised.
    """
    mean, variance = _statistics(x, shares)
    return (x - mean) * (scale * jax.lax.rsqrt(variance + epsilon)) + shift, mean, variance


def _statistics(x: Array, shares: int) -> tuple[Array, Array]:
    """Mean and biased variance of the whole minibatch: the variance is the mean of the parts' own
    and that of their means, which is exact where sums of squares would cancel."""
    axes = tuple(range(x.ndim - 1))
    means, variances = each(jnp.stack([x.mean(axes), x.var(axes)]), shares).swapaxes(0, 1)
    return means.mean(0), variances.mean(0) + means.var(0)


Kept = tuple[Array, Array, Array, Array, Array]


def _forward(
    x: Array, scale: Array, shift: Array, epsilon: ArrayLike, shares: int
) -> tuple[tuple[Array, Array, Array], Kept]:
    y, mean, variance = batch_normalized(x, scale, shift, epsilon, shares)
    inverse = jax.lax.rsqrt(variance + epsilon)
    return (y, mean, variance), (x, scale, mean, inverse, jnp.asarray(epsilon))


def _backward(
    shares: int, kept: Kept, gradients: tuple[Array, Array, Array]
) -> tuple[Array, Array, Array, Array]:
    x, scale, mean, inverse, epsilon = kept
    dy, axes = gradients[0], tuple(range(x.ndim - 1))
    count = shares * (x.size // x.shape[-1])
    dshift = dy.sum(axes)
    around = (dy * (x - mean)).sum(axes) * inverse
    # This part's signals moved the statistics of all; its scale and shift are its own.
    all_dshift, all_around = total((dshift, around), shares)
    slope = scale * inverse
    moved = slope * (inverse * all_around)
    dx = dy * slope - (x - mean) * (moved / count) - slope * all_dshift / count
    return dx, around, dshift, jnp.zeros_like(epsilon)


batch_normalized.defvjp(_forward, _backward)
