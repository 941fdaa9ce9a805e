"""The usual step of a column of times, and the steps that are missing in it.

Months differ in length, shops and exchanges have closed days and nights: what comes again and again
is how the times are, not a gap in them. A distance is counted, in this order,

- in months, if all times are the same day of a month, or its last;
- in days on which there is anything, if most days follow each other: where there is nothing on any
  Sunday, a Sunday is not missing;
- in the most usual distance, if all others are its multiples.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

FEW = 0.2
"""Missing steps that are put back, as a share of all steps at most: beyond, more would be made up
than a network should learn from."""
LONGEST_HOLIDAY = 5
"""Days in a row, besides those on which there never is anything, on which there may be nothing."""
NEARLY = 0.1
"""How far a distance may be from a multiple of the usual one, as a share of that."""
RHYTHM = 3
"""Gaps from which on it is told whether they come regularly."""
_SPANS = {"day": 86_400e6, "hour": 3_600e6, "minute": 60e6, "second": 1e6}
"""Microseconds."""


@dataclass(frozen=True)
class Gaps:
    """Where steps are missing in times (n,).

    ``counts`` (n - 1,): usual steps from each time to the next; ``after``: the rows that a gap
    follows. ``length`` and ``unit`` are the usual step's, the unit a key of the catalogue
    ("data.step_…"). ``are_few``: whether the missing steps should be put back.
    """

    counts: Counts
    after: Counts
    length: str
    unit: str
    are_few: bool

    @property
    def missing(self) -> int:
        """How many steps are missing."""
        return int((self.counts[self.after] - 1).sum())

    def put_back(self, values: Floats) -> Floats:
        """``values`` (n, channels) with a row of NaN for each missing step."""
        places = np.concatenate([[0], np.cumsum(self.counts)])
        found = np.full((int(places[-1]) + 1, values.shape[1]), np.nan)
        found[places] = values
        return found


def gaps_in(times: NDArray[Any], are_dates: bool) -> Gaps | None:
    """The gaps in rising ``times`` (n,), dates in microseconds since 1970 or plain numbers.

    None where no step is missing, or none is usual: more than half of the distances must be it.
    """
    distances = np.diff(times)
    if len(distances) < RHYTHM or not (distances > 0).all():
        return None
    if are_dates:
        months = _in_months(times)
        if months is not None:
            counts, length = months
            of_years = length % 12 == 0
            return _found(
                counts, length // 12 if of_years else length, "year" if of_years else "month"
            )
        days = _in_open_days(times)
        if days is not None:
            after = np.flatnonzero(days > LONGEST_HOLIDAY + 1)
            return Gaps(days, after, "1", "day", False) if after.size else None
    usual = float(np.sort(distances)[(len(distances) - 1) // 2])
    ratios = distances / usual
    counts = np.round(ratios).astype(np.int64)
    if (counts < 1).any() or np.abs(ratios - counts).max() > NEARLY:
        return None
    span = next((name for name, size in _SPANS.items() if usual >= size), "second")
    return _found(counts, usual / _SPANS[span], span) if are_dates else _found(counts, usual, None)


def _found(counts: Counts, length: float, unit: str | None) -> Gaps | None:
    after = np.flatnonzero(counts > 1)
    if not after.size or 2 * len(after) >= len(counts):
        return None
    share = float((counts - 1).sum() / (counts.sum() + 1))
    are_few = share <= FEW
    if not are_few and _come_regularly(after):  # nights, or the months in which a shop is closed
        return None
    words = "of_times" if unit is None else unit if length == 1 else f"{unit}s"
    return Gaps(counts, after, f"{length:.6g}", words, are_few)


def _come_regularly(after: Counts) -> bool:
    """Whether most gaps have the same number of rows between them."""
    if len(after) < RHYTHM:
        return False
    between = np.diff(after)
    return bool(2 * np.unique(between, return_counts=True)[1].max() > len(between))


def _in_months(times: NDArray[Any]) -> tuple[Counts, int] | None:
    """How many usual steps lie between times that are months apart, and the months of such a step;
    None for others."""
    dates = times.astype("datetime64[us]")
    months: NDArray[Any] = dates.astype("datetime64[M]")
    ends = (dates.astype("datetime64[D]") + 1).astype("datetime64[M]") > months
    if len(np.unique(dates - months)) > 1 and not ends.all():
        return None
    distances: Any = np.diff(months.astype(np.int64))
    usual = int(np.sort(distances)[(len(distances) - 1) // 2])
    if usual < 1 or (distances % usual).any():
        return None
    return distances // usual, usual


def _in_open_days(times: NDArray[Any]) -> Counts | None:
    """Distances in days of the week on which there is anything; None unless most times are a day
    apart, and there is a day of the week without any."""
    days = times / _SPANS["day"]
    distances = np.diff(days)
    if np.abs(distances - np.round(distances)).max() > 0 or 2 * np.sum(distances == 1) <= len(
        distances
    ):
        return None
    is_open = open_weekdays(times)
    if is_open.all():
        return None
    whole = np.floor(days).astype("datetime64[D]")
    counts: Counts = np.busday_count(whole[:-1], whole[1:], weekmask=is_open)
    return counts


def open_weekdays(times: NDArray[Any]) -> NDArray[np.bool_]:
    """On which days of the week, from Monday, there is anything ``(7,)``; times ``(n,)`` in
    microseconds since 1970."""
    days = np.floor(times / _SPANS["day"]).astype(np.int64)
    found: NDArray[np.bool_] = np.bincount((days + 3) % 7, minlength=7) > 0  # 1970: a Thursday
    return found
