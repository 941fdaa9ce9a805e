"""Forecasting: windows of one series as examples, and the forecasts that need no learning.

Window i holds the steps i … i + window − 1, its answer the ``horizon`` steps after them. Windows
are divided by time; the last ``horizon − 1`` of a part are left out where another part follows,
since their answers would reach into it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from jaram.data.splits import Rows, Split, ordered_split
from jaram.data.steps import open_weekdays
from jaram.errors import DataError

Floats = NDArray[np.float64]
FEWEST_WINDOWS = 4


@dataclass(frozen=True)
class Forecast:
    """What is foretold, how far, and from what: ``channels`` are the columns of a window, the
    ``target`` one of them; ``time`` the column that orders the steps; ``season`` in steps."""

    target: str
    channels: tuple[str, ...]
    window: int
    horizon: int
    time: str | None = None
    season: int | None = None
    kind: ClassVar[Literal["forecast"]] = "forecast"

    @property
    def answers(self) -> tuple[str, ...]:
        """The names of the foretold steps."""
        return tuple(f"{self.target}+{step}" for step in range(1, self.horizon + 1))

    def windows(self, values: Floats) -> tuple[Floats, Floats]:
        """Examples (n, window, channels) and answers (n, horizon) of a series (steps, channels).

        Views of ``values``. Raises DataError if it is too short for any.
        """
        span = self.window + self.horizon
        if len(values) < span:
            raise DataError(
                "data.series_too_short", steps=len(values), window=self.window, horizon=self.horizon
            )
        spans = sliding_window_view(values, span, axis=0)  # (n, channels, span)
        target = self.channels.index(self.target)
        return spans[:, :, : self.window].swapaxes(1, 2), spans[:, target, self.window :]

    def last_window(self, values: Floats) -> Floats:
        """The window (1, window, channels) that the future follows. Raises DataError."""
        if len(values) < self.window:
            raise DataError("data.window_not_filled", steps=len(values), window=self.window)
        return values[np.newaxis, -self.window :]

    def split(self, starts: NDArray[Any], validation: float, test: float) -> Split:
        """The windows of each part in order of time, without those whose answers reach into the
        answers of a later part; ``starts`` (n,) are the windows' first steps."""
        whole = ordered_split(np.argsort(starts, kind="stable"), validation, test)
        valid = self.before(whole.valid, whole.test, starts)
        train = self.before(whole.train, valid if valid.size else whole.test, starts)
        if not train.size or (validation and not valid.size):
            raise DataError("data.too_few_windows", windows=len(starts), horizon=self.horizon)
        return Split(train, valid, whole.test)

    def before(self, early: Rows, late: Rows, starts: NDArray[Any]) -> Rows:
        """The windows of ``early`` whose last answer comes before the first of ``late``."""
        return early[starts[early] + self.horizon <= starts[late].min()] if late.size else early

    def baselines(self, x: NDArray[Any], y: NDArray[Any]) -> dict[str, dict[str, float]]:
        """Mean absolute and root mean squared error, in the target's own unit, of forecasts that
        repeat: "naive" the last value, "seasonal_naive" the last season."""
        past = x[..., self.channels.index(self.target)].astype(np.float64)
        return {name: _errors(one, y) for name, one in self.repeated(past).items()}

    def repeated(self, past: Floats) -> dict[str, Floats]:
        """Forecasts (n, horizon) that repeat, from the target's last values (n, window): "naive"
        the last one, "seasonal_naive" the last season if the window holds one."""
        found = {"naive": np.repeat(past[:, -1:], self.horizon, axis=1)}
        if self.season is not None and self.season <= self.window:
            steps = np.arange(self.horizon) % self.season - self.season
            found["seasonal_naive"] = past[:, steps]
        return found

    def nearer_season(self, x: NDArray[Any], y: NDArray[Any]) -> int:
        """The season whose repetition is nearer to the answers: ``season``, or 1 for the last
        value."""
        found = self.baselines(x, y)
        is_seasonal = "seasonal_naive" in found
        if is_seasonal and found["seasonal_naive"]["mae"] < found["naive"]["mae"]:
            return self.season or 1
        return 1

    def trend(self, x: NDArray[Any]) -> float:
        """The share of the variance of the windows' means that a straight line over time explains,
        0 to 1; ``x`` (n, window, channels) in order of time.

        Means, because within a window the season would count as what no line explains.
        """
        levels = x[..., self.channels.index(self.target)].mean(axis=1, dtype=np.float64)
        if np.ptp(levels) == 0.0:
            return 0.0
        return float(np.corrcoef(np.arange(len(levels)), levels)[0, 1] ** 2)

    def to_json(self) -> dict[str, Any]:
        """The intake as plain JSON values."""
        return {
            "kind": self.kind,
            "target": self.target,
            "channels": list(self.channels),
            "window": self.window,
            "horizon": self.horizon,
            "time": self.time,
            "season": self.season,
        }

    @classmethod
    def from_json(cls, table: Mapping[str, Any]) -> Forecast:
        """The inverse of :meth:`to_json`."""
        return cls(
            str(table["target"]),
            tuple(str(name) for name in table["channels"]),
            int(table["window"]),
            int(table["horizon"]),
            table["time"],
            None if table["season"] is None else int(table["season"]),
        )


def _errors(forecast: Floats, truth: NDArray[Any]) -> dict[str, float]:
    off = forecast - truth.reshape(len(truth), -1)
    return {"mae": float(np.abs(off).mean()), "rmse": float(np.sqrt(np.mean(off**2)))}


def carried_forward(values: Floats, names: Sequence[str]) -> tuple[Floats, int]:
    """``values`` (steps, channels) with what is missing taken from the step before, which looks at
    nothing later; steps before the first value take that. Second: how many steps were filled.

    Raises DataError for a channel without any value, whose name is told.
    """
    missing = np.isnan(values)
    if missing.all(axis=0).any():
        channel = int(np.flatnonzero(missing.all(axis=0))[0])
        raise DataError("data.column_empty", column=names[channel])
    places = np.where(missing, 0, np.arange(len(values))[:, None])
    places = np.maximum.accumulate(places, axis=0)
    first = (~missing).argmax(axis=0)
    places = np.maximum(places, first)
    filled = np.take_along_axis(values, places, axis=0)
    return filled, int(missing.any(axis=1).sum())


def usual_season(times: NDArray[Any]) -> int | None:
    """The season that times in microseconds suggest: 24 hours, 7 days (5 where no step falls on a
    weekend), 12 months, 4 quarters; None for other distances."""
    if len(times) < 3:
        return None
    hours = float(np.median(np.diff(times))) / 3.6e9
    for low, high, season in ((0.99, 1.01, 24), (23, 25, 7), (672, 744, 12), (2136, 2232, 4)):
        if low <= hours <= high:
            is_working_week = season == 7 and not open_weekdays(times)[5:].any()
            return 5 if is_working_week and len(times) > 5 else season
    return None
