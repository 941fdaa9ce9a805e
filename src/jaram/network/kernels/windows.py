"""Windows that slide over the spatial axes of ``(batch, *sizes, channels)``."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import NamedTuple

import jax
from jax import Array


class Window(NamedTuple):
    """A window's size, step, spacing and the zeros around the input; one entry a spatial axis.

    padding: before and after. dilation: distance between neighbouring places of the window.
    """

    size: tuple[int, ...]
    strides: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]
    dilation: tuple[int, ...]

    @property
    def reach(self) -> tuple[int, ...]:
        """How many input places a window spans on each axis."""
        return tuple(
            (size - 1) * apart + 1 for size, apart in zip(self.size, self.dilation, strict=True)
        )

    def output_sizes(self, sizes: tuple[int, ...]) -> tuple[int, ...]:
        """How many places the window takes on each axis of an input; below 1 where it does not
        fit."""
        return tuple(
            (size + before + after - reach) // stride + 1
            for size, (before, after), reach, stride in zip(
                sizes, self.padding, self.reach, self.strides, strict=True
            )
        )


def padded(x: Array, window: Window, value: float = 0.0) -> Array:
    """``x`` with ``value`` around it (cut where the padding is negative)."""
    if not any(itertools.chain(*window.padding)):
        return x
    around = [(0, 0, 0), *((before, after, 0) for before, after in window.padding), (0, 0, 0)]
    return jax.lax.pad(x, jax.numpy.asarray(value, x.dtype), around)


def taps(x: Array, window: Window) -> Iterator[Array]:
    """For each place in the window, in row-major order, what all windows see there.

    x: padded already. Each ``(batch, *output sizes, channels)``.
    """
    outputs = window._replace(padding=((0, 0),) * len(window.size)).output_sizes(x.shape[1:-1])
    for place in itertools.product(*map(range, window.size)):
        starts = [at * apart for at, apart in zip(place, window.dilation, strict=True)]
        ends = [
            start + (count - 1) * stride + 1
            for start, count, stride in zip(starts, outputs, window.strides, strict=True)
        ]
        yield jax.lax.slice(
            x,
            (0, *starts, 0),
            (x.shape[0], *ends, x.shape[-1]),
            (1, *window.strides, 1),
        )


def untapped(parts: list[Array], window: Window, sizes: tuple[int, ...]) -> Array:
    """The transpose of :func:`taps` after :func:`padded`: parts added where they came from.

    sizes: the input's spatial sizes. ``(batch, *sizes, channels)``.
    """
    total: Array | None = None
    places = itertools.product(*map(range, window.size))
    for part, place in zip(parts, places, strict=True):
        around = [(0, 0, 0)]
        for axis, at in enumerate(place):
            stride, (before, _) = window.strides[axis], window.padding[axis]
            start = at * window.dilation[axis] - before
            covered = (part.shape[1 + axis] - 1) * stride + 1
            around.append((start, sizes[axis] - start - covered, stride - 1))
        spread = jax.lax.pad(part, jax.numpy.zeros((), part.dtype), [*around, (0, 0, 0)])
        total = spread if total is None else total + spread
    assert total is not None
    return total
