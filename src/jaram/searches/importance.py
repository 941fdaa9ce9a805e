"""What mattered: the share of the score's variance that dimensions explain, alone and in pairs.

Functional analysis of variance by a random forest (Hutter, Hoos & Leyton-Brown, 2014). D
dimensions, B forests, G places along a dimension.
"""

from __future__ import annotations

import itertools
import weakref
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from jaram.doctor.threads import one_thread
from jaram.searches.distributions import Choice
from jaram.searches.forest import Forest, Levels, at_options, grown

if TYPE_CHECKING:
    import polars

    from jaram.searches.space import Space
    from jaram.searches.study import Study

Floats = NDArray[np.float64]

FEWEST_TRIALS = 8
"""Of fewer trials no forest learns anything."""
MOST_TRIALS = 1000
"""Trials that one forest learns from, at most: 5,000 would take 9 s and tell the same."""

NO_VARIANCE = 1e-12
"""A forest that predicts less than this share of the scores' variance predicts one number, but for
rounding: shares of it would say nothing."""


@dataclass(frozen=True, eq=False)
class Variance:
    """Forests that learnt the score, and what they say of its variance.

    paths: of the dimensions. pairs: of dimensions that were drawn together in any trial. forests:
    each grown on trials drawn again with replacement; none where there are too few trials, all have
    one score, or they are stages of one training.
    """

    paths: tuple[str, ...]
    pairs: tuple[tuple[int, int], ...]
    forests: tuple[Forest, ...]

    @cached_property
    def alone(self) -> Floats:
        """Share of each dimension by itself, of each forest ``(B, D)``."""
        found = [forest.effects / forest.variance for forest in self.forests]
        return np.array(found).reshape(len(self.forests), len(self.paths))

    @cached_property
    def together(self) -> Floats:
        """What each pair explains beyond its two dimensions, of each forest ``(B, pairs)``."""
        found = [
            [forest.interaction(a, b) / forest.variance for a, b in self.pairs]
            for forest in self.forests
        ]
        return np.array(found).reshape(len(self.forests), len(self.pairs))

    def curves(self, dimension: int) -> tuple[Floats, Floats]:
        """Places along a dimension ``(G,)`` and each forest's mean score there ``(B, G)``."""
        found = [forest.curve(dimension) for forest in self.forests]
        return self.forests[0].places(dimension), np.array(found)

    def surface(self, first: int, second: int) -> tuple[Floats, Floats, Floats]:
        """Places along two dimensions, and the mean score there of all forests ``(G, G)``."""
        forest = self.forests[0]
        mean = np.mean([forest.surface(first, second) for forest in self.forests], axis=0)
        return forest.places(first), forest.places(second), mean


_known: weakref.WeakKeyDictionary[Study, dict[int, Variance]] = weakref.WeakKeyDictionary()


def variance(study: Study, bootstraps: int = 16) -> Variance:
    """So many forests of a study's score; grown once.

    A dimension inside an option that was not drawn counts as if in its middle.
    """
    known = _known.setdefault(study, {})
    if bootstraps not in known:
        known[bootstraps] = _variance(study, bootstraps)
    return known[bootstraps]


def _variance(study: Study, bootstraps: int) -> Variance:
    levels = levels_of(study.space)
    points = at_options(study.points, levels)
    paths = tuple(study.space.dimensions)
    is_drawn = np.array([[path in trial.values for path in paths] for trial in study.trials])
    is_drawn = is_drawn.reshape(points.shape)
    points[~is_drawn] = 0.5
    pairs = tuple(
        (a, b)
        for a, b in itertools.combinations(range(len(paths)), 2)
        if (is_drawn[:, a] & is_drawn[:, b]).any()
    )
    scores = np.array([trial.score for trial in study.trials])
    are_rivals = not study.settings.is_one_training
    if not are_rivals or len(scores) < FEWEST_TRIALS or not np.ptp(scores) > 0:
        return Variance(paths, pairs, ())
    forests = []
    for row in range(bootstraps):
        rng = np.random.default_rng([1, row])
        rows = rng.integers(len(scores), size=min(len(scores), MOST_TRIALS))
        if np.ptp(scores[rows]) > 0:
            forest = grown(points[rows], scores[rows], levels, row)
            if forest.variance > NO_VARIANCE * scores.var():
                forests.append(forest)
    return Variance(paths, pairs, tuple(forests))


def levels_of(space: Space) -> Levels:
    """How many options each dimension has; None for numbers."""
    return tuple(
        one.levels if isinstance(one, Choice) else None for one in space.dimensions.values()
    )


def importance(study: Study, bootstraps: int = 16) -> polars.DataFrame:
    """How much of the variance of the score each dimension explains by itself.

    The forest learns the score over the cube; a dimension's importance is the variance of the mean
    prediction along it, as a share of the variance of all predictions. What is missing from a sum
    of 1 is interaction. path, importance, low, high: 5% and 95% over forests grown on trials drawn
    again with replacement. NaN where there are too few trials, all have one score, they are stages
    of one training (panda), or no forest finds a difference.
    """
    import polars

    with one_thread():
        shares = variance(study, bootstraps).alone
    table = polars.DataFrame({"path": list(study.space.dimensions), **_ends("importance", shares)})
    return table.sort("importance", descending=True, nulls_last=True)


def interactions(study: Study, bootstraps: int = 16) -> polars.DataFrame:
    """How much each pair of dimensions explains beyond what the two explain alone.

    first, second, importance, low, high as in :func:`importance`; the largest first.
    """
    import polars

    with one_thread():
        found = variance(study, bootstraps)
        together = found.together
    named = [(found.paths[a], found.paths[b]) for a, b in found.pairs]
    table = polars.DataFrame(
        {
            "first": [first for first, _ in named],
            "second": [second for _, second in named],
            **_ends("importance", together),
        },
        schema_overrides={"first": polars.String, "second": polars.String},
    )
    return table.sort("importance", descending=True, nulls_last=True)


def _ends(name: str, shares: Floats) -> dict[str, Floats]:
    """Mean, 5% and 95% over the forests; NaN where there is none."""
    if not len(shares):
        shares = np.full((1, shares.shape[1]), np.nan)
    return {
        name: shares.mean(0),
        "low": np.quantile(shares, 0.05, axis=0),
        "high": np.quantile(shares, 0.95, axis=0),
    }
