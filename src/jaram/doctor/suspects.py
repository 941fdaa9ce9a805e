"""What simple models say of the targets themselves: whether the inputs tell of them at all, and
which of them are probably wrong.

All on training and validation rows together, each answered for by models that did not see it.
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from jaram.doctor import simple_models as models
from jaram.doctor.baselines import Judged, Panel, panel
from jaram.doctor.preflight.statistics import spread_rows

if TYPE_CHECKING:
    from jaram.data.prepare import Prepared

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LOOKED_AT = 1_000
"""Rows that are looked at; an inverse of that size takes 40 ms."""
CLEANED = 2
"""How often the model is fitted again to its own answers. Its margin then tells how far a row lies
from the other classes, no longer how many wrong labels are near it."""
PERMUTATIONS = 100
"""Times the targets are dealt out anew; a standard deviation is then known to 7%."""


@dataclass(frozen=True, eq=False)
class Cross:
    """Models of all rows together; every answer is for a row that was left out.

    x ``(n, d)``, near ``(n, d)``: inputs, as in :class:`~jaram.doctor.baselines.Panel`.
    y ``(n, k)``: targets. place ``(n,)``: place of each in the training part, or after its end in
    the validation part.
    """

    panel: Panel
    x: Floats
    y: Floats
    place: Ints

    @cached_property
    def near(self) -> Floats:
        return np.clip(self.x, -models.FAR, models.FAR)

    @cached_property
    def distances(self) -> Floats:
        """Squared distances between the rows ``(n, n)``."""
        return models.squared_distances(self.near, self.near)

    @cached_property
    def kernel(self) -> tuple[Floats, Floats]:
        """Inverse of the kernel matrix ``(n, n)`` and the mean target ``(k,)``."""
        fitted = models.kernel(self.distances, self.y)
        return np.asarray(np.linalg.inv(fitted.gram)), fitted.mean

    def by_kernel(self, y: Floats) -> Floats:
        """The kernel's answers ``(n, k)`` had the targets been ``y``."""
        inverse, mean = self.kernel
        return np.asarray(y - (inverse @ (y - mean)) / np.diagonal(inverse)[:, None])

    @cached_property
    def line(self) -> Floats:
        """The linear model's answers ``(n, k)``."""
        return models.linear(self.x, self.y).left_out

    @cached_property
    def curve(self) -> Floats:
        """The kernel's answers ``(n, k)``."""
        return self.by_kernel(self.y)

    @cached_property
    def explained(self) -> float:
        """The larger share of the targets' variance that one of the two explains."""
        spread = float(np.sum((self.y - self.y.mean(axis=0)) ** 2))
        missed = min(float(np.sum((self.y - told) ** 2)) for told in (self.line, self.curve))
        return 1 - missed / spread if spread > 0 else 0.0

    @cached_property
    def scores(self) -> tuple[Judged, ...]:
        """Of the linear model, the kernel and the nearest neighbours."""
        near = models.neighbours(self.distances, self.y, own=True)
        return tuple(self.panel.judged(self.y, told) for told in (self.line, self.curve, near))

    @cached_property
    def dependence(self) -> float:
        """Standard deviations by which rows with like inputs have more like targets than by chance.

        Σᵢⱼ Kᵢⱼ yᵢ·yⱼ over i ≠ j, with inputs and targets about their means, against the same with
        the targets dealt out anew ``PERMUTATIONS`` times (the Hilbert-Schmidt independence
        criterion; Gretton et al. 2007). The largest of a linear, a wide and a narrow kernel.
        """
        target = self.y - self.y.mean(axis=0)
        target = target / np.maximum(np.sqrt(np.sum(target**2, axis=0)), 1e-12)
        positive = self.distances[self.distances > 0]
        median = float(np.median(positive)) if len(positive) else 1.0
        rng, n = np.random.default_rng(0), len(target)
        dealt = target[np.stack([rng.permutation(n) for _ in range(PERMUTATIONS)])]
        stacked = dealt.transpose(1, 0, 2).reshape(n, -1)  # (n, permutations · k)
        found = []
        for gram in (
            self.near @ self.near.T,
            np.exp(-self.distances / median),
            np.exp(-self.distances / (median / 16)),
        ):
            centred = gram - gram.mean(axis=0) - gram.mean(axis=1)[:, None] + gram.mean()
            np.fill_diagonal(centred, 0.0)
            seen = float(np.sum(target * (centred @ target)))
            by_chance = np.sum(stacked * (centred @ stacked), axis=0).reshape(PERMUTATIONS, -1)
            sums = by_chance.sum(axis=1)
            found.append((seen - float(sums.mean())) / max(float(sums.std()), 1e-12))
        return max(found)

    @property
    def visible(self) -> float:
        """Share of the variance from which a linear effect would have been seen.

        With no effect at all, d columns explain d/n of the variance by chance, give or take
        √(2d)/n; two standard deviations above that is seen.
        """
        n, d = self.x.shape
        return float((d + 2 * (2 * d) ** 0.5) / n)


