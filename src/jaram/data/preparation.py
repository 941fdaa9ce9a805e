"""The preparation: what was fitted on the training part, and applied to everything else.

A frozen value that is written as readable JSON with the run, so that a table that comes later is
treated exactly as the training part was.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from jaram.data.data import Data, numbers_array
from jaram.data.encoding import Category, CategoryKind, NumberSource
from jaram.data.examples import Examples
from jaram.data.frames import is_frame, table_of
from jaram.data.intake import Intake, intake_from_json
from jaram.data.memory import aligned_empty
from jaram.data.notices import DataWarning, Notice, listed, shown
from jaram.data.numerals import unreadable
from jaram.data.scaling import BLOCK, Floats, ScaleKind, blocks, scaled
from jaram.data.series import PADDING_CHANNEL, Series
from jaram.data.table import Table
from jaram.data.targets import Answers, TargetCoding
from jaram.data.task import Task
from jaram.data.text import TextColumn
from jaram.data.tokens import Tokens
from jaram.errors import DataError

FORMAT = 1
Inputs = NDArray[np.float32] | NDArray[np.int32]
InputKind = Literal["table", "pictures", "series", "text"]
TOKENS = "tokens"
"""What ids that are no column's are called."""
_KINDS: dict[int, InputKind] = {2: "series", 3: "pictures"}
"""What arrays are by the number of axes of one example."""


