"""Small pictures as plain values: what a page or a figure draws."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from jaram.data.preparation import Preparation

LARGEST_SIDE = 96
"""Pixels of a side that are kept; of larger pictures every second one, or third, ..."""

Pixels = dict[str, Any]
"""``height``, ``width``, ``channels`` (1 or 3), ``bytes``: uint8 in base64, row by row."""


def pixels_of(values: NDArray[Any]) -> Pixels:
    """A picture of values from 0 to 1, ``(height, width)`` or ``(height, width, channels)``; of
    channels that are neither 1 nor 3 the mean is taken, NaN is 0."""
    picture = values[..., np.newaxis] if values.ndim == 2 else values
    if picture.shape[-1] not in (1, 3):
        picture = picture.mean(axis=-1, keepdims=True)
    each = -(-max(picture.shape[:2]) // LARGEST_SIDE)
    picture = np.nan_to_num(picture[::each, ::each], nan=0.0)
    levels = np.round(np.clip(picture, 0, 1) * 255).astype(np.uint8)
    height, width, channels = levels.shape
    return {
        "height": height,
        "width": width,
        "channels": channels,
        "bytes": b64encode(levels.tobytes()).decode("ascii"),
    }


def array_of(pixels: Pixels) -> NDArray[np.uint8]:
    """The inverse of :func:`pixels_of`: uint8 ``(height, width, channels)``. Raises ValueError or
    KeyError if these are no pixels."""
    shape = tuple(int(pixels[name]) for name in ("height", "width", "channels"))
    return np.frombuffer(b64decode(pixels["bytes"]), np.uint8).reshape(shape)


def as_they_came(preparation: Preparation, x: NDArray[Any]) -> NDArray[np.float64]:
    """Prepared pictures ``(n, height, width, channels)`` as brightness from 0 to 1.

    Of files 0 is black and 1 white; of arrays the darkest and the lightest value of all ``x``.
    """
    width = len(preparation.center)
    raw = x[..., :width] * np.asarray(preparation.scale) + np.asarray(preparation.center)
    if preparation.intake is not None and preparation.intake.kind == "pictures":
        low, high = 0.0, 255.0
    else:
        low, high = float(np.nanmin(raw)), float(np.nanmax(raw))
    return np.asarray((raw - low) / max(high - low, 1e-12))
