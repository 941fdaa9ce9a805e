"""Intervals for paired differences over seeds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Gain:
    """The mean of paired differences of a score over seeds, with its 95% interval.

    seeds: how many pairs. comparisons: how many intervals were looked at together; each is widened
    so that all of them hold at once with 95% (Bonferroni, 1936).
    """

    mean: float
    low: float
    high: float
    seeds: int
    comparisons: int = 1

    @property
    def is_positive(self) -> bool:
        """Whether the whole interval lies above 0."""
        return self.low > 0


@dataclass(frozen=True)
class Scale:
    """What is known of a score: the lowest and highest that count, and the rows it is a share of.

    rows: of an accuracy; None for a score that does not count rows.
    """

    worst: float = -np.inf
    best: float = np.inf
    rows: int | None = None

    @property
    def rounding(self) -> float:
        """Standard deviation of the rounding to whole rows in a difference of two shares."""
        return 0.0 if self.rows is None else (1 / 6) ** 0.5 / self.rows


def paired_gain(
    control: NDArray[np.float64],
    treated: NDArray[np.float64],
    comparisons: int = 1,
    scale: Scale = Scale(),
) -> Gain:
    """Gain of ``treated`` over ``control``: scores ``(seeds,)`` of the same seeds in one order.

    Student's t interval of the mean difference (Student, 1908): mean ± t · s / √n with n − 1
    degrees of freedom, at the level 1 − 0.05 / comparisons, cut where no score can lie. One pair
    has no interval: it reaches from −∞ to ∞. Seeds that agree to the row do not make it narrower
    than the rounding to whole rows: two that happen to agree prove little. It speaks of the seeds,
    not of other validation rows.
    """
    from scipy.special import stdtrit

    control, treated = np.asarray(control, np.float64), np.asarray(treated, np.float64)
    difference = treated - control
    n = len(difference)
    mean = float(difference.mean())
    if n < 2:
        return Gain(mean, -np.inf, np.inf, n, comparisons)
    tail = (1 - CONFIDENCE) / (2 * max(1, comparisons))
    deviation = max(float(difference.std(ddof=1)), scale.rounding)
    half = float(stdtrit(n - 1, 1 - tail)) * deviation / n**0.5
    before = float(control.mean())
    # Where all scores lie at the end, rounding may not push the interval past their mean.
    low = min(mean, max(mean - half, scale.worst - before))
    high = max(mean, min(mean + half, scale.best - before))
    return Gain(mean, low, high, n, comparisons)
