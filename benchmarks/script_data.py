"""The table for the PyTorch and Keras scripts: read, split, scaled, with few imports."""

from __future__ import annotations

import numpy as np
import polars
from numpy.typing import NDArray

Part = tuple[NDArray[np.float32], NDArray[np.float32]]


def read(source: str) -> tuple[Part, Part]:
    """Training and validation part, 4 to 1, inputs scaled by the training part."""
    frame = polars.read_csv(source)
    x = frame.drop("y").to_numpy().astype(np.float32)
    y = frame["y"].to_numpy().astype(np.float32)
    rows = np.random.default_rng(0).permutation(len(x))
    train, valid = rows[len(x) // 5 :], rows[: len(x) // 5]
    mean, deviation = x[train].mean(0), x[train].std(0)
    x = (x - mean) / deviation
    return (x[train], y[train]), (x[valid], y[valid])
