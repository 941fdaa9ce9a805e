"""The matrix product on the last axis."""

from __future__ import annotations

from jax import Array


def product(x: Array, weight: Array) -> Array:
    """``x @ weight`` for x ``(..., inputs)`` and weight ``(inputs, outputs)``.

    The axes before are one in the product. Left apart, the weight's gradient would sum over several
    axes at once, for which XLA turns both factors over in memory: 19 ms against 2 ms for
    (56, 128, 28) by (28, 512).
    """
    if x.ndim <= 2:
        return x @ weight
    return (x.reshape(-1, x.shape[-1]) @ weight).reshape(*x.shape[:-1], weight.shape[-1])
