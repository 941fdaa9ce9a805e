"""A log's rows as one value an epoch.

Tools write when it suits them: the training loss every fifty steps, the validation loss in a row of
its own, or only every fifth epoch. A point of the curves is a moment at which the loss that is
measured more rarely was measured; the other is what it was in the same epoch, on average if it was
written more than once since the point before. Nothing is interpolated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from jaram.doctor.evidence import Curves
from jaram.interop.log import Column, Floats, Log

MOST_POINTS = 2000
"""Points that curves without a validation loss keep; more are averaged in equal parts."""
FEW_EPOCHS = 5
"""Fewer epochs than this do not show a course: then each row of the log is a point."""

LOSSES = ("train/loss", "valid/loss")
SCORES = ("accuracy", "r2")


@dataclass(frozen=True, eq=False)
class Series:
    """What one column tells: ``value[i]`` was measured at the moment ``at[i]``, a row's rank in
    time, rising. NaN where the training had diverged."""

    at: NDArray[np.int64]
    value: Floats

    def __len__(self) -> int:
        return len(self.at)

    @cached_property
    def moments(self) -> NDArray[np.int64]:
        """The different ones in ``at``; these are in order, so that none need be sorted."""
        found: NDArray[np.int64] = self.at[np.diff(self.at, prepend=-1) != 0]
        return found

    @property
    def has_number(self) -> bool:
        return bool(np.isfinite(self.value).any())


@dataclass(frozen=True, eq=False)
class Timeline:
    """The columns of a log that mean something, on one clock.

    epoch: ``(moments,)``, the epoch of each moment, NaN if the log does not say. step: likewise.
    """

    series: dict[str, Series]
    epoch: Floats
    step: Floats

    @cached_property
    def whole_epochs(self) -> bool:
        """Whether the log counts epochs in whole numbers."""
        known = self.epoch[np.isfinite(self.epoch)]
        return bool(len(known)) and bool((known == np.round(known)).all())


def timeline(log: Log, roles: Mapping[str, str]) -> Timeline:
    """The recognised columns of a log; rows before a restart of the clock are left out.

    A training that was begun again in the same log is read from where it began again.
    """
    columns = {role: log.columns[name] for role, name in roles.items()}
    epoch, step = (_clock(columns.pop(role, None)) for role in ("epoch", "step"))
    is_step_through = step is not None and _counts_through(step, epoch)
    main = step if is_step_through else epoch
    kept = np.arange(log.rows) if main is None else _since_restart(main)
    clocks = [step] if is_step_through else [epoch, step]
    at = _ranks([clock[kept] for clock in clocks if clock is not None], len(kept))
    used = {roles.get(role) for role in ("epoch", "step")}
    measured = {name: one.take(kept) for name, one in log.columns.items() if name not in used}
    series = {}
    for role in columns:
        known = _measurements(roles[role], roles.get("train/loss", ""), role, measured)
        rows = np.flatnonzero(known)
        series[role] = Series(at[rows], measured[roles[role]].values[rows])
    told = {
        role: log.columns[roles[role]].values[kept] if role in roles else np.full(len(at), np.nan)
        for role in ("epoch", "step")
    }
    if epoch is None and step is None:  # a row is an epoch
        told["epoch"] = at.astype(np.float64)
    return Timeline(series, _of_moments(told["epoch"], at), _of_moments(told["step"], at))


def _clock(column: Column | None) -> Floats | None:
    """The times in a column; None if a row has none."""
    if column is None or not np.isfinite(column.values).all():
        return None
    return column.values


def _counts_through(step: Floats, epoch: Floats | None) -> bool:
    """Whether steps are counted through the training and not anew in each epoch."""
    if epoch is None:
        return True
    back = np.diff(step) < 0
    return not bool((back & (np.diff(epoch) > 0)).any())


def _since_restart(clock: Floats) -> NDArray[np.int64]:
    """The rows that are not made void by a later row, from which the clock goes on after it went
    back."""
    rows = np.arange(len(clock))
    back = np.flatnonzero(np.diff(clock) < 0) + 1
    is_counted_anew = len(back) > 1 and (clock[back] == clock[0]).all()  # in every epoch
    if not len(back) or is_counted_anew:
        return rows
    kept = np.ones(len(clock), np.bool_)
    for restart in back:
        kept[:restart] &= clock[:restart] < clock[restart]
    return rows[kept]


def _ranks(clocks: list[Floats], rows: int) -> NDArray[np.int64]:
    """The moment of each row: rows with the same time, one after another, are one moment."""
    if not clocks:
        return np.arange(rows)
    changed = np.zeros(max(rows - 1, 0), np.bool_)
    for clock in clocks:
        changed |= np.diff(clock) != 0
    return np.concatenate([np.zeros(min(rows, 1), np.int64), np.cumsum(changed)]).astype(np.int64)


def _of_moments(clock: Floats, at: NDArray[np.int64]) -> Floats:
    found = np.full(int(at[-1]) + 1 if len(at) else 0, np.nan)
    rows = np.flatnonzero(np.isfinite(clock))
    found[at[rows]] = clock[rows]
    return found


# --- empty cells: not measured, or not a number? ------------------------------------------------


def _measurements(
    name: str, train_name: str, role: str, columns: Mapping[str, Column]
) -> NDArray[np.bool_]:
    """Which cells of a column are measurements; NaN among these is divergence.

    Many tools write the NaN of a training that diverged as an empty cell, and others an empty cell
    as NaN. A network whose loss is NaN does not recover. So what is missing between numbers was not
    measured; what is missing after the last number, in more rows that would have it than ever
    before, is divergence. Rows that would have it are those with nothing in them, or with what
    usually stands beside it. Of the validation part this is believed only where the training loss
    is gone as well.
    """
    own = columns[name]
    number: NDArray[np.bool_] = ~np.isnan(own.values)
    places = np.flatnonzero(number)
    if not len(places):
        return number | ~own.blank
    tail = np.arange(len(number)) > places[-1]
    written_nan = tail & ~own.blank & ~number
    if written_nan.any() and (np.diff(places) == 1).all():
        number |= written_nan
        return number
    if role == "learning_rate" or not tail.any():
        return number
    is_silent, has_usual = np.ones(len(number), np.bool_), np.zeros(len(number), np.bool_)
    for other, one in columns.items():
        if other != name:
            has = np.isfinite(one.values)
            is_silent &= one.blank
            if np.count_nonzero(has & number) * 2 >= len(places):
                has_usual |= has
    lost = ~number & (is_silent | has_usual)
    so_far = np.cumsum(lost)
    longest = int(np.diff(so_far[places]).max()) if len(places) > 1 else 0
    if np.count_nonzero(lost & tail) <= longest:
        return number
    lost &= tail
    if role.startswith("valid/") and train_name in columns:
        lost &= ~np.isfinite(columns[train_name].values)
    return number | lost


# --- points -------------------------------------------------------------------------------------


def curves(found: Timeline) -> Curves | None:
    """One value a point of every curve; without a validation loss that was measured twice, of the
    training loss alone; None if neither was."""
    train, valid = (_useful(found.series.get(role)) for role in LOSSES)
    if train is None and valid is None:
        return None
    if train is not None and valid is not None:
        rare, dense = (train, valid) if len(train) < len(valid) else (valid, train)
        points = rare.moments
        mean = _means(found, dense, points)
        points = points[mean[1]]
        if len(points) < 2:  # the two were never measured together
            train, valid = (None, valid) if len(valid) > len(train) else (train, None)
    if train is None or valid is None:
        alone = train if train is not None else valid
        assert alone is not None
        points = _alone(found, alone)
    return _at_points(found, points, train, valid)


def _useful(series: Series | None) -> Series | None:
    """A series with at least two moments and a number."""
    if series is None or len(series.moments) < 2 or not series.has_number:
        return None
    return series


def _alone(found: Timeline, series: Series) -> NDArray[np.int64]:
    """The moments that end the points of a log with one loss."""
    ends = series.moments
    epochs = found.epoch[ends]
    if found.whole_epochs and np.isfinite(epochs).all():
        of_epochs = ends[np.append(np.diff(epochs) != 0, True)]
        ends = of_epochs if len(of_epochs) >= FEW_EPOCHS else ends
    if len(ends) <= MOST_POINTS:
        return ends
    return ends[np.linspace(0, len(ends), MOST_POINTS + 1).round().astype(np.int64)[1:] - 1]


def _at_points(
    found: Timeline, points: NDArray[np.int64], train: Series | None, valid: Series | None
) -> Curves:
    losses = [None if one is None else _means(found, one, points)[0] for one in (train, valid)]
    name, scores = _scores(found, points, losses)
    rate = found.series.get("learning_rate")
    return Curves(
        train_loss=losses[0],
        valid_loss=losses[1],
        train_score=scores[0],
        valid_score=scores[1],
        score_name=name,
        learning_rate=None if rate is None or not len(rate) else _latest(rate, points),
        steps=None if train is None else _steps(found, train, len(points)),
    )


def _means(
    found: Timeline, series: Series, points: NDArray[np.int64]
) -> tuple[Floats, NDArray[np.bool_]]:
    """The mean of what was measured since the point before, in the point's own epoch if the log
    tells; and where there is any."""
    place = np.searchsorted(points, series.at)
    inside = place < len(points)
    place, at, value = place[inside], series.at[inside], series.value[inside]
    own = np.ones(len(place), np.bool_)
    if found.whole_epochs:
        epoch, of_point = found.epoch[at], found.epoch[points[place]]
        own = (epoch == of_point) | np.isnan(epoch) | np.isnan(of_point)
        has_own = np.bincount(place[own], minlength=len(points)) > 0
        own |= ~has_own[place]
    count = np.bincount(place[own], minlength=len(points))
    with np.errstate(invalid="ignore"):
        total = np.bincount(place[own], weights=value[own], minlength=len(points))
        mean = total / np.maximum(count, 1)
    mean[count == 0] = np.nan
    return mean, count > 0


def _latest(series: Series, points: NDArray[np.int64]) -> Floats:
    """The last value at or before each point; before the first, the first."""
    place = np.searchsorted(series.at, points, side="right") - 1
    return np.asarray(series.value[np.maximum(place, 0)])


def _scores(
    found: Timeline, points: NDArray[np.int64], losses: list[Floats | None]
) -> tuple[str, list[Floats | None]]:
    """The score that the log has, on both parts; percents as shares. A score that was not measured
    at every point at which the loss is a number is left out."""
    for name in SCORES:
        kept: list[Floats | None] = []
        for part, loss in zip(("train", "valid"), losses, strict=True):
            series = found.series.get(f"{part}/{name}")
            if series is None or not series.has_number:
                kept.append(None)
                continue
            score, known = _means(found, series, points)
            diverged = np.zeros(len(points), np.bool_) if loss is None else ~np.isfinite(loss)
            is_whole = (known | diverged).all() and np.isfinite(score).any()
            kept.append(score if is_whole else None)
        if any(score is not None for score in kept):
            if name == "accuracy":
                kept = _shares(kept)
            return (name, kept) if any(one is not None for one in kept) else ("", kept)
    return "", [None, None]


def _shares(scores: list[Floats | None]) -> list[Floats | None]:
    """Accuracies in [0, 1], of such or of percents; none if they are neither."""
    top = max(float(np.nanmax(score)) for score in scores if score is not None)
    low = min(float(np.nanmin(score)) for score in scores if score is not None)
    if low < 0 or top > 100:
        return [None, None]
    return [None if one is None else one / 100 if top > 1 else one for one in scores]


def _steps(found: Timeline, train: Series, points: int) -> Floats | None:
    """The training loss of every step, if the log has it of every step."""
    step = found.step[train.at]
    if len(step) < 2 * points or not (np.diff(step) == 1).all():
        return None
    return train.value
