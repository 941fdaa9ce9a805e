"""Each way a convolution is computed equals ``lax.conv``, in value and in both derivatives."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaram.network.kernels import convolution
from jaram.network.kernels.windows import Window

SHAPES = [
    # batch, height, width, inputs, outputs, size, stride, padding
    (6, 12, 12, 3, 4, 3, 1, 1),
    (6, 9, 16, 16, 16, 3, 1, 1),
    (4, 12, 15, 1, 8, 5, 2, 2),
    (6, 7, 7, 20, 5, 3, 1, 0),
]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_convolution_equals_the_plain_one(shape: tuple[int, ...]) -> None:
    batch, height, width, inputs, outputs, size, stride, padding = shape
    rng = np.random.default_rng(0)
    x = jnp.asarray(rng.standard_normal((batch, height, width, inputs), np.float32))
    weight = jnp.asarray(rng.standard_normal((size, size, inputs, outputs), np.float32))
    window = Window((size, size), (stride, stride), ((padding, padding),) * 2, (1, 1))
    expected, pull = jax.vjp(lambda a, b: convolution.convolve_plainly(a, b, window), x, weight)
    found, own_pull = jax.vjp(lambda a, b: convolution.convolve(a, b, window), x, weight)
    direction = jnp.asarray(rng.standard_normal(expected.shape, np.float32))
    for ours, plain in zip(
        (found, *own_pull(direction)), (expected, *pull(direction)), strict=True
    ):
        np.testing.assert_allclose(ours, plain, rtol=1e-4, atol=1e-4 * float(jnp.abs(plain).max()))


def test_few_channels_take_neighbouring_columns_at_once() -> None:
    window = Window((3, 3), (1, 1), ((1, 1), (1, 1)), (1, 1))
    count = convolution._columns_at_once
    assert count(window, 32, 16, 16) == 2
    assert count(window, 32, 3, 16) == 4
    assert count(window, 32, 32, 16) == count(window, 32, 16, 64) == 1
    assert count(window, 4, 16, 8) == 2  # four would make the kernel wider than the picture
