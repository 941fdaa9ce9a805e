"""What the report of a search draws, arranged from a study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from jaram.doctor.threads import one_thread
from jaram.report.axes import Axis, axes_of, rate_axis
from jaram.searches.importance import Variance, importance, interactions, variance

if TYPE_CHECKING:
    from jaram.searches.study import Study, Trial

Floats = NDArray[np.float64]

MOST_AXES = 8
"""Dimensions that are drawn, the most important first."""
MOST_PAIRS = 6
MOST_CURVE_POINTS = 400_000
"""Numbers of all curves together; beyond, epochs are thinned."""
DULL = 0.1
"""The worst tenth of the scores has one colour, so that failures do not eat the scale."""


@dataclass(frozen=True, eq=False)
class Marginal:
    """The forest's mean score along one dimension: places, mean, and the 5% and 95% of the
    forests."""

    axis: int
    at: Floats
    mean: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, eq=False)
class Pair:
    """The forest's mean score over two dimensions ``(first, second)``, and how much of the variance
    the two explain only together."""

    first: int
    second: int
    surface: Floats
    interaction: float


@dataclass(frozen=True, eq=False)
class SearchEvidence:
    """axes: the dimensions drawn, the most important first. scores: ``(trials,)``. colour: the axis
    that curves are coloured by. epochs: of which the curves tell ``(points,)``; curves: ``(trials,
    points)``, NaN where there is none. low, high: what scores' colours reach over. Where no trial
    could be trained there are no axes, effects and curves: scores that all are the worst compare
    nothing."""

    study: Study
    axes: tuple[Axis, ...]
    scores: Floats
    shares: tuple[dict[str, Any], ...]
    joint: tuple[dict[str, Any], ...]
    marginals: tuple[Marginal, ...]
    pairs: tuple[Pair, ...]
    colour: Axis | None
    epochs: NDArray[np.int64]
    curves: Floats
    low: float
    high: float


def search_evidence(study: Study) -> SearchEvidence:
    """Arrange a study. Costs a second for 5,000 trials: sixteen forests learn the scores."""
    with one_thread():  # threads that spin beside a busy core took ten times as long
        return _arranged(study)


def _arranged(study: Study) -> SearchEvidence:
    shares = tuple(importance(study).iter_rows(named=True))
    every = {axis.name: axis for axis in axes_of(study)}
    is_trained = study.winner is not None
    axes = tuple(every[row["path"]] for row in shares[:MOST_AXES]) if is_trained else ()
    found = variance(study)
    scores = np.array([trial.score for trial in study.trials])
    epochs, curves = _curves(study.trials if is_trained else ())
    known = scores[np.isfinite(scores)]
    low, high = np.quantile(known, [DULL, 1]) if len(known) else (0.0, 1.0)
    return SearchEvidence(
        study=study,
        axes=axes,
        scores=scores,
        shares=shares,
        joint=tuple(interactions(study).head(MOST_PAIRS).iter_rows(named=True)),
        marginals=tuple(_marginal(found, place, axis.name) for place, axis in enumerate(axes))
        if found.forests
        else (),
        pairs=_pairs(found, axes),
        colour=(rate_axis(study) or next(iter(axes), None)) if is_trained else None,
        epochs=epochs,
        curves=curves,
        low=float(low),
        high=float(max(high, low + 1e-9)),
    )


def _marginal(found: Variance, place: int, path: str) -> Marginal:
    at, curves = found.curves(found.paths.index(path))
    low, high = np.quantile(curves, [0.05, 0.95], axis=0)
    return Marginal(place, at, curves.mean(axis=0), low, high)


def _pairs(found: Variance, axes: tuple[Axis, ...]) -> tuple[Pair, ...]:
    """The pairs that explain most, alone and together."""
    if not found.forests:
        return ()
    drawn = {axis.name: place for place, axis in enumerate(axes)}
    alone, together = found.alone.mean(axis=0), found.together.mean(axis=0)
    ranked = sorted(
        (
            (together[number] + min(alone[a], alone[b]), number)
            for number, (a, b) in enumerate(found.pairs)
            if found.paths[a] in drawn and found.paths[b] in drawn
        ),
        reverse=True,
    )
    pairs = []
    for _, number in ranked[:MOST_PAIRS]:
        # The more important dimension lies across.
        a, b = sorted(found.pairs[number], key=lambda d: drawn[found.paths[d]])
        first, second = drawn[found.paths[a]], drawn[found.paths[b]]
        _, _, surface = found.surface(a, b)
        pairs.append(Pair(first, second, surface, float(together[number])))
    return tuple(pairs)


def _curves(trials: Sequence[Trial]) -> tuple[NDArray[np.int64], Floats]:
    """The score after each epoch of each trial, at so many epochs as can be drawn."""
    told = [trial.curve for trial in trials]
    longest = max(map(len, told), default=0)
    most = max(2, MOST_CURVE_POINTS // max(1, len(told)))
    epochs = np.arange(1, longest + 1)
    if longest > most:
        epochs = np.unique(np.linspace(1, longest, most).round().astype(np.int64))
    curves = np.full((len(told), longest), np.nan)
    for row, curve in zip(curves, told, strict=True):
        row[: len(curve)] = curve
    return epochs, curves[:, epochs - 1]
