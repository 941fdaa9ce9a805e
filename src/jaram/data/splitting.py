"""The split of data: which of the ways to split fits it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from jaram.data.data import Data
from jaram.data.splits import (
    Rows,
    Split,
    folds,
    forward_folds,
    group_split,
    label_strata,
    number_strata,
    numbered,
    ordered_split,
    random_split,
    stratified_split,
)
from jaram.data.targets import is_missing
from jaram.data.windows import Forecast
from jaram.errors import DataError

if TYPE_CHECKING:
    from jaram.data.options import PrepareOptions


def split_kind(data: Data, options: PrepareOptions) -> str:
    """The way "auto" means for this data, or the one that was said."""
    if options.split != "auto":
        return options.split
    if data.group is not None:
        return "group"
    if data.time is not None:
        return "time"
    has_strata = data.task.kind != "regression" and not data.task.has_steps
    return "stratified" if has_strata else "random"


def split_rows(data: Data, answered: Rows, options: PrepareOptions) -> Split:
    """The parts of the rows ``answered``; a part that came with the data is not drawn.

    Raises DataError if the split needs a group or a time and there is none.
    """
    validation = 0.0 if data.valid is not None else options.validation
    test = 0.0 if data.test is not None else options.test
    kind, seed, n = split_kind(data, options), options.split_seed, answered.size
    if kind == "group":
        found = group_split(groups_of(data, answered), validation, test, seed)
    elif kind == "time":
        if data.time is None:
            raise DataError("data.no_time")
        if isinstance(data.intake, Forecast):
            found = data.intake.split(data.time[answered], validation, test)
            return Split(answered[found.train], answered[found.valid], answered[found.test])
        order = np.argsort(data.time[answered], kind="stable")
        found = ordered_split(order, validation, test)
    elif kind == "ordered":
        found = ordered_split(np.arange(n), validation, test)
    elif kind == "stratified":
        found = stratified_split(strata_of(data, answered), validation, test, seed)
    else:
        found = random_split(n, validation, test, seed)
    return Split(answered[found.train], answered[found.valid], answered[found.test])


def groups_of(data: Data, rows: Rows) -> NDArray[np.int64]:
    """The group of each row, numbered from 0."""
    if data.group is None:
        raise DataError("data.no_group")
    groups = data.group[rows]
    if groups.dtype.kind == "O":
        groups = groups.astype(str)
    return numbered(groups)[1]


def strata_of(data: Data, rows: Rows) -> NDArray[np.int64]:
    """The stratum of each row: its class, its combination of labels, or the tenth of its number."""
    coded = data.coding.encode(data.y[rows])
    if data.task.has_classes:
        return numbered(coded)[1]
    if data.task.kind == "multilabel":
        return label_strata(coded)
    return number_strata(coded[:, 0].astype(np.float64))


def kfold(data: Data, k: int, seed: int = 0) -> Iterator[tuple[Rows, Rows]]:
    """The k (training rows, validation rows) of a cross-validation of ``data``.

    Stratified for classes and labels; by whole groups if the data has groups. Data that has a time
    (forecasts) is learned from in its order: the rows are parted into k + 1 stretches, and each
    after the first validates what is trained on those before it, so that no fold looks ahead; rows
    of the first stretch never validate, and ``seed`` changes nothing.

    Rows without an answer are in no fold. Raises DataError if there are fewer rows (or groups) than
    folds.
    """
    answered = np.flatnonzero(~is_missing(data.y))
    if data.group is None and data.time is not None:
        yield from _folds_in_time(data, answered, k)
        return
    groups = None if data.group is None else groups_of(data, answered)
    is_plain = data.task.kind == "regression" or data.task.has_steps
    strata = None if is_plain else strata_of(data, answered)
    for train, valid in folds(answered.size, k, seed, strata=strata, groups=groups):
        yield answered[train], answered[valid]


def _folds_in_time(data: Data, answered: Rows, k: int) -> Iterator[tuple[Rows, Rows]]:
    """The k folds that go forward in time; of windows those that reach into the next are left
    out of the training."""
    assert data.time is not None
    for train, valid in forward_folds(np.argsort(data.time[answered], kind="stable"), k):
        if isinstance(data.intake, Forecast):
            train = data.intake.before(train, valid, data.time[answered])
            if not train.size:
                raise DataError(
                    "data.too_few_windows", windows=answered.size, horizon=data.intake.horizon
                )
        yield answered[np.sort(train)], answered[np.sort(valid)]
