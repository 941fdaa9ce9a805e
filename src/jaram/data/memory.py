"""Arrays that a device of the processor can use where they lie."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

ALIGNMENT = 64
"""Bytes. XLA takes a NumPy array without copying it if it starts at a multiple of this; NumPy's own
arrays start at a multiple of 16. A table of 240 MB is then held once and not twice."""


def aligned_empty(shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """An uninitialised array like :func:`numpy.empty`'s, starting at a multiple of
    ``ALIGNMENT``."""
    kind = np.dtype(dtype)
    size = math.prod(shape) * kind.itemsize
    raw = np.empty(size + ALIGNMENT, np.uint8)
    start = -raw.ctypes.data % ALIGNMENT
    return raw[start : start + size].view(kind).reshape(shape)
