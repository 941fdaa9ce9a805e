"""A kernel that is larger than what it slides over is refused where that can't be meant."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import jaram as jr
from jaram.network.windowed import USUAL


@given(
    st.integers(1, 40),
    st.integers(1, 20),
    st.integers(1, 3),
    st.sampled_from(["same", "causal", 2]),
)
def test_only_kernels_with_weights_that_meet_nothing_are_refused(
    kernel: int, size: int, stride: int, padding: str | int
) -> None:
    """Against a slow truth: a weight meets something if a one somewhere in the input reaches the
    output through it."""
    layer = jr.Conv(1, kernel, stride=stride, padding=padding)  # type: ignore[arg-type]
    before, after = {"same": ((kernel - 1) // 2, kernel // 2), "causal": (kernel - 1, 0)}.get(
        str(padding), (2, 2)
    )
    places = np.arange(-before, size + after)
    if len(places) < kernel:
        return
    starts = range(0, len(places) - kernel + 1, stride)
    seen = {at for start in starts for at in range(kernel) if 0 <= places[start + at] < size}
    if len(seen) < kernel and kernel > USUAL:
        with pytest.raises(jr.RecipeError, match=f"conv has {kernel} places.*only {size}:"):
            layer.output_shape((size, 3))
    else:
        layer.output_shape((size, 3))


def test_it_names_layer_kernel_and_picture() -> None:
    """A kernel of 99 on pictures of 12 x 12 trained for a minute and a half, mostly on zeros."""
    for layer in (jr.Conv(8, 99), jr.DepthwiseConv(99)):
        with pytest.raises(jr.RecipeError, match=r"conv has 99 places.*only 12:.*at most 23"):
            layer.output_shape((12, 12, 1))
    assert jr.Conv(8, 23).output_shape((12, 12, 1)) == (12, 12, 8)
    assert jr.Conv(8, (1, 15)).output_shape((2, 8, 1)) == (2, 8, 8)


def test_a_deep_network_may_shrink_a_picture_to_a_place() -> None:
    assert jr.Conv(8, 3).output_shape((1, 1, 4)) == (1, 1, 8)
    assert jr.Conv(8, 2, padding="causal", dilation=64).output_shape((10, 4)) == (10, 8)
