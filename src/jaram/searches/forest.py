"""A random forest of the score over the unit cube, and its effects in closed form.

L leaves of all trees together, D dimensions, G places along one dimension. A tree is constant on
boxes, so its mean over all other dimensions is a sum over leaves: no sampling, no prediction.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Levels = tuple[int | None, ...]
"""How many options each dimension has; None for a continuum. Option i is at (i + ½) / levels."""

TREES = 16
PLACES = 32
"""Places along a continuous dimension at which effects are told."""
BACKGROUND_POWER = 11
"""2 to this power points tell how much all predictions vary."""


@dataclass(frozen=True, eq=False)
class Forest:
    """The leaves of all trees.

    low, high: ``(L, D)``, their boxes, open below. value: ``(L,)``, of each, over the number of
    trees. levels: of the dimensions. sampled: variance of the predictions at sampled points.
    """

    low: Floats
    high: Floats
    value: Floats
    levels: Levels
    sampled: float

    @cached_property
    def effects(self) -> Floats:
        """The variance of the mean prediction along each dimension ``(D,)``, exactly."""
        return np.array([self._effect(d) for d in range(len(self.levels))])

    @cached_property
    def variance(self) -> float:
        """Of all predictions: as sampled, or what the dimensions explain by themselves, which it
        can't be less than."""
        return max(self.sampled, float(self.effects.sum()))

    def interaction(self, first: int, second: int) -> float:
        """The variance of what two dimensions do beyond the sum of what each does."""
        found = self.surface(first, second)
        sums = found.mean(axis=1, keepdims=True) + found.mean(axis=0, keepdims=True)
        return float(np.mean((found - sums + found.mean()) ** 2))

    def _effect(self, dimension: int) -> float:
        """A curve is constant between the ends of boxes, where it rises and falls by their
        contents."""
        if self.levels[dimension] is not None:
            return float(self.curve(dimension).var())
        content = self.value * self._volume(dimension)
        ends = np.concatenate([self.low[:, dimension], self.high[:, dimension]])
        order = np.argsort(ends)
        heights = np.cumsum(np.concatenate([content, -content])[order])[:-1]
        lengths = np.diff(ends[order])
        mean = lengths @ heights
        return float(lengths @ (heights - mean) ** 2)

    def places(self, dimension: int) -> Floats:
        """Where effects along a dimension are told ``(G,)``: all options, or even places."""
        count = self.levels[dimension] or PLACES
        return (np.arange(count) + 0.5) / count

    def curve(self, dimension: int) -> Floats:
        """The mean prediction at each place along a dimension ``(G,)``."""
        return self._inside[dimension].T @ (self.value * self._volume(dimension))

    def surface(self, first: int, second: int) -> Floats:
        """The mean prediction at each pair of places along two dimensions ``(G, G)``."""
        weighed = self._inside[second] * (self.value * self._volume(first, second))[:, None]
        return np.asarray(self._inside[first].T @ weighed)

    @cached_property
    def _inside(self) -> list[Floats]:
        """Whether a leaf holds each place along each dimension ``(L, G)``."""
        return [
            (
                (self.low[:, d, None] < self.places(d)) & (self.places(d) <= self.high[:, d, None])
            ).astype(np.float64)
            for d in range(len(self.levels))
        ]

    @cached_property
    def _widths(self) -> Floats:
        """The share of each dimension that a leaf covers ``(L, D)``; of options, how many."""
        widths = self.high - self.low
        for d, count in enumerate(self.levels):
            if count is not None:
                widths[:, d] = self._inside[d].mean(axis=1)
        return widths

    def _volume(self, *left_out: int) -> Floats:
        """The share of the cube that a leaf covers in all other dimensions ``(L,)``."""
        others = [d for d in range(len(self.levels)) if d not in left_out]
        return np.asarray(self._widths[:, others].prod(axis=1))


def grown(points: Floats, scores: Floats, levels: Levels, seed: int) -> Forest:
    """A forest that learns ``scores`` ``(n,)`` at ``points`` ``(n, D)``: each tree learns as many
    of them drawn again with replacement (Breiman, 2001)."""
    from sklearn import tree as trees_of  # sklearn.ensemble takes half a second more to import

    made: Any = trees_of.DecisionTreeRegressor
    trees = []
    for number in range(TREES):
        rows = np.random.default_rng([seed, number]).integers(len(scores), size=len(scores))
        trees.append(made(min_samples_leaf=2, random_state=number).fit(points[rows], scores[rows]))
    background = _background(levels)
    sampled = float(np.mean([tree.predict(background) for tree in trees], axis=0).var())
    low, high, value = _leaves([tree.tree_ for tree in trees], points.shape[1])
    return Forest(low, high, value / TREES, levels, sampled)


def _leaves(trees: list[Any], dimensions: int) -> tuple[Floats, Floats, Floats]:
    """Boxes and values of all leaves; all trees are descended at once, a level at a time."""
    starts = np.cumsum([0, *(tree.node_count for tree in trees)])
    shifts = np.repeat(starts[:-1], np.diff(starts))
    left, right = (
        np.where(child >= 0, child + shifts, -1)
        for child in (
            np.concatenate([tree.children_left for tree in trees]),
            np.concatenate([tree.children_right for tree in trees]),
        )
    )
    feature = np.concatenate([tree.feature for tree in trees])
    threshold = np.concatenate([tree.threshold for tree in trees])
    low, high = np.zeros((starts[-1], dimensions)), np.ones((starts[-1], dimensions))
    nodes = starts[:-1]
    while len(nodes):
        nodes = nodes[left[nodes] >= 0]
        for child in (left[nodes], right[nodes]):
            low[child], high[child] = low[nodes], high[nodes]
        high[left[nodes], feature[nodes]] = threshold[nodes]
        low[right[nodes], feature[nodes]] = threshold[nodes]
        nodes = np.concatenate([left[nodes], right[nodes]])
    is_leaf = left < 0
    value = np.concatenate([tree.value[:, 0, 0] for tree in trees])
    return low[is_leaf], high[is_leaf], value[is_leaf]


@cache
def _background(levels: Levels) -> Floats:
    """Points that fill the cube evenly (Sobol), each option a place."""
    from scipy.stats import qmc

    sequence = qmc.Sobol(len(levels), scramble=True, rng=np.random.default_rng(0))
    return at_options(sequence.random_base2(BACKGROUND_POWER), levels)


def at_options(points: Floats, levels: Levels) -> Floats:
    """Points in which an option is one place, the middle of its share."""
    placed = points.copy()
    for d, count in enumerate(levels):
        if count is not None:
            placed[:, d] = (np.minimum(count - 1, np.floor(points[:, d] * count)) + 0.5) / count
    return placed
