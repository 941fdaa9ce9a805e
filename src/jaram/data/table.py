"""A table as it was read: named columns, and where they came from.

A small table is a polars frame. Of a large one the columns of numbers stand together in one float32
matrix, row after row, which is the form that training wants: :func:`~jaram.data.prepare.prepare`
can then scale and divide it where it lies. So a table of 2,000,000 × 30 costs its 240 MB once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from jaram.data.notices import listed
from jaram.errors import DataError
from jaram.messages.nearest import suggestion


@dataclass(frozen=True)
class Source:
    """Where data came from and how it was understood; what does not apply is None.

    ``has_header`` tells whether the first line named the columns; ``missing_marks`` are the
    contents that were read as missing, apart from empty cells.
    """

    kind: str
    path: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    decimal: str | None = None
    has_header: bool | None = None
    sheet: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The facts that apply, as plain JSON values."""
        return {key: value for key, value in vars(self).items() if value is not None}


@dataclass
class Table:
    """Columns of equal length, in the order ``names``.

    ``frame`` holds the columns that are not in ``numbers`` (rows, len(number_names)) float32. A
    table read from a large file hands its matrix over with :meth:`take_numbers` and reads the file
    again, through ``reread``, if it is needed once more.
    """

    names: tuple[str, ...]
    rows: int
    frame: pl.DataFrame
    source: Source
    number_names: tuple[str, ...] = ()
    numbers: NDArray[np.float32] | None = None
    reread: Callable[[], Table] | None = None

    @classmethod
    def from_frame(cls, frame: pl.DataFrame, source: Source) -> Table:
        """The table of a polars frame."""
        return cls(tuple(frame.columns), frame.height, frame, source)

    def column(self, name: str) -> pl.Series:
        """One column; of the matrix, a copy of 4 bytes a row. Raises DataError if there is none."""
        if name in self.number_names:
            matrix = self._matrix()
            return pl.Series(name, np.ascontiguousarray(matrix[:, self.number_names.index(name)]))
        try:
            return self.frame.get_column(name)
        except pl.exceptions.ColumnNotFoundError:
            raise self.no_column(name) from None

    def line(self, row: int) -> int:
        """The line of the file, from 1, that a row (from 0) stands in, its header counted; of a
        frame the row's number. Line ends inside of cells are not counted."""
        return row + 1 + bool(self.source.has_header)

    def no_column(self, name: str) -> DataError:
        """The error for a column that is not there."""
        return DataError(
            "data.no_such_column",
            column=name,
            suggestion=suggestion(name, self.names),
            known=listed(self.names),
        )

    def take_numbers(self) -> NDArray[np.float32] | None:
        """The matrix, for the caller to overwrite; None if there is none or no file to reread."""
        if self.number_names and self.reread is not None:
            matrix = self._matrix()
            self.numbers = None
            return matrix
        return None

    def _matrix(self) -> NDArray[np.float32]:
        if self.numbers is None:
            assert self.reread is not None
            again = self.reread()
            if again.rows != self.rows or again.number_names != self.number_names:
                raise DataError("data.file_changed", path=self.source.path)
            self.numbers = again.numbers
        assert self.numbers is not None
        return self.numbers

    def matrix(self) -> NDArray[np.float32] | None:
        """The matrix for reading only."""
        return self._matrix() if self.number_names else None

    def take(self, rows: NDArray[np.integer[Any]]) -> Table:
        """The table of some rows, in the order given."""
        matrix = self.matrix()
        return replace(
            self,
            rows=len(rows),
            frame=self.frame[np.asarray(rows, np.int64)],
            numbers=None if matrix is None else matrix[rows],
            reread=None,
        )
