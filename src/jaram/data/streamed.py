"""Inputs that are prepared when they are read: parts of a set that is larger than the memory."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from jaram.data.preparation import Inputs, Preparation
from jaram.data.scaling import blocks
from jaram.data.splits import Rows
from jaram.data.stored import Stored


@dataclass(frozen=True, eq=False)
class Streamed:
    """The rows ``rows`` of ``source`` (n, …), as ``preparation`` makes them.

    ``streamed[key]``, a slice, row numbers or one number, reads and prepares those rows: float32
    (k, *input_shape), the very bits that preparing all at once gives. :meth:`take` picks rows
    without reading any.
    """

    source: NDArray[Any] | Stored
    rows: Rows
    preparation: Preparation

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.rows), *self.preparation.input_shape)

    @property
    def dtype(self) -> np.dtype[np.float32]:
        return np.dtype(np.float32)

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, key: Any) -> NDArray[Any]:
        rows = np.atleast_1d(self.rows[key])
        found, _ = self.preparation.apply(self.source[rows])
        return found[0] if np.ndim(self.rows[key]) == 0 else found

    def take(self, key: slice | NDArray[np.integer[Any]]) -> Streamed:
        """Some of the rows, still to be read."""
        return Streamed(self.source, self.rows[key], self.preparation)

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("a streamed part does not fit into memory; read some of its rows")


def pieces(x: Inputs | Streamed) -> Iterator[tuple[int, NDArray[Any]]]:
    """All of a part's inputs with the number of their first row: at once if they are in memory,
    else read a few at a time."""
    if not isinstance(x, Streamed):
        yield 0, x
        return
    for rows in blocks(x):
        yield rows.start, x[rows]


def taken(x: Inputs | Streamed, rows: slice | NDArray[np.integer[Any]]) -> Inputs | Streamed:
    """Rows of a part's inputs; of streamed ones still to be read."""
    return x.take(rows) if isinstance(x, Streamed) else x[rows]
