"""What layers that slide a window share: sizes one an axis, padding by its name, and masks."""

from __future__ import annotations

from typing import Annotated, Literal

import jax.numpy as jnp
import numpy as np
import pydantic
from jax import Array
from pydantic import BeforeValidator

from jaram.errors import RecipeError
from jaram.network.kernels.windows import Window
from jaram.network.layer import Layer, Shape
from jaram.spec import Count, name_of


def _one_or_each(given: object) -> object:
    """Sizes as a number or a tuple; a tuple of one is its number, so that there is one way to write
    it."""
    if not isinstance(given, tuple | list):
        return given
    return given[0] if len(given) == 1 else tuple(given)


Sizes = Annotated[Count | tuple[Count, ...], BeforeValidator(_one_or_each)]
"""One positive integer for all axes, or one an axis."""
Padding = Literal["same", "valid", "causal"] | Annotated[int, pydantic.Field(ge=0, strict=True)]
"""``"same"``: zeros such that a step of 1 keeps the size, as many before as after (one more after
if odd); ``"valid"``: none; ``"causal"``: all before, so that no step sees a later one; a number:
so many on either side."""
MOST_AXES = 2
USUAL = 7
"""Up to so many places a kernel may be larger than what it slides over."""


def spatial_axes(layer: Layer, input_shape: Shape) -> int:
    """How many axes a window slides over: 1 for series, 2 for pictures; RecipeError for others."""
    axes = len(input_shape) - 1
    if not 1 <= axes <= MOST_AXES:
        raise RecipeError(
            "network.needs_series_or_picture",
            layer=type(layer).__name__,
            shape=tuple(input_shape),
        )
    return axes


def each_axis(layer: Layer, sizes: int | tuple[int, ...], axes: int) -> tuple[int, ...]:
    """``sizes`` as one an axis; RecipeError if they are neither one nor as many as the axes."""
    if isinstance(sizes, int):
        return (sizes,) * axes
    if len(sizes) != axes:
        raise RecipeError("network.sizes_do_not_fit", layer=name_of(layer), sizes=sizes, axes=axes)
    return sizes


def window_of(
    layer: Layer,
    axes: int,
    size: int | tuple[int, ...],
    stride: int | tuple[int, ...],
    padding: str | int,
    dilation: int | tuple[int, ...] = 1,
) -> Window:
    """The window that a layer's fields mean for inputs with so many spatial axes."""
    if padding == "causal" and axes != 1:
        raise RecipeError("network.causal_needs_series", layer=name_of(layer))
    none = ((0, 0),) * axes
    bare = Window(
        each_axis(layer, size, axes),
        each_axis(layer, stride, axes),
        none,
        each_axis(layer, dilation, axes),
    )
    around = {
        "same": [((reach - 1) // 2, reach // 2) for reach in bare.reach],
        "causal": [(reach - 1, 0) for reach in bare.reach],
        "valid": none,
    }
    if isinstance(padding, int):
        return bare._replace(padding=((padding, padding),) * axes)
    return bare._replace(padding=tuple(around[padding]))


def output_sizes(layer: Layer, window: Window, sizes: tuple[int, ...]) -> tuple[int, ...]:
    """The output's spatial sizes; RecipeError where the window does not fit into the input."""
    found = window.output_sizes(sizes)
    if min(found) < 1:
        raise RecipeError(
            "network.window_too_large", layer=name_of(layer), reach=window.reach, sizes=sizes
        )
    return found


def check_kernel(layer: Layer, window: Window, sizes: tuple[int, ...]) -> None:
    """Raise RecipeError for a kernel of which some weights would meet nothing but padding, wherever
    it stands: most likely a mistake, and as slow as it is large.

    Not for kernels of up to :data:`USUAL`, which deep networks have where their pictures have
    shrunk to a few places.
    """
    counts = window.output_sizes(sizes)
    for axis, (size, count) in enumerate(zip(sizes, counts, strict=True)):
        first = np.arange(count) * window.strides[axis] - window.padding[axis][0]
        places = first[:, np.newaxis] + np.arange(window.size[axis]) * window.dilation[axis]
        meeting = int(((places >= 0) & (places < size)).any(axis=0).sum())
        if window.size[axis] > USUAL and meeting < window.size[axis]:
            raise RecipeError(
                "network.kernel_too_large",
                layer=name_of(layer),
                kernel=window.size[axis],
                size=size,
                most=max(meeting, USUAL),
            )


def only_real(x: Array, mask: Array | None) -> Array:
    """``x`` ``(batch, steps, channels)`` with zeros at steps that are not real.

    So a series with padding gives what it gives alone, where zeros follow its end.
    """
    return x if mask is None else jnp.where(mask[..., None], x, jnp.zeros_like(x))


def mask_under(window: Window, mask: Array | None) -> Array | None:
    """Which of the window's places along a series ``(batch, steps)`` it would take without padded
    steps, too."""
    if mask is None:
        return None
    ((before, after),) = window.padding
    (count,) = window.output_sizes(mask.shape[1:])
    last = jnp.arange(count) * window.strides[0] + window.reach[0] - 1 - before - after
    return mask[:, jnp.maximum(last, 0)] if window.reach[0] > 0 else mask
