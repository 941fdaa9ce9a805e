"""What mattered: the share of the score's variance that each dimension explains by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from jaram.searches.distributions import Choice

if TYPE_CHECKING:
    import polars

    from jaram.searches.space import Space
    from jaram.searches.study import Study

TREES = 32
LEVELS = 12
"""Values of a continuous dimension that its effect is averaged over."""
BACKGROUND = 64
"""Points that the other dimensions are averaged over."""
FEWEST_TRIALS = 8
"""Of fewer trials no forest learns anything."""


def importance(study: Study, bootstraps: int) -> polars.DataFrame:
    """Functional analysis of variance by a random forest (Hutter, Hoos & Leyton-Brown, 2014).

    A forest learns the score over the cube; a dimension's importance is the variance of the mean
    prediction along it, as a share of the variance of all predictions. What is missing from a sum
    of 1 is interaction. low, high: 5% and 95% over forests grown on trials drawn again with
    replacement. A dimension inside an option that was not drawn counts as if in its middle. NaN
    where there are too few trials, or all have one score.
    """
    import polars

    space = study.space
    points = _features(study)
    scores = np.array([trial.score for trial in study.trials])
    shares = np.full((bootstraps, len(space.dimensions)), np.nan)
    if len(scores) >= FEWEST_TRIALS and np.ptp(scores) > 0:
        background = np.random.default_rng(0).random((BACKGROUND, points.shape[1]))
        rounded = _rounded(space, background)
        for row in range(bootstraps):
            rng = np.random.default_rng([1, row])
            rows = rng.integers(len(scores), size=len(scores))
            shares[row] = _shares(points[rows], scores[rows], rounded, space, row)
    with np.errstate(invalid="ignore"):
        table = polars.DataFrame(
            {
                "path": list(space.dimensions),
                "importance": shares.mean(0),
                "low": np.quantile(shares, 0.05, axis=0),
                "high": np.quantile(shares, 0.95, axis=0),
            }
        )
    return table.sort("importance", descending=True, nulls_last=True)


def _features(study: Study) -> NDArray[np.float64]:
    """The trials' points, with the middle for a dimension that was not drawn."""
    points = _rounded(study.space, study.points)
    for place, path in enumerate(study.space.dimensions):
        unused = [path not in trial.values for trial in study.trials]
        points[unused, place] = 0.5
    return points


def _rounded(space: Space, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points in which an option is one place, the middle of its share."""
    rounded = points.copy()
    for place, distribution in enumerate(space.dimensions.values()):
        if isinstance(distribution, Choice):
            options = [distribution.index(share) for share in points[:, place]]
            rounded[:, place] = (np.array(options) + 0.5) / distribution.levels
    return rounded


def _shares(
    points: NDArray[np.float64],
    scores: NDArray[np.float64],
    background: NDArray[np.float64],
    space: Space,
    seed: int,
) -> NDArray[np.float64]:
    from sklearn import ensemble

    grown: Any = ensemble.RandomForestRegressor
    forest = grown(TREES, min_samples_leaf=2, random_state=seed, n_jobs=1)
    forest.fit(points, scores)
    found: NDArray[np.float64] = np.zeros(points.shape[1])
    for place, distribution in enumerate(space.dimensions.values()):
        is_choice = isinstance(distribution, Choice)
        levels = (distribution.levels or LEVELS) if is_choice else LEVELS
        along = np.repeat(background[None], levels, axis=0)
        along[:, :, place] = ((np.arange(levels) + 0.5) / levels)[:, None]
        predicted = forest.predict(along.reshape(-1, points.shape[1])).reshape(levels, -1)
        whole = float(predicted.var())
        found[place] = predicted.mean(1).var() / whole if whole > 0 else 0.0
    return found
