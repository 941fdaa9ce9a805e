"""Data for a network that is trained already: prepared as the run that it comes from prepared its
own.

Features mean what they meant only if they see what they saw. So scaling, vocabulary, length and the
size of pictures are that run's, and nothing is fitted but the coding of the answers.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from jaram.data.data import Data
from jaram.data.encoding import NumberSource
from jaram.data.notices import Notice, listed
from jaram.data.pictures import Pictures
from jaram.data.preparation import Preparation
from jaram.data.series import Series
from jaram.data.targets import TargetCoding
from jaram.data.tokens import Tokens
from jaram.data.windows import Forecast
from jaram.errors import DataError


@dataclass(frozen=True)
class Origin:
    """A trained network that another begins with; two are one if their weights are.

    ``name``: the folder of its run, or "" if it was never saved. ``network``, ``params`` and
    ``network_state`` are what the run's are, the output layer included.
    """

    fingerprint: str
    name: str = field(compare=False)
    preparation: Preparation = field(compare=False)
    network: tuple[Any, ...] = field(compare=False)
    params: tuple[Any, ...] = field(compare=False)
    network_state: tuple[Any, ...] = field(compare=False)

    def scaling_of(self, channel: int) -> tuple[float, float]:
        """Centre and scale of an input channel; 0 and 1 of one that is not there."""
        known = self.preparation
        if channel >= len(known.center):
            return 0.0, 1.0
        return known.center[channel], known.scale[channel]


def reading_for(preparation: Preparation) -> dict[str, Any]:
    """What :func:`~jaram.data.load.load` is told so that it reads what ``preparation`` takes."""
    intake = preparation.intake
    if isinstance(intake, Pictures):
        color = "gray" if intake.channels == 1 else "color"
        return {"size": (intake.height, intake.width), "fit": intake.fit, "color": color}
    if isinstance(intake, Forecast):
        told = {"forecast": intake.horizon, "window": intake.window, "time": intake.time}
    elif isinstance(intake, Series) and intake.layout != "ts":
        told = {"series": intake.key or "wide", "time": intake.time}
    else:
        told = {}
    return {name: value for name, value in told.items() if value is not None}


def fitted_to(origin: Origin, data: Data) -> Data:
    """``data`` with pictures of the size and channels that the origin's have; else itself."""
    intake = origin.preparation.intake
    if not isinstance(intake, Pictures) or not isinstance(data.x, np.ndarray):
        return data  # pictures that are streamed are read at the right size
    if not intake.can_fit(data.x):
        return data
    found = copy.copy(data)
    told = {"height": intake.height, "width": intake.width, "channels": intake.channels}
    changes = {
        "x": intake.fitted(data.x),
        "feature_names": intake.feature_names,
        "intake": intake,
        "notices": (*data.notices, Notice("data.origin_pictures", told)),
        "valid": None if data.valid is None else fitted_to(origin, data.valid),
        "test": None if data.test is None else fitted_to(origin, data.test),
    }
    for name, value in changes.items():
        object.__setattr__(found, name, value)
    return found


def carried(origin: Origin, data: Data, coding: TargetCoding) -> Preparation:
    """The origin's preparation with the answers' ``coding``, for ``data``, which must be such as
    the origin was trained on.

    A text's column may be called otherwise. Raises DataError naming what differs.
    """
    known = replace(origin.preparation, coding=coding)
    if known.tokens is not None or isinstance(data.intake, Tokens):
        if known.intake != data.intake:
            raise DataError("data.origin_ids")
        return known
    if known.text is not None:
        return replace(known, text=replace(known.text, column=_text_column(known, data)))
    if data.table is not None:
        if len(known.shape) > 1:
            raise _other_kind(known)
        _require_columns(known, data)
        return known
    assert data.x is not None
    if known.takes == "table" and data.x.shape[1:] == (len(known.columns),):
        return known
    if known.takes == "table" or data.x.ndim != 1 + len(known.shape):
        raise _other_kind(known)
    is_forecast = isinstance(known.intake, Forecast) or isinstance(data.intake, Forecast)
    if is_forecast:
        known = replace(known, intake=data.intake)
    if known.kind == "table" or known.intake is None or is_forecast:
        _require_shape(known, data)
    if len(data.feature_names) == len(known.sources):
        known = replace(known, sources=tuple(map(NumberSource, data.feature_names)))
    return known


def _text_column(known: Preparation, data: Data) -> str:
    """The column of ``data`` that holds its texts."""
    assert known.text is not None
    if data.text is not None and data.text.column is not None:
        return data.text.column
    names = () if data.table is None else data.table.names
    if known.text.column not in names or known.text.column in data.task.target_names:
        raise _other_kind(known)
    return known.text.column


def _require_columns(known: Preparation, data: Data) -> None:
    assert data.table is not None
    targets = set(data.task.target_names)
    if asked := [name for name in known.columns if name in targets]:
        raise DataError("data.origin_knows_target", column=asked[0])
    if absent := [name for name in known.columns if name not in data.table.names]:
        raise DataError("data.origin_columns", columns=listed(absent), count=len(absent))


def _require_shape(known: Preparation, data: Data) -> None:
    assert data.x is not None
    if data.x.shape[1:] != known.shape:
        raise DataError("data.origin_shape", got=data.x.shape[1:], expected=known.shape)
    ours, theirs = data.feature_names, tuple(source.feature for source in known.sources)
    is_table = known.kind == "table" and not {_numbered(ours), _numbered(theirs)} & {True}
    if is_table and ours != theirs:
        differ = [name for name in theirs if name not in ours] or list(theirs)
        raise DataError("data.origin_columns", columns=listed(differ), count=len(differ))


def _numbered(names: tuple[str, ...]) -> bool:
    """Whether columns have no names of their own."""
    return names == tuple(f"x{place + 1}" for place in range(len(names)))


def _other_kind(known: Preparation) -> DataError:
    """That the data are no such examples as the origin was trained on."""
    shape = "×".join(map(str, known.shape))
    columns = listed(known.columns) if known.takes == "table" else shape
    return DataError(f"data.origin_wants_{known.kind}", shape=shape, columns=columns)
