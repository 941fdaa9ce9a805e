"""The power law of learning curves: error = a + b · rows^−c (Hestness et al., 2017).

K sizes of data, S seeds, B bootstrap samples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

EXPONENTS = np.geomspace(0.05, 2.0, 320)
"""Those that are tried: slower than the first nothing falls in a lifetime of data, and faster than
the last no learning curve does."""
BOOTSTRAPS = 400
FEWEST = 3
"""Sizes of data that three numbers can be fitted to."""


@dataclass(frozen=True, eq=False)
class PowerLaw:
    """The fit, and the same of each bootstrap sample.

    floor, slope, exponent: a ≥ 0, b ≥ 0 and c. floors, slopes, exponents: ``(B,)``; empty with one
    seed. scale: rows that are counted as one, so that b is an error, too.
    """

    floor: float
    slope: float
    exponent: float
    floors: Floats
    slopes: Floats
    exponents: Floats
    scale: float

    def at(self, rows: Floats | float) -> Floats:
        """The error expected with so many rows, of the shape of ``rows``."""
        n = np.asarray(rows, np.float64) / self.scale
        return np.asarray(self.floor + self.slope * n**-self.exponent)

    def band(self, rows: Floats | float) -> tuple[Floats, Floats]:
        """The 95% interval of :meth:`at`; infinite with one seed."""
        n = np.asarray(rows, np.float64)[..., None] / self.scale
        return _ends(self.floors + self.slopes * n**-self.exponents)

    def saved(self, rows: float, factor: float) -> tuple[float, float, float]:
        """How much less the error would be with ``factor`` times the rows, with its interval."""
        mean = float(self.at(rows) - self.at(rows * factor))
        n = rows / self.scale
        each = self.slopes * (n**-self.exponents - (n * factor) ** -self.exponents)
        low, high = _ends(each)
        return mean, float(low), float(high)

    @property
    def exponent_interval(self) -> tuple[float, float]:
        """The 95% interval of c."""
        low, high = _ends(self.exponents)
        return float(low), float(high)

    @property
    def is_at_bound(self) -> bool:
        """Whether the exponent is the least or the largest that is tried, so that neither it nor
        the floor is to be believed."""
        return self.exponent in (float(EXPONENTS[0]), float(EXPONENTS[-1]))

    @property
    def floor_interval(self) -> tuple[float, float]:
        """The 95% interval of the error that no amount of data takes away."""
        low, high = _ends(self.floors)
        return float(low), float(high)


def _ends(samples: Floats) -> tuple[Floats, Floats]:
    if not samples.shape[-1]:
        shape = samples.shape[:-1]
        return np.full(shape, -np.inf), np.full(shape, np.inf)
    low, high = np.quantile(samples, [0.025, 0.975], axis=-1)
    return np.asarray(low), np.asarray(high)


def fitted(rows: Floats, errors: Floats, bootstraps: int = BOOTSTRAPS) -> PowerLaw | None:
    """The law of ``errors`` ``(S, K)`` at ``rows`` ``(K,)``; None for fewer than three sizes.

    Weighted least squares, a size that scatters more over the seeds counting less. The interval
    comes from seeds drawn again with replacement, each with its errors at all sizes, since these
    hang together; residuals are widened by √(S/(S − 1)), as few seeds scatter too little about
    their own mean. It speaks of seeds and of the rows drawn, not of other validation rows.
    """
    if len(rows) < FEWEST:
        return None
    seeds, scale = len(errors), float(rows.max())
    mean, n = errors.mean(axis=0), rows / scale
    spread = errors.var(axis=0, ddof=1) if seeds > 1 else np.ones(len(rows))
    weights = 1 / (spread + np.median(spread) + 1e-12)
    floor, slope, exponent = _least_squares(n, mean[None], weights)
    samples: tuple[Floats, Floats, Floats] = (np.zeros(0), np.zeros(0), np.zeros(0))
    if seeds > 1:
        residuals = (errors - mean) * np.sqrt(seeds / (seeds - 1))
        drawn = np.random.default_rng(0).integers(seeds, size=(bootstraps, seeds))
        samples = _least_squares(n, mean + residuals[drawn].mean(axis=1), weights)
    return PowerLaw(float(floor[0]), float(slope[0]), float(exponent[0]), *samples, scale)


def _least_squares(n: Floats, errors: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """a, b and c ``(B,)`` of each row of ``errors`` ``(B, K)``: for every exponent the best a and b
    that are not negative, in closed form."""
    powers = n ** -EXPONENTS[:, None]  # (exponents, K)
    w = weights / weights.sum()
    mean_p, mean_e = powers @ w, errors @ w
    covariance = (errors - mean_e[:, None]) @ (w * (powers - mean_p[:, None])).T  # (B, exponents)
    slope = np.maximum(0.0, covariance / ((powers - mean_p[:, None]) ** 2 @ w))
    floor = mean_e[:, None] - slope * mean_p
    through_zero = np.maximum(0.0, (errors * w) @ powers.T / (powers**2 @ w))
    slope = np.where(floor < 0, through_zero, slope)
    floor = np.maximum(0.0, floor)
    missed = errors[:, None] - floor[..., None] - slope[..., None] * powers
    best = (missed**2 @ w).argmin(axis=1)
    rows = np.arange(len(errors))
    return floor[rows, best], slope[rows, best], EXPONENTS[best]
