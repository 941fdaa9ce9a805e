"""Simple models of the same data: what a network has to beat, and what it could have reached.

NumPy only, on a sample of the rows, so that asking costs milliseconds.
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from jaram.doctor import simple_models as models
from jaram.doctor.preflight.statistics import spread_rows

if TYPE_CHECKING:
    from jaram.data.prepare import Part, Prepared
    from jaram.data.task import Task

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FIT_ROWS = 2_000
"""Training rows that the linear model and the neighbours learn from."""
KERNEL_ROWS = 800
"""Training rows of the kernel ridge regression, whose cost grows with the cube: 10 ms."""
WIDE = 1_000
"""Columns beyond which the linear model, too, learns from ``KERNEL_ROWS`` rows only."""
SCORE_ROWS = 1_000
"""Validation rows that are scored; an accuracy is then known to 1.6 points at worst."""
FEWEST_SCORED = 20
"""Validation rows below which the training rows are scored instead, each left out in turn."""
BY_HEART = 10
"""Rows up to which a classification without validation rows is a table to be learnt by heart, as
exclusive or is: nothing can be left out of it."""
FEW_LEVELS = 50
"""Levels of a coded category up to which each becomes a column of its own."""


@dataclass(frozen=True)
class Reference:
    """Scores (accuracy or R²) of simple models on the validation part.

    constant: of the best constant prediction. linear, neighbours, kernel: of a linear model, of
    nearest neighbours, of kernel ridge regression. error: standard error of the best of them.
    rows: how many rows they were measured on. contradicted: share of the training rows whose class
    their nearest neighbours contradict (1 − R² of a regression).
    """

    constant: float
    linear: float
    neighbours: float
    kernel: float
    error: float
    rows: int
    contradicted: float = 0.0

    @property
    def best(self) -> float:
        """The best of the simple models."""
        return max(self.constant, self.linear, self.neighbours, self.kernel)


@dataclass(frozen=True, eq=False)
class Panel:
    """The simple models of one data set, each fitted when it is asked for.

    x ``(n, d)``: sampled training inputs as numbers on one scale. y ``(n, k)``: their targets;
    classes are columns of 0 and 1. places ``(n,)``: where they stand in the training part.
    asked ``(m, d)`` and truth ``(m, k)``: the validation rows, which stand at asked_places
    ``(m,)``; empty where there are too few. names: of the columns of x.
    """

    task: Task
    x: Floats
    y: Floats
    places: Ints
    asked: Floats
    truth: Floats
    asked_places: Ints
    names: tuple[str, ...]

    @property
    def leaves_out(self) -> bool:
        """Whether the training rows are scored, each left out in turn."""
        return not len(self.asked)

    @cached_property
    def near(self) -> Floats:
        """The inputs without far values ``(n, d)``, which distances are taken of."""
        return np.clip(self.x, -models.FAR, models.FAR)

    @cached_property
    def own_distances(self) -> Floats:
        """Squared distances between the kernel's rows ``(n, n)``."""
        near = self.near[self.kernel_rows]
        return models.squared_distances(near, near)

    @cached_property
    def distances(self) -> Floats:
        """Squared distances from the validation rows to the training rows ``(m, n)``."""
        return models.squared_distances(np.clip(self.asked, -models.FAR, models.FAR), self.near)

    @cached_property
    def kernel_rows(self) -> Ints:
        """The training rows that the kernel learns from."""
        return spread_rows(len(self.x), KERNEL_ROWS)

    @cached_property
    def line_rows(self) -> Ints:
        """The training rows that the linear model learns from."""
        return self.kernel_rows if self.x.shape[1] > WIDE else np.arange(len(self.x))

    @cached_property
    def linear(self) -> models.Linear:
        """The linear model."""
        return models.linear(self.x[self.line_rows], self.y[self.line_rows])

    @cached_property
    def kernel(self) -> models.Kernel:
        """The kernel ridge regression."""
        return models.kernel(self.own_distances, self.y[self.kernel_rows])

    # --- answers --------------------------------------------------------------------------------

    def scores(self) -> tuple[Judged, Judged, Judged]:
        """Of the linear model, the neighbours and the kernel, on the validation rows.

        On the training rows, each left out, where there are too few validation rows.
        """
        if self.leaves_out:
            return self.left_out()
        told = (
            self._read(self.linear(self.asked)),
            models.neighbours(self.distances, self.y),
            self.kernel(self.distances[:, self.kernel_rows]),
        )
        return self._judged(self.truth, told)

    def left_out(self) -> tuple[Judged, Judged, Judged]:
        """The same on training rows, each left out in turn."""
        rows = self.kernel_rows
        told = (
            self._read(self.linear.left_out)[np.searchsorted(self.line_rows, rows)],
            models.neighbours(self.own_distances, self.y[rows], own=True),
            self.kernel.left_out(self.y[rows]),
        )
        return self._judged(self.y[rows], told)

    def _read(self, fitted: Floats) -> Floats:
        """The linear model's answers as scores of classes whose largest counts."""
        if not self.task.has_classes:
            return fitted
        found = models.discriminant(self.linear.left_out, self.y[self.line_rows])
        return fitted if found is None else found.scores(fitted)

    def _judged(self, truth: Floats, told: tuple[Floats, ...]) -> tuple[Judged, Judged, Judged]:
        line, near, curve = (self.judged(truth, scores) for scores in told)
        return line, near, curve

    def judged(self, truth: Floats, scores: Floats) -> Judged:
        """The score of answers ``(m, k)`` that are still to be decided."""
        return judged(self.task, truth, self.decided(scores))

    def decided(self, scores: Floats) -> Floats:
        """Answers ``(m, k)`` as the targets are: one class, labels of 0 or 1, numbers."""
        if self.task.kind == "regression":
            return scores
        if self.task.kind == "multilabel":
            return (scores > 0.5).astype(np.float64)
        return np.asarray(np.eye(self.y.shape[1])[scores.argmax(axis=1)])


