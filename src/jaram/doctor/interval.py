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


def paired_gain(
    control: NDArray[np.float64], treated: NDArray[np.float64], comparisons: int = 1
) -> Gain:
    """Gain of ``treated`` over ``control``: scores ``(seeds,)`` of the same seeds in one order.

    Student's t interval of the mean difference (Student, 1908): mean ± t · s / √n with n − 1
    degrees of freedom, at the level 1 − 0.05 / comparisons. One pair has no interval: it reaches
    from −∞ to ∞. Scores that do not vary over seeds at all give one without width: it speaks of
    the seeds, not of other validation rows.
    """
    from scipy.special import stdtrit

    difference = np.asarray(treated, np.float64) - np.asarray(control, np.float64)
    n = len(difference)
    mean = float(difference.mean())
    if n < 2:
        return Gain(mean, -np.inf, np.inf, n, comparisons)
    tail = (1 - CONFIDENCE) / (2 * max(1, comparisons))
    half = float(stdtrit(n - 1, 1 - tail) * difference.std(ddof=1) / np.sqrt(n))
    return Gain(mean, mean - half, mean + half, n, comparisons)
