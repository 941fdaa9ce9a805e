"""Fitting a preparation: on arrays, on tables, and on a large table where it lies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from jaram.data.encoding import NumberSource
from jaram.data.intake import Intake
from jaram.data.memory import aligned_empty
from jaram.data.notices import Notice
from jaram.data.preparation import Preparation, check_finite, number_blocks
from jaram.data.scaling import (
    Floats,
    Moments,
    ScaleKind,
    blocks,
    fit_scaling,
    scale_in_place,
    scaled,
)
from jaram.data.series import Series
from jaram.data.splits import Rows
from jaram.data.stored import Stored
from jaram.data.table import Table
from jaram.data.targets import TargetCoding
from jaram.data.tokens import Tokens
from jaram.errors import DataError

COLUMNS_AT_A_TIME = 8
"""Columns of a large table that are rearranged together; bounds the copy of the rows that move."""


def fit_array(
    x: NDArray[np.generic] | Stored,
    names: tuple[str, ...],
    train: Rows,
    scale: ScaleKind,
    coding: TargetCoding,
    intake: Intake | None = None,
    sample: NDArray[np.generic] | None = None,
) -> Preparation:
    """The preparation of arrays ``x`` (n, …, features), fitted on the rows ``train``; quartiles on
    ``sample``, if it is given.

    Missing values (NaN) get an indicator if ``x`` has two axes; in padded series they are steps
    after the end; else, with more axes, they raise DataError.
    """
    is_padded = isinstance(intake, Series) and intake.is_padded
    sources = tuple(NumberSource(name) for name in names)
    for part in blocks(x) if x.dtype.kind == "f" else ():
        block = x[part]
        check_finite(block, sources, part.start)
        if x.ndim > 2 and not is_padded and np.isnan(block).any():
            row = part.start + int(np.argwhere(np.isnan(block))[0][0]) + 1
            raise DataError("data.nan_in_array", row=row)
    moments = Moments(x, train)
    per_feature = train.size * int(np.prod(x.shape[1:-1]))
    if sample is not None:
        x, train = sample, np.arange(len(sample))
    assert isinstance(x, np.ndarray)
    center, divisor, fill = fit_scaling(x, scale, train, moments)
    return Preparation(
        "array",
        x.shape[1:],
        scale,
        sources,
        tuple(center.tolist()),
        tuple(divisor.tolist()),
        tuple(fill.tolist()),
        () if is_padded else tuple(np.flatnonzero(moments.count < per_feature).tolist()),
        (),
        "onehot",
        coding,
        intake,
    )


def of_tokens(shape: tuple[int, ...], coding: TargetCoding, intake: Tokens) -> Preparation:
    """The preparation of ids (n, steps), which stay what they are."""
    nothing: tuple[()] = ()
    columns = (nothing, nothing, nothing, nothing, nothing, nothing)
    return Preparation("array", shape, "none", *columns, "onehot", coding, intake)


def fit_table(table: Table, empty: Preparation, train: Rows) -> Preparation:
    """``empty`` with the scaling of its sources fitted on the rows ``train`` of ``table``."""
    fitted: list[tuple[Floats, Floats, Floats]] = []
    indicators: list[int] = []
    for part, block in number_blocks(table, empty.sources, train):
        moments = Moments(block)
        fitted.append(fit_scaling(block, empty.scale_kind, None, moments))
        indicators += (part.start + np.flatnonzero(moments.count < train.size)).tolist()
    return _with_scaling(empty, fitted, indicators)


def _with_scaling(
    empty: Preparation, fitted: list[tuple[Floats, Floats, Floats]], indicators: list[int]
) -> Preparation:
    center, scale, fill = (
        tuple(float(value) for values in (block[i] for block in fitted) for value in values)
        for i in range(3)
    )
    shown = tuple(i for i in indicators if empty.sources[i].part in ("value", "days"))
    return replace(empty, center=center, scale=scale, fill=fill, indicators=shown)


def large_table(
    table: Table, empty: Preparation, order: Rows, train_size: int
) -> tuple[NDArray[np.float32], Preparation, tuple[Notice, ...]] | None:
    """Fit and apply at once in the memory of a large table; None if it is not such a table.

    The matrix is narrowed to the columns in use, rearranged and scaled in place. Only if there are
    indicators or categories is a second, wider array made.
    """
    names = table.number_names
    if not empty.sources or any(source.column not in names for source in empty.sources):
        return None
    matrix = table.take_numbers()
    if matrix is None:
        return None
    raw = _narrowed(matrix, [names.index(source.column) for source in empty.sources])
    del matrix
    _rearrange(raw, order)
    raw = raw[: order.size]
    for part in blocks(raw):
        check_finite(raw[part], empty.sources, part.start)
    moments = Moments(raw[:train_size])
    scaling = fit_scaling(raw[:train_size], empty.scale_kind, None, moments)
    missing = np.flatnonzero(moments.count < train_size).tolist()
    preparation = _with_scaling(empty, [scaling], missing)
    width = len(preparation.sources)
    if preparation.input_shape == (width,):
        scale_in_place(raw, *scaling)
        return raw, preparation, ()
    x = aligned_empty((order.size, *preparation.input_shape), np.float32)
    for part in blocks(raw):
        x[part, :width] = scaled(raw[part], *scaling)
        after = width + len(preparation.indicators)
        x[part, width:after] = np.isnan(raw[part][:, list(preparation.indicators)])
    notices = preparation.write_categories(x, table, order)
    return x, preparation, notices


def _narrowed(matrix: NDArray[np.float32], columns: list[int]) -> NDArray[np.float32]:
    """Some columns of ``matrix`` (n, width), moved together in its own memory."""
    n, width = matrix.shape
    if columns == list(range(width)):
        return matrix
    flat = matrix.reshape(-1)
    kept = len(columns)
    for part in blocks(matrix):
        # What is written never reaches past what was read: the narrowed rows are shorter.
        flat[part.start * kept : part.stop * kept] = matrix[part][:, columns].reshape(-1)
    return flat[: n * kept].reshape(n, kept)


def _rearrange(matrix: NDArray[np.float32], order: Rows) -> None:
    """Put the rows ``order`` of ``matrix`` first, in that order, a few columns at a time."""
    moved = np.flatnonzero(order != np.arange(order.size))
    taken_from = order[moved]
    for first in range(0, matrix.shape[1], COLUMNS_AT_A_TIME):
        part = slice(first, first + COLUMNS_AT_A_TIME)
        matrix[moved, part] = matrix[taken_from, part]
