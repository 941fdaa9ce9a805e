"""Series as arrays: examples of equal shape from rows, groups of rows and ``.ts`` files.

An example is (steps, channels). Shorter series are padded after their end with NaN, which
preparation turns into zeros and one more channel, ``padding``, that is 1 there and 0 at real steps:
so that an array alone tells what is real. Missing steps inside a series are filled on the straight
line between their neighbours, before the first and after the last by the nearest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from jaram.data.notices import Notice, shown
from jaram.errors import DataError

Floats = NDArray[np.float64]
PADDING_CHANNEL = "padding"


@dataclass(frozen=True)
class SeriesWishes:
    """What a person says about series.

    - ``layout``: "wide" (a row a series, its columns of numbers the steps), or the column whose
      equal values make the rows of a long table one series; None for none;
    - ``forecast``: steps ahead to foretell; ``window``: steps it is foretold from;
    - ``season``: steps after which things repeat; None guesses it from the times.

    Raises DataError for anything else.
    """

    layout: str | None = None
    forecast: int | None = None
    window: int | None = None
    season: int | None = None

    def __post_init__(self) -> None:
        for option in ("forecast", "window", "season"):
            value = getattr(self, option)
            if value is not None and not (isinstance(value, int) and value >= 1):
                raise DataError("data.needs_count", option=option, value=value)
        if self.window is not None and self.forecast is None:
            raise DataError("data.window_alone")
        if self.forecast is not None and self.layout is not None:
            raise DataError("data.forecast_with_layout")


@dataclass(frozen=True)
class Series:
    """How series become arrays (steps, channels): from which columns, and of which length.

    ``layout``: "wide", "long" or "ts"; ``key`` and ``time`` are columns of a long table.
    ``is_padded``: whether some series were shorter than ``steps`` in training.
    """

    layout: Literal["wide", "long", "ts"]
    steps: int
    channels: tuple[str, ...]
    is_padded: bool
    columns: tuple[str, ...] = ()
    key: str | None = None
    time: str | None = None
    kind: ClassVar[Literal["series"]] = "series"

    def fitted(self, x: NDArray[Any]) -> tuple[NDArray[Any], tuple[Notice, ...]]:
        """``x`` (n, steps', channels) with as many steps as in training.

        Longer series lose their end, with a notice. Raises DataError for other channels, and for
        shorter ones if all were of one length in training.
        """
        expected = (self.steps, len(self.channels))
        if x.ndim == 2 and x.shape[1] == len(self.channels) and x.shape != expected:
            x = x[np.newaxis]
        steps = x.shape[1] if x.ndim == 3 else -1
        if x.ndim != 3 or x.shape[2] != len(self.channels):
            raise DataError("data.part_shape", got=x.shape[1:], expected=expected)
        if steps < self.steps:
            if not self.is_padded:
                raise DataError("data.series_of_other_length", got=steps, expected=self.steps)
            rest = np.full((len(x), self.steps - steps, x.shape[2]), np.nan)
            return np.concatenate([x, rest], axis=1), ()
        if steps == self.steps:
            return x, ()
        cut = int((~np.isnan(x[:, self.steps :]).all(axis=(1, 2))).sum())
        told = (Notice("data.series_cut", {"count": cut, "steps": self.steps}),) if cut else ()
        return x[:, : self.steps], told

    def to_json(self) -> dict[str, Any]:
        """The intake as plain JSON values."""
        return {
            "kind": self.kind,
            "layout": self.layout,
            "steps": self.steps,
            "channels": list(self.channels),
            "padded": self.is_padded,
            "columns": list(self.columns),
            "key": self.key,
            "time": self.time,
        }

    @classmethod
    def from_json(cls, table: Mapping[str, Any]) -> Series:
        """The inverse of :meth:`to_json`."""
        return cls(
            table["layout"],
            int(table["steps"]),
            tuple(str(name) for name in table["channels"]),
            bool(table["padded"]),
            tuple(str(name) for name in table["columns"]),
            table["key"],
            table["time"],
        )


def stacked(
    series: Sequence[Floats], names: Sequence[object]
) -> tuple[NDArray[np.float32], NDArray[np.int64], tuple[Notice, ...]]:
    """Series (steps_i, channels) as one array (n, steps, channels) with NaN after their ends, and
    their lengths (n,).

    ``names`` (n) call the series in errors. NaN at the end of a series counts as its end, other
    NaN as missing steps, which are filled. Raises DataError for series of less than two steps, and
    for channels without any value.
    """
    lengths = np.asarray([_length(one) for one in series], np.int64)
    short = np.flatnonzero(lengths < 2)
    if short.size:
        raise DataError(
            "data.series_short",
            count=int(short.size),
            name=shown(names[short[0]]),
            length=int(lengths[short[0]]),
        )
    found = np.full((len(series), int(lengths.max()), series[0].shape[1]), np.nan, np.float32)
    missing = 0
    for row, one in enumerate(series):
        real = one[: lengths[row]]
        gaps = np.isnan(real)
        if gaps.any():
            missing += int(gaps.any(axis=1).sum())
            real = _without_gaps(real, names[row])
        found[row, : lengths[row]] = real
    notices = (Notice("data.steps_filled", {"count": missing}),) if missing else ()
    return found, lengths, notices


def _length(series: Floats) -> int:
    there = np.flatnonzero(~np.isnan(series).all(axis=1))
    return int(there[-1]) + 1 if there.size else 0


def _without_gaps(series: Floats, name: object) -> Floats:
    filled = series.copy()
    steps = np.arange(len(series))
    for channel in range(series.shape[1]):
        there = ~np.isnan(series[:, channel])
        if not there.any():
            raise DataError("data.channel_empty", name=shown(name), channel=channel + 1)
        filled[:, channel] = np.interp(steps, steps[there], series[there, channel])
    return filled