@dataclass(frozen=True)
class Judged:
    """A score and its standard error."""

    score: float
    error: float


def judged(task: Task, truth: Floats, answers: Floats) -> Judged:
    """Accuracy (of labels: the share that is right) or R² (mean over the targets), and its error.

    The error of an accuracy is that of a share, with one right and one wrong answer added to each
    (Agresti, Coull 1998) so that it is never 0. The error of an R² comes from the influence of
    each row on 1 − a/b, a and b being the mean squares of the errors and of the target about its
    mean: Iᵢ = (a·bᵢ/b − aᵢ)/b.
    """
    m = len(truth)
    if task.kind != "regression":
        # Labels of one example hang together: an example counts as one draw.
        right = np.mean(truth == answers, axis=1) if task.kind == "multilabel" else None
        if right is None:
            right = (truth.argmax(axis=1) == answers.argmax(axis=1)).astype(np.float64)
        share = (right.sum() + 2) / (m + 4)
        return Judged(float(right.mean()), float(np.sqrt(share * (1 - share) / (m + 4))))
    missed, spread = (truth - answers) ** 2, (truth - truth.mean(axis=0)) ** 2
    a, b = missed.mean(axis=0), spread.mean(axis=0)
    varies = b > 0
    if not varies.any():
        return Judged(0.0, 0.0)
    influence = (a * spread / np.where(varies, b, 1.0) - missed)[:, varies] / b[varies]
    score = np.where(varies, 1 - a / np.where(varies, b, 1.0), 0.0)
    error = influence.mean(axis=1).std() / np.sqrt(max(1, m - 1))
    return Judged(float(score.mean()), float(error))


# --- one reference for a data set -----------------------------------------------------------------

_known: dict[int, tuple[weakref.ref[Prepared], Reference]] = {}


def reference(prepared: Prepared) -> Reference:
    """Simple models fitted on the training part and scored on the validation part.

    Where the validation part has fewer than ``FEWEST_SCORED`` rows, they are scored on the training
    part, each row left out in turn; the error is then still that of as many rows as the validation
    part has, which is what the network's own score hangs on. Up to ``BY_HEART`` rows without a
    validation part are scored on themselves. Computed once for a data set.
    """
    key = id(prepared)
    if key not in _known or _known[key][0]() is not prepared:
        made = _reference(panel(prepared), prepared)
        _known[key] = (weakref.ref(prepared, lambda _: _known.pop(key, None)), made)
    return _known[key][1]


def _reference(simple: Panel, prepared: Prepared) -> Reference:
    constant, valid = _constant(prepared), prepared.valid
    if not valid and len(simple.x) <= BY_HEART and prepared.task.has_classes:
        return _by_heart(simple, constant)
    if len(simple.x) < 4:  # nothing can be left out of so few rows
        return Reference(constant, constant, constant, constant, 1.0, len(simple.x))
    line, near, curve = simple.scores()
    rows = len(simple.kernel_rows if simple.leaves_out else simple.asked)
    error = max((line, near, curve), key=lambda each: each.score).error
    if simple.leaves_out and valid is not None and len(valid):
        error *= float(np.sqrt(rows / len(valid)))
    own = models.neighbours(simple.own_distances, simple.y[simple.kernel_rows], own=True)
    contradicted = 1 - simple.judged(simple.y[simple.kernel_rows], own).score
    return Reference(constant, line.score, near.score, curve.score, error, rows, contradicted)