@dataclass(frozen=True)
class Preparation:
    """How an example becomes an input of the network, and an answer its target.

    The columns of a prepared table, in this order: the numbers of ``sources``, scaled by ``center``
    and ``scale`` after ``fill`` stood in for what is missing; an indicator (1 = was missing) for
    each source in ``indicators``; then the categories, one-hot or (``categories_as`` "embed") as
    codes. Arrays with more axes than two have one source for each channel of the last axis; an
    ``intake`` tells how files become such arrays. With ``text`` there is nothing else: an example
    is the ids (length,) of one column's units.
    """

    takes: Literal["table", "array"]
    shape: tuple[int, ...]
    scale_kind: ScaleKind
    sources: tuple[NumberSource, ...]
    center: tuple[float, ...]
    scale: tuple[float, ...]
    fill: tuple[float, ...]
    indicators: tuple[int, ...]
    categories: tuple[Category, ...]
    categories_as: CategoryKind
    coding: TargetCoding
    intake: Intake | None = None
    text: TextColumn | None = None

    @property
    def kind(self) -> InputKind:
        """What an example is: a row of a table, a picture, a series or a text."""
        is_text = self.text is not None or self.tokens is not None
        return "text" if is_text else _KINDS.get(len(self.shape), "table")

    @property
    def tokens(self) -> Tokens | None:
        """What the ids are that an example's steps are; None where they are none."""
        return self.intake if isinstance(self.intake, Tokens) else None

    @property
    def is_padded(self) -> bool:
        """Whether examples are series of unequal length: their last channel is 1 at steps that are
        padding, where all others are 0, and 0 at real ones."""
        return isinstance(self.intake, Series) and self.intake.is_padded

    @property
    def task(self) -> Task:
        """The task of the data this was fitted on."""
        return self.coding.task

    @cached_property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the numbers an input is made of (of its channels, for more axes; of its
        column, for text)."""
        if self.text is not None:
            return (self.text.column,)
        if self.tokens is not None:
            return (TOKENS,)
        names = [source.feature for source in self.sources]
        names += [f"{self.sources[index].feature}:missing" for index in self.indicators]
        names += [PADDING_CHANNEL] if self.is_padded else []
        for category in self.categories:
            names += [category.column] if self.categories_as == "embed" else category.features
        return tuple(names)

    def column_positions(self) -> dict[str, list[int]]:
        """Which numbers of a prepared example each input column became, by the column's name."""
        if self.text is not None:
            return {self.text.column: list(range(self.text.length))}
        if self.tokens is not None:
            return {TOKENS: list(range(self.shape[0]))}
        owners = [source.column for source in self.sources]
        owners += [self.sources[index].column for index in self.indicators]
        for category in self.categories:
            width = 1 if self.categories_as == "embed" else len(category.features)
            owners += [category.column] * width
        positions: dict[str, list[int]] = {}
        for position, owner in enumerate(owners):
            positions.setdefault(owner, []).append(position)
        return positions

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The shape of one prepared example."""
        if self.text is not None:
            return (self.text.length,)
        if self.tokens is not None:
            return self.shape
        return (*self.shape[:-1], len(self.feature_names))

    @property
    def embedded(self) -> tuple[tuple[int, int], ...]:
        """The (column index, cardinality) of each column of codes; empty for one-hot."""
        if self.categories_as == "onehot":
            return ()
        first = len(self.feature_names) - len(self.categories)
        return tuple((first + i, one.cardinality) for i, one in enumerate(self.categories))

    @property
    def columns(self) -> tuple[str, ...]:
        """The input columns that are needed."""
        if self.text is not None:
            return (self.text.column,)
        wanted = [source.column for source in self.sources]
        return tuple(dict.fromkeys([*wanted, *(one.column for one in self.categories)]))

    def transform(self, data: Any) -> Inputs:
        """Prepared inputs (n, *input_shape) of a frame, an array, a table, texts or Data.

        They are float32, or int32 for text.

        Columns may come in another order, and with others beside them. Unknown levels, texts of
        which many units are unknown, and values missing where none was in training raise a
        :class:`DataWarning`. Raises DataError for a column that is not there, and for an array of
        another shape.
        """
        x, notices = self.apply(data)
        if self.text is not None:
            notices = (*notices, *self.text.unknown_told(x, notices))
        for notice in notices:
            warnings.warn(notice.message(), DataWarning, stacklevel=2)
        return x

    def apply(
        self, data: Any, rows: NDArray[np.int64] | None = None
    ) -> tuple[Inputs, tuple[Notice, ...]]:
        """As :meth:`transform`, of some ``rows``, with what there is to say as notices."""
        if isinstance(data, Data):
            data = data.table if data.table is not None else data.x
        elif isinstance(data, Examples):
            x, notices = self.apply(data.x, rows)
            return x, (*data.notices, *notices)
        if self.takes == "table" and not isinstance(data, Table):
            data = self._as_table(data)
        if isinstance(data, Table):
            return self._apply_table(data, rows)
        return self._apply_array(data, rows)

    def transform_target(self, y: Any) -> Answers:
        """Answers coded for training: class indices int32 (n,) or, for a class at every step,
        (n, steps), or float32 (n, outputs), scaled."""
        return self.coding.encode(np.asarray(y))

    def inverse_target(self, scaled_y: Any) -> NDArray[Any]:
        """Answers as they came: numbers in their own unit, or the labels of class indices."""
        return self.coding.decode(np.asarray(scaled_y))

    def _as_table(self, data: Any) -> Table:
        if is_frame(data):
            return table_of(data)
        if self.text is not None:
            return _texts_table(self.text.column, data)
        array = numbers_array(data, "x")
        if array.ndim != 2 or array.shape[1] != len(self.columns):
            raise DataError("data.array_for_table", columns=listed(self.columns), got=array.shape)
        return table_of({name: array[:, j] for j, name in enumerate(self.columns)})

    def _apply_array(
        self, data: Any, rows: NDArray[np.int64] | None
    ) -> tuple[Inputs, tuple[Notice, ...]]:
        if is_frame(data):
            data = table_of(data).frame.to_numpy()
        x = numbers_array(data, "x")
        notices: tuple[Notice, ...] = ()
        if isinstance(self.intake, Series):
            x, notices = self.intake.fitted(x)
        if x.shape[1:] != self.shape and x.shape == self.shape:
            x = x[np.newaxis]
        if x.shape[1:] != self.shape:
            raise DataError("data.part_shape", got=x.shape[1:], expected=self.shape)
        if self.tokens is not None:
            return self.tokens.ids(x if rows is None else x[rows]), ()
        n = len(x) if rows is None else len(rows)
        out = aligned_empty((n, *self.input_shape), np.float32)
        width = len(self.sources)
        newly_missing = np.zeros(width, np.int64)
        for part in blocks(x, n):
            block = x[part] if rows is None else x[rows[part]]
            check_finite(block, self.sources, part.start)
            out[part, ..., :width] = scaled(block, *self._fitted)
            if self.is_padded:
                is_padding = np.isnan(block).all(axis=-1)
                out[part][is_padding] = 0.0
                out[part, ..., width] = is_padding
            elif block.dtype.kind == "f":
                missing = np.isnan(block)
                out[part, ..., width:] = missing[..., list(self.indicators)]
                newly_missing += missing.reshape(-1, width).sum(axis=0)
        return out, (*notices, *self._missing_notices(newly_missing))

    def _apply_table(
        self, table: Table, rows: NDArray[np.int64] | None
    ) -> tuple[Inputs, tuple[Notice, ...]]:
        there = set(table.names)
        absent = [name for name in self.columns if name not in there]
        if absent:
            raise table.no_column(absent[0])
        if self.text is not None:
            series = table.column(self.text.column)
            return self.text.ids(series if rows is None else series.gather(rows))
        n = table.rows if rows is None else len(rows)
        out = aligned_empty((n, *self.input_shape), np.float32)
        width = len(self.sources)
        newly_missing = np.zeros(width, np.int64)
        center, scale, fill = self._fitted
        place = {index: width + i for i, index in enumerate(self.indicators)}
        for part, block in number_blocks(table, self.sources, rows):
            out[:, part] = scaled(block, center[part], scale[part], fill[part])
            missing = np.isnan(block)
            newly_missing[part] = missing.sum(axis=0)
            for index in range(part.start, part.stop):
                if index in place:
                    out[:, place[index]] = missing[:, index - part.start]
        return out, (
            *self._unreadable_notices(table),
            *self._missing_notices(newly_missing),
            *self.write_categories(out, table, rows),
        )

    def write_categories(
        self, out: NDArray[np.float32], table: Table, rows: NDArray[np.int64] | None
    ) -> tuple[Notice, ...]:
        """Write the categories of ``table`` into the last columns of ``out`` (n, features)."""
        first = len(self.sources) + len(self.indicators)
        notices: tuple[Notice, ...] = ()
        for category in self.categories:
            series = table.column(category.column)
            codes, remarks = category.codes(series if rows is None else series.gather(rows))
            notices += remarks
            first = self._write_codes(out, first, codes, category)
        return notices

    def _write_codes(
        self, out: NDArray[np.float32], first: int, codes: NDArray[np.int64], category: Category
    ) -> int:
        """Write the codes of a category from column ``first`` on; returns the column after it."""
        if self.categories_as == "embed":
            out[:, first] = codes
            return first + 1
        out[:, first : first + category.width] = 0.0
        known = np.flatnonzero(codes)
        out[known, first + codes[known] - 1] = 1.0
        return first + category.width

    @cached_property
    def _fitted(self) -> tuple[Floats, Floats, Floats]:
        return np.asarray(self.center), np.asarray(self.scale), np.asarray(self.fill)

    def _unreadable_notices(self, table: Table) -> tuple[Notice, ...]:
        """What to say of texts where there should be numbers."""
        notices = []
        for source in self.sources:
            series = table.column(source.column)
            if source.part != "value" or series.dtype != pl.String:
                continue
            words = unreadable(series, source.read(series))
            if len(words):
                told = {"column": source.column, "count": len(words), "example": shown(words[0])}
                notices.append(Notice("data.unreadable_numbers", told))
        return tuple(notices)

    def _missing_notices(self, counts: NDArray[np.int64]) -> tuple[Notice, ...]:
        """What to say of columns with missing values that had none in training."""
        known = {self.sources[index].column for index in self.indicators}
        new = [i for i in np.flatnonzero(counts) if self.sources[i].column not in known]
        columns = dict.fromkeys(self.sources[index].column for index in new)
        return tuple(
            Notice(
                "data.newly_missing",
                {
                    "column": name,
                    "count": max(int(counts[i]) for i in new if self.sources[i].column == name),
                },
            )
            for name in list(columns)[:100]
        )

    def to_json(self) -> dict[str, Any]:
        """The preparation as plain JSON values; numbers keep every bit."""
        numbers = [
            source.to_json()
            | {"center": center, "scale": scale, "fill": fill, "indicator": i in self.indicators}
            for i, (source, center, scale, fill) in enumerate(
                zip(self.sources, self.center, self.scale, self.fill, strict=True)
            )
        ]
        told: dict[str, Any] = {
            "format": FORMAT,
            "takes": self.takes,
            "shape": list(self.shape),
            "scale": self.scale_kind,
            "numbers": numbers,
            "categories_as": self.categories_as,
            "categories": [category.to_json() for category in self.categories],
            "target": self.coding.to_json(),
        }
        if self.intake is not None:
            told["intake"] = self.intake.to_json()
        if self.text is not None:
            told["text"] = self.text.to_json()
        return told

    @classmethod
    def from_json(cls, table: Mapping[str, Any]) -> Preparation:
        """The inverse of :meth:`to_json`; raises DataError for a table it did not write."""
        try:
            numbers = table["numbers"]
            return cls(
                takes=table["takes"],
                shape=tuple(int(size) for size in table["shape"]),
                scale_kind=table["scale"],
                sources=tuple(NumberSource.from_json(one) for one in numbers),
                center=tuple(float(one["center"]) for one in numbers),
                scale=tuple(float(one["scale"]) for one in numbers),
                fill=tuple(float(one["fill"]) for one in numbers),
                indicators=tuple(i for i, one in enumerate(numbers) if one["indicator"]),
                categories=tuple(Category.from_json(one) for one in table["categories"]),
                categories_as=table["categories_as"],
                coding=TargetCoding.from_json(table["target"]),
                intake=intake_from_json(table.get("intake")),
                text=TextColumn.from_json(table.get("text")),
            )
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise DataError("data.bad_preparation", fault=str(error)) from None


def _texts_table(column: str, data: Any) -> Table:
    """A column of the texts in ``data``: one text, or several."""
    texts = [data] if isinstance(data, str) else list(data) if isinstance(data, Iterable) else []
    if not texts or not all(isinstance(text, str) for text in texts):
        raise DataError("data.not_texts", column=column, got=type(data).__name__)
    return table_of({column: texts})


def number_blocks(
    table: Table, sources: tuple[NumberSource, ...], rows: NDArray[np.int64] | None = None
) -> Iterator[tuple[slice, NDArray[np.floating[Any]]]]:
    """Some sources after others: their place, and their raw numbers (n, sources) with NaN."""
    n = table.rows if rows is None else len(rows)
    size = max(1, BLOCK // max(1, n))
    for start in range(0, len(sources), size):
        part = slice(start, min(start + size, len(sources)))
        columns = [source.read(table.column(source.column)) for source in sources[part]]
        if rows is not None:
            columns = [column[rows] for column in columns]
        yield part, np.stack(columns, axis=1)


def check_finite(
    block: NDArray[np.generic], sources: tuple[NumberSource, ...], first_row: int
) -> None:
    """Raise DataError for an infinite number in ``block`` (rows, …, features)."""
    if block.dtype.kind != "f":
        return
    infinite = np.isinf(block)
    if infinite.any():
        place = np.argwhere(infinite)[0]
        raise DataError(
            "data.infinite",
            column=sources[int(place[-1])].feature,
            row=first_row + int(place[0]) + 1,
        )
