"""Samplers: which points of the unit cube are tried.

A sampler is a function of the space, the seed and how many trials there are. The points of
``random`` and ``sobol`` do not depend on how many follow, so that a longer search begins with the
same trials; and no sampler knows who trains beside whom.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from jaram.errors import UsageError
from jaram.searches.distributions import Choice, Distribution
from jaram.searches.space import Space

Points = NDArray[np.float64]
"""Points ``(trials, dimensions)`` of the unit cube."""
Sampler = Callable[[Space, int, int], Points]


def random(space: Space, seed: int, trials: int) -> Points:
    """Independent points (Bergstra & Bengio, 2012)."""
    dimensions = len(space.dimensions)
    rows = [np.random.default_rng([seed, trial]).random(dimensions) for trial in range(trials)]
    return np.array(rows).reshape(trials, dimensions)


def sobol(space: Space, seed: int, trials: int) -> Points:
    """Points that fill the cube more evenly than independent ones: a scrambled Sobol sequence
    (Owen, 1998)."""
    from scipy.stats import qmc

    sequence = qmc.Sobol(len(space.dimensions), scramble=True, rng=np.random.default_rng(seed))
    points: Points = sequence.random_base2(math.ceil(math.log2(max(2, trials))))[:trials]
    return points


def grid(space: Space, seed: int, trials: int) -> Points:
    """Equally many values of each dimension, in all combinations, at most ``trials``.

    For teaching: of 64 trials over three dimensions only four values of each are seen. The last
    dimension changes fastest. Combinations that differ only inside an option that is not taken are
    one. Raises UsageError if two values of each would be too many.
    """
    found = list(space.dimensions.values())
    if math.prod(_levels(one, 2) for one in found) > trials:
        least = math.prod(_levels(one, 2) for one in found)
        raise UsageError("search.grid_too_large", count=len(found), least=least, trials=trials)
    each = 2
    while math.prod(_levels(one, each + 1) for one in found) <= trials and each < trials:
        each += 1
    axes = [_axis(one, each) for one in found]
    corners = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(found))
    distinct = {tuple(space.at(point).values.items()): point for point in corners[::-1]}
    return np.array(list(distinct.values())[::-1])


def _levels(distribution: Distribution, each: int) -> int:
    """How many values of a dimension a grid takes: all options of a Choice."""
    levels = distribution.levels
    if levels is None:
        return each
    return levels if isinstance(distribution, Choice) else min(levels, each)


def _axis(distribution: Distribution, each: int) -> NDArray[np.float64]:
    count = _levels(distribution, each)
    if count == distribution.levels:
        return (np.arange(count) + 0.5) / count
    return np.linspace(0.0, 1.0, count)


SAMPLERS: dict[str, Sampler] = {"random": random, "sobol": sobol, "grid": grid}
