"""Which data is streamed from disk, and how its preparation is fitted block by block."""

from __future__ import annotations

import math

import numpy as np

from jaram.data.data import Data
from jaram.data.fit import fit_array
from jaram.data.notices import Notice
from jaram.data.pictures import Pictures
from jaram.data.preparation import Inputs, Preparation, check_finite
from jaram.data.scaling import BLOCK, ScaleKind, blocks
from jaram.data.splits import Rows
from jaram.data.stored import stored
from jaram.data.streamed import Streamed
from jaram.data.targets import TargetCoding
from jaram.errors import DataError


def must_stream(data: Data, rows: int) -> bool:
    """Whether ``rows`` of the data, and the parts given apart, prepared as four bytes a number, are
    more than ``data.memory`` and can be streamed: arrays and pictures can; tables, texts and series
    from files are always prepared in memory."""
    if data.memory is None or data.x is None:
        return False
    apart = sum(part.n for part in (data.valid, data.test) if part is not None)
    needed = 4 * math.prod(data.x.shape[1:]) * (rows + apart)
    can_be = data.intake is None or isinstance(data.intake, Pictures)
    return can_be and needed > data.memory


def check_fits(data: Data, *prepared: Inputs | Streamed | None) -> None:
    """Raise DataError if inputs in memory are more than ``data.memory``."""
    needed = sum(x.nbytes for x in prepared if isinstance(x, np.ndarray))
    if data.memory is not None and needed > data.memory:
        raise DataError("data.cannot_stream", needed=needed, memory=data.memory)


def streamed(data: Data, rows: Rows, preparation: Preparation) -> Streamed:
    """The rows of a part given apart, checked; raises DataError for an infinite number."""
    assert data.x is not None
    source = stored(data.x)
    if source.dtype.kind == "f":
        for part in blocks(data.x):
            check_finite(source[part], preparation.sources, part.start)
    return Streamed(source, rows, preparation)


def applied(
    data: Data, order: Rows, preparation: Preparation, is_streamed: bool
) -> tuple[Inputs | Streamed, tuple[Notice, ...]]:
    """The inputs in the order of ``order`` as a fitted ``preparation`` makes them, read now or
    streamed."""
    if not is_streamed:
        return preparation.apply(data, order)
    assert data.x is not None
    return Streamed(stored(data.x), order, preparation), ()


def fit_streamed(
    data: Data, train: Rows, order: Rows, scale: ScaleKind, coding: TargetCoding
) -> tuple[Streamed, Preparation, tuple[Notice, ...]]:
    """The inputs in the order of ``order``, still to be read, and their preparation fitted on the
    rows ``train``, which reads the file two or three times.

    Quartiles (of ``scale`` "robust") are those of evenly spread rows of about a million numbers.
    """
    assert data.x is not None
    source = stored(data.x)
    few = max(1, BLOCK // math.prod(data.x.shape[1:]))
    spread = train[np.linspace(0, train.size - 1, min(train.size, few)).astype(np.int64)]
    preparation = fit_array(
        source, data.feature_names, train, scale, coding, data.intake, source[spread]
    )
    return Streamed(source, order, preparation), preparation, ()