_known: dict[int, tuple[weakref.ref[Prepared], Cross]] = {}


def cross(prepared: Prepared) -> Cross:
    """The models of at most ``LOOKED_AT`` rows of both parts; made once for a data set."""
    key = id(prepared)
    if key not in _known or _known[key][0]() is not prepared:
        made = _cross(prepared)
        _known[key] = (weakref.ref(prepared, lambda _: _known.pop(key, None)), made)
    return _known[key][1]


def _cross(prepared: Prepared) -> Cross:
    simple = panel(prepared)
    x, y = np.vstack([simple.x, simple.asked]), np.vstack([simple.y, simple.truth])
    place = np.concatenate([simple.places, len(prepared.train) + simple.asked_places])
    rows = spread_rows(len(x), LOOKED_AT)
    return Cross(simple, x[rows], y[rows], place[rows])


@dataclass(frozen=True, eq=False)
class Doubts:
    """Labels that the models contradict.

    wrong: share of all labels; sure: share of those of the half of the rows that lie farthest from
    the other classes. half, quarter: which part of the contradicted labels is in the half, and in
    the quarter, farthest from the other classes. order ``(s,)``: the contradicted rows, those first
    of which the models are surest. likely ``(n,)``: the class of each row.
    """

    wrong: float
    sure: float
    half: float
    quarter: float
    order: Ints
    likely: Ints

    def certainty(self, half: float, quarter: float) -> float:
        """Standard errors by which the labels are contradicted far from the other classes more
        often than where ``half`` and ``quarter`` of the contradicted labels lie there."""
        found = max(1, len(self.order))
        above = (
            (self.half - half) / (half * (1 - half) / found) ** 0.5,
            (self.quarter - quarter) / (quarter * (1 - quarter) / found) ** 0.5,
        )
        return float(min(above))


def doubts(rows: Cross) -> Doubts:
    """The labels of a classification against the better of the linear model and the kernel.

    Where classes overlap, labels are contradicted near the borders; wrong labels are contradicted
    everywhere (Northcutt, Jiang, Chuang 2021 estimate them by the rows that are confidently of
    another class).
    """
    labels, k = rows.y.argmax(axis=1), rows.y.shape[1]
    n = len(labels)
    by_kernel = rows.curve.argmax(axis=1)
    by_line = _read(rows.line, rows.y).argmax(axis=1)
    is_line = np.mean(by_line != labels) < np.mean(by_kernel != labels)
    decided = by_line if is_line else by_kernel
    told = rows.line
    for _ in range(CLEANED):
        as_told = np.eye(k)[decided]
        if is_line:
            told = _read(models.linear(rows.x, as_told).left_out, as_told)
        else:
            told = rows.by_kernel(as_told)
        decided = told.argmax(axis=1)
    ordered = np.sort(told, axis=1)
    order = np.argsort(ordered[:, -2] - ordered[:, -1], kind="stable")  # the surest first
    wrong = (decided != labels)[order]
    count = max(1, int(wrong.sum()))
    return Doubts(
        wrong=float(wrong.mean()),
        sure=float(wrong[: n // 2].mean()) if n > 1 else 0.0,
        half=int(wrong[: n // 2].sum()) / count,
        quarter=int(wrong[: n // 4].sum()) / count,
        order=order[wrong],
        likely=decided,
    )


def _read(fitted: Floats, y: Floats) -> Floats:
    found = models.discriminant(fitted, y)
    return fitted if found is None else found.scores(fitted)
