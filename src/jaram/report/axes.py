"""Dimensions of a search space as axes: a place in [0, 1] for each trial, ticks at round values.

Places are those of the space's unit cube, so that a logarithmic dimension is drawn on a logarithmic
axis and nobody needs to know which it is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from jaram.searches.distributions import (
    Choice,
    Distribution,
    IntLogUniform,
    IntUniform,
    LogUniform,
    OneMinus,
    Uniform,
)

if TYPE_CHECKING:
    from jaram.searches.study import Study

Ticks = tuple[tuple[float, str], ...]
"""Places and what stands there."""
RATE = "learning_rate"
MOST_TICKS = 6
SPREAD = 0.55
"""The part of an option's share that its trials are spread over."""


@dataclass(frozen=True, eq=False)
class Axis:
    """name: path of the dimension. places: ``(trials,)``, NaN where nothing was drawn."""

    name: str
    places: NDArray[np.float64]
    ticks: Ticks
    is_choice: bool = False


def axes_of(study: Study) -> tuple[Axis, ...]:
    """An axis for each dimension of the space."""
    return tuple(
        _axis(study, place, path, distribution)
        for place, (path, distribution) in enumerate(study.space.dimensions.items())
    )


def _axis(study: Study, place: int, path: str, distribution: Distribution) -> Axis:
    places = study.points[:, place].copy()
    is_choice = isinstance(distribution, Choice)
    if isinstance(distribution, Choice):
        levels = distribution.levels
        option = np.minimum(levels - 1, np.floor(places * levels))
        places = (option + 0.5 + SPREAD * (places * levels - option - 0.5)) / levels
    places[[path not in trial.values for trial in study.trials]] = np.nan
    return Axis(path, places, ticks_of(distribution), is_choice)


def ticks_of(distribution: Distribution) -> Ticks:
    """Round values of a distribution where they stand on its axis."""
    match distribution:
        case Choice():
            count = distribution.levels
            return tuple(((i + 0.5) / count, str(one)) for i, one in enumerate(distribution.labels))
        case OneMinus(of=LogUniform(low=low, high=high)):
            return tuple((_log(v, low, high), f"{1 - v:g}") for v in _decades(low, high))
        case LogUniform(low=low, high=high):
            return tuple((_log(v, low, high), f"{v:g}") for v in _decades(low, high))
        case IntLogUniform(low=low, high=high):
            return tuple((_log(v + 0.5, low, high + 1), str(v)) for v in _doublings(low, high))
        case IntUniform(low=low, high=high):
            each = max(1, round(_step(low, high)))
            values = range(-(-low // each) * each, high + 1, each)
            return tuple(((v - low + 0.5) / (high - low + 1), str(v)) for v in values)
        case Uniform(low=low, high=high):
            return tuple(((v - low) / (high - low), f"{v:g}") for v in _even(low, high))
    return ()


def rate_axis(study: Study) -> Axis | None:
    """The learning rate of each trial on one logarithmic axis, whichever optimizer it is of; None
    where it is not varied."""
    paths = [path for path in study.space.dimensions if path.rpartition(".")[2] == RATE]
    found = [
        next((float(trial.values[path]) for path in paths if path in trial.values), math.nan)
        for trial in study.trials
    ]
    with np.errstate(invalid="ignore", divide="ignore"):
        logs = np.log10(np.array(found, np.float64))
    logs[~np.isfinite(logs)] = np.nan
    if not len(logs) or np.isnan(logs).all() or np.nanmax(logs) - np.nanmin(logs) < 1e-9:
        return None
    low, high = float(np.nanmin(logs)), float(np.nanmax(logs))
    ticks = tuple((_log(v, 10**low, 10**high), f"{v:g}") for v in _decades(10**low, 10**high))
    return Axis(RATE, (logs - low) / (high - low), ticks)


def _log(value: float, low: float, high: float) -> float:
    return math.log(value / low) / math.log(high / low)


def _decades(low: float, high: float) -> list[float]:
    """Powers of ten; with 2 and 5 times them where there are few."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    decades = math.log10(high / low)
    factors = (1, 2, 5) if decades < 2.2 else (1,)
    each = max(1, math.ceil(decades / MOST_TICKS))
    found = [
        f * 10.0**power for power in range(first, last + 1) for f in factors if not power % each
    ]
    return [value for value in found if low * (1 - 1e-9) <= value <= high * (1 + 1e-9)]


def _doublings(low: int, high: int) -> list[int]:
    """Powers of two within the limits, every second one where there are many."""
    found = [2**power for power in range(high.bit_length() + 1) if low <= 2**power <= high]
    return found[:: max(1, math.ceil(len(found) / MOST_TICKS))] or [low, high]


def _step(low: float, high: float) -> float:
    """A round step, of which about five make the range."""
    raw = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(raw))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * 0.999)


def _even(low: float, high: float) -> list[float]:
    step = _step(low, high)
    first = math.ceil(low / step - 1e-9)
    return [round(k * step, 12) for k in range(first, math.floor(high / step + 1e-9) + 1)]
