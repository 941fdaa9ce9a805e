"""Intervals around forecasts from the errors of forecasts that can be checked (split conformal
prediction)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

SHARE = 0.8
"""Four checked forecasts are enough for it; for 95% it would take nineteen."""


@dataclass(frozen=True)
class Interval:
    """An interval around each forecast: as wide above as below.

    share: of the truth that is to lie within, stated. half_widths: by step ahead, in the target's
    own unit. windows: how many checked forecasts it comes from. covered: the share of later ones
    that lay within, None if there were none; checked_on: which, "test" or "later_half" (of the
    validation part, the interval then from the earlier half alone).
    """

    share: float
    half_widths: tuple[float, ...]
    windows: int
    covered: float | None
    checked_on: str


def half_widths(residuals: NDArray[Any], share: float = SHARE) -> NDArray[np.float64]:
    """Half the width of the interval for each step ahead, ``(horizon,)``.

    residuals: true minus foretold ``(n, horizon)`` of n forecasts that were not learned from. It is
    the ⌈(n + 1)·share⌉-th smallest size of error (Lei et al., 2018), so that a new forecast, if it
    is exchangeable with these, lies within with probability ``share`` at least; infinite where n is
    too small for that. Windows that overlap in time are not quite exchangeable, so the share is
    approximate.
    """
    n = len(residuals)
    rank = math.ceil((n + 1) * share - 1e-9)
    if rank > n:
        return np.full(residuals.shape[1], np.inf)
    return np.sort(np.abs(np.asarray(residuals, np.float64)), axis=0)[rank - 1]  # type: ignore[no-any-return]


def covered(residuals: NDArray[Any], widths: NDArray[Any]) -> float:
    """The share of ``residuals`` ``(n, horizon)`` within the half-widths ``(horizon,)``."""
    return float(np.mean(np.abs(residuals) <= widths))
