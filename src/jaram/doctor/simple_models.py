"""Simple models in closed form: ridge regression, nearest neighbours, kernel ridge regression.

NumPy only. n training rows, m rows to answer for, d columns, k targets (classes as columns of 0
and 1). Every model also answers for each of its own rows as if that row had been left out, without
being fitted again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

STRENGTHS = 10.0 ** np.arange(-6.0, 4.0)
"""Ridge strengths that are tried, relative to the mean eigenvalue of the Gram matrix: from no ridge
(float64 leaves 10⁻¹⁶) to one that drowns every direction."""
WIDTHS = (0.25, 0.5, 1.0)
"""Kernel widths that are tried, relative to the median distance between rows. The median is right
where distances are alike (many columns); two spirals in a plane need a quarter of it."""
NOISES = 10.0 ** np.arange(-5.0, 2.0)
"""Strengths of the kernel ridge, relative to the kernel's height 1: the variance of the noise
relative to that of the function."""
TUNING_ROWS = 300
"""Rows on which width and noise of the kernel are chosen; an eigen-decomposition of that size takes
5 ms. The noise is that of one row, so it holds for more rows as well."""
NEIGHBOURS = 5
"""Neighbours that vote."""
FAR = 5.0
"""Standard deviations at which the inputs of the neighbours and the kernel are cut off, so that a
rare pixel or an odd row does not decide which rows are near."""
LEAST_EXPLAINED = 0.01
"""Share of the classes' variance that a linear model has to explain for its values to be read
closer than by the largest."""
_FEWEST = 1e-12  # below which an eigenvalue, or what leaving a row out leaves, is rounding


@dataclass(frozen=True, eq=False)
class Linear:
    """A ridge regression.

    coefficients ``(d, k)``; intercept ``(k,)``; left_out ``(n, k)``, its answers for its own rows.
    """

    coefficients: Floats
    intercept: Floats
    left_out: Floats

    def __call__(self, x: Floats) -> Floats:
        """Answers ``(m, k)``."""
        return np.asarray(x @ self.coefficients + self.intercept)


def linear(x: Floats, y: Floats) -> Linear:
    """Ridge regression of ``y`` ``(n, k)`` on ``x`` ``(n, d)``.

    The strength has the least squared error over left-out rows, (y − ŷ)/(1 − h), where h is the
    diagonal of the hat matrix (Golub, Heath, Wahba 1979). O(n·d·min(n, d)).
    """
    x_mean, y_mean = x.mean(axis=0), y.mean(axis=0)
    centred, target = x - x_mean, y - y_mean
    n, d = x.shape
    is_tall = d <= n
    values, vectors = np.linalg.eigh(centred.T @ centred if is_tall else centred @ centred.T)
    kept = values > _FEWEST * max(float(values[-1]), _FEWEST)
    values, vectors = values[kept], vectors[:, kept]
    if not len(values):
        return Linear(np.zeros((d, y.shape[1])), y_mean, np.repeat(y_mean[None], n, axis=0))
    left = centred @ (vectors / np.sqrt(values)) if is_tall else vectors  # (n, r)
    projected, squares = left.T @ target, left**2
    best, error = 0.0, np.inf
    for strength in STRENGTHS * float(values.mean()):
        missed = _left_out_errors(left, squares, values / (values + strength), projected, target)
        if np.sum(missed**2) < error:
            best, error = strength, float(np.sum(missed**2))
    if is_tall:
        coefficients = vectors @ ((np.sqrt(values) / (values + best))[:, None] * projected)
    else:
        coefficients = centred.T @ (left @ (projected / (values + best)[:, None]))
    missed = _left_out_errors(left, squares, values / (values + best), projected, target)
    return Linear(coefficients, y_mean - x_mean @ coefficients, y - missed)


def _left_out_errors(
    left: Floats, squares: Floats, shrinkage: Floats, projected: Floats, target: Floats
) -> Floats:
    """Errors ``(n, k)`` on left-out rows, the mean being taken as known.

    Were the mean, too, taken without the row, it would betray the row where the inputs tell
    nothing: it lies on the other side of the row's own target.
    """
    fitted = left @ (shrinkage[:, None] * projected)
    leverage = squares @ shrinkage
    return (target - fitted) / np.maximum(1 - leverage, _FEWEST)[:, None]


def squared_distances(a: Floats, b: Floats) -> Floats:
    """‖aᵢ − bⱼ‖² ``(m, n)``. O(m·n·d)."""
    apart = (-2 * a) @ b.T
    apart += np.sum(a**2, axis=1)[:, None]
    apart += np.sum(b**2, axis=1)
    return np.asarray(np.maximum(apart, 0.0, out=apart))


def neighbours(distances: Floats, y: Floats, *, own: bool = False) -> Floats:
    """Mean target ``(m, k)`` of the nearest training rows, by squared distances ``(m, n)``.

    own: the rows are the training rows themselves, each of which is left out. Fewer than
    ``NEIGHBOURS`` of a handful of rows. O(m·n).
    """
    if own:
        distances = distances.copy()
        np.fill_diagonal(distances, np.inf)
    n = distances.shape[1] - own
    if n < 1:
        return np.repeat(y.mean(axis=0, keepdims=True), len(distances), axis=0)
    count = max(1, min(NEIGHBOURS, n // 4))
    nearest = np.argpartition(distances, count - 1, axis=1)[:, :count]
    return np.asarray(y[nearest].mean(axis=1))


@dataclass(frozen=True, eq=False)
class Kernel:
    """A kernel ridge regression, ŷ = mean + K·weights with K = exp(−distance² / 2 width²).

    weights ``(n, k)``; mean ``(k,)``; gram ``(n, n)``, with the noise on its diagonal.
    """

    weights: Floats
    mean: Floats
    width: float
    noise: float
    gram: Floats

    def __call__(self, distances: Floats) -> Floats:
        """Answers ``(m, k)`` by squared distances ``(m, n)`` to the training rows."""
        return np.asarray(np.exp(-distances / (2 * self.width**2)) @ self.weights + self.mean)

    def left_out(self, y: Floats) -> Floats:
        """Answers ``(n, k)`` for the training rows with targets ``y``, each left out. O(n³)."""
        inverse = np.diagonal(np.linalg.inv(self.gram))
        return np.asarray(y - self.weights / inverse[:, None])


def kernel(distances: Floats, y: Floats) -> Kernel:
    """Kernel ridge regression of ``y`` ``(n, k)`` by squared distances ``(n, n)``.

    Width and noise have the least squared error over left-out rows, on at most ``TUNING_ROWS`` of
    them. O(n³).
    """
    n = len(y)
    few = np.unique(np.linspace(0, n - 1, min(n, TUNING_ROWS)).round().astype(np.int64))
    apart = distances[np.ix_(few, few)]
    positive = apart[apart > 0]
    median = float(np.sqrt(np.median(positive))) if len(positive) else 1.0
    mean = y.mean(axis=0)
    best, error = (median, 1.0), np.inf
    for width in WIDTHS:
        values, vectors = np.linalg.eigh(np.exp(-apart / (2 * (width * median) ** 2)))
        values = np.maximum(values, 0.0)
        projected = vectors.T @ (y[few] - mean)
        for noise in NOISES:
            precision = 1 / (values + noise)
            # (y − ŷ) of a left-out row is (G⁻¹ y)ᵢ / (G⁻¹)ᵢᵢ, G with the noise on its diagonal.
            missed = vectors @ (precision[:, None] * projected) / (vectors**2 @ precision)[:, None]
            if np.sum(missed**2) < error:
                best, error = (width * median, float(noise)), float(np.sum(missed**2))
    width, noise = best
    gram = np.exp(-distances / (2 * width**2))
    gram[np.diag_indices(n)] += noise
    return Kernel(np.linalg.solve(gram, y - mean), mean, width, noise, gram)


@dataclass(frozen=True, eq=False)
class Discriminant:
    """Classes from scores: the class whose mean score is nearest in the scores' own spread.

    On the fitted values of a linear regression this is linear discriminant analysis (Hastie,
    Tibshirani, Buja 1994), which does not overlook a class that lies between two others, as taking
    the largest score does.
    """

    means: Floats
    precision: Floats
    bonus: Floats

    def scores(self, fitted: Floats) -> Floats:
        """Logarithm of each class's probability ``(m, k)``, up to a constant of the row."""
        pulled = fitted @ self.precision @ self.means.T
        size = np.sum((self.means @ self.precision) * self.means, axis=1)
        return np.asarray(pulled - size / 2 + self.bonus)

    def __call__(self, fitted: Floats) -> Ints:
        """Class of each row ``(m,)`` by its fitted values ``(m, k)``."""
        return np.asarray(self.scores(fitted).argmax(axis=1))


def discriminant(fitted: Floats, y: Floats) -> Discriminant | None:
    """From the answers for left-out rows ``(n, k)`` and their classes ``y``, columns of 0 and 1.

    None where taking the largest value is as good, or where the values explain less than
    ``LEAST_EXPLAINED`` of the classes: what is left then is how leaving a row out moves the rest.
    """
    n, k = y.shape
    labels = y.argmax(axis=1)
    missed, spread = np.sum((y - fitted) ** 2), np.sum((y - y.mean(axis=0)) ** 2)
    if missed > (1 - LEAST_EXPLAINED) * spread:
        return None
    counts = np.maximum(y.sum(axis=0), 1e-9)
    means = y.T @ fitted / counts[:, None]
    within = fitted - means[labels]
    precision = np.linalg.pinv(within.T @ within / max(1, n - k), rcond=1e-8)
    found = Discriminant(means, precision, np.log(counts / n))
    is_better = np.mean(found(fitted) == labels) > np.mean(fitted.argmax(axis=1) == labels)
    return found if is_better else None