def _by_heart(simple: Panel, constant: float) -> Reference:
    """The models on the very rows they were fitted on; rows alike may have different classes."""
    n, labels = len(simple.x), simple.y.argmax(axis=1)
    alike = models.squared_distances(simple.x, simple.x) < 1e-12
    nearest = (alike @ simple.y).argmax(axis=1)
    known = float(np.mean(nearest == labels))
    line = float(np.mean(models.linear(simple.x, simple.y)(simple.x).argmax(axis=1) == labels))
    return Reference(constant, line, known, known, 0.0, n)


def _constant(prepared: Prepared) -> float:
    """Score of the best constant prediction on the part that scores count on."""
    if prepared.task.kind == "regression":
        return 0.0
    valid = prepared.valid
    y = valid.y if valid is not None and len(valid) else prepared.train.y
    if prepared.task.kind == "multilabel":
        shares = y.mean(axis=0)
        return float(np.mean(np.maximum(shares, 1 - shares)))
    return float(np.bincount(y.astype(np.int64)).max() / len(y))


def panel(prepared: Prepared) -> Panel:
    """The simple models of ``prepared``, none of them fitted yet."""
    train, valid, task = prepared.train, prepared.valid, prepared.task
    places = spread_rows(len(train), FIT_ROWS)
    x, y = _flat(train, places, prepared), _targets(train, places, task)
    asked, truth, some = x[:0], y[:0], places[:0]
    if valid is not None and len(valid) >= FEWEST_SCORED:
        some = spread_rows(len(valid), SCORE_ROWS)
        asked, truth = _flat(valid, some, prepared), _targets(valid, some, task)
    centre, scale = x.mean(axis=0), x.std(axis=0)
    varies = scale > 1e-9 * np.maximum(np.abs(centre), 1e-30)
    if _is_one_scale(prepared, x):
        scale = np.full(len(scale), np.sqrt(np.mean(scale[varies] ** 2)) if varies.any() else 1.0)
    x, asked = x[:, varies] - centre[varies], asked[:, varies] - centre[varies]
    x, asked = x / scale[varies], asked / scale[varies]
    names = _names(prepared, len(varies))
    kept = tuple(names[j] for j in np.flatnonzero(varies))
    return Panel(task, x, y, places, asked, truth, some, kept)


def _is_one_scale(prepared: Prepared, x: Floats) -> bool:
    """Whether the columns are one quantity at many places, as pixels are, whose differences in
    spread tell something: grids, and many columns that mostly share their lowest value."""
    if len(prepared.input_shape) > 1:
        return True
    lowest = x.min(axis=0)
    return x.shape[1] >= 49 and bool(np.mean(lowest == np.median(lowest)) > 0.75)


def _flat(part: Part, rows: Ints, prepared: Prepared) -> Floats:
    """Inputs of some rows as numbers ``(rows, columns)``; codes of few levels one column each."""
    x = part.x[rows].reshape(len(rows), -1).astype(np.float64)
    codes = dict(prepared.preparation.embedded)
    if not codes:
        return x
    columns = [x[:, [j for j in range(x.shape[1]) if j not in codes]]]
    for j, levels in codes.items():
        if levels <= FEW_LEVELS:
            columns.append(np.eye(levels)[np.clip(x[:, j], 0, levels - 1).astype(np.int64)])
    return np.hstack(columns)


def _names(prepared: Prepared, width: int) -> list[str]:
    """Names of the columns that :func:`_flat` gives."""
    codes, features = dict(prepared.preparation.embedded), prepared.feature_names
    if not codes:
        is_named = len(features) == width
        return [features[j] if is_named else f"#{j + 1}" for j in range(width)]
    names = [name for j, name in enumerate(features) if j not in codes]
    for j, levels in codes.items():
        names += [features[j]] * levels if levels <= FEW_LEVELS else []
    return names


def _targets(part: Part, rows: Ints, task: Task) -> Floats:
    y = part.y[rows]
    if task.has_classes:
        return np.eye(len(task.classes))[y.astype(np.int64)]
    return y.reshape(len(rows), -1).astype(np.float64)
