"""Reading a learning rate off short trainings: pure functions over arrays.

Notation: K rates, S seeds; ``fallen`` ``(K, S)`` is how far the mean loss of a short training fell,
as a share of how far the best rate's did, on the log scale.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEAST = 1e-9
"""A loss counts as this share of the one at the start, at least: one of exactly 0 has no log."""
NEAR = 0.5
"""A rate counts where its loss fell at least this share of the best rate's fall."""
FINER = 50
"""Points between two rates that the mean is taken over."""
CONFIDENCE = 0.95


def shares_fallen(losses: Floats, start: Floats) -> Floats:
    """How far each training fell, as a share of the best rate's mean fall ``(K, S)``, at least 0.

    A fall is that of the logarithm: by what factor the loss went down, whatever it began at, so
    that seeds with a bad beginning count no more than others. losses: mean loss over a training
    ``(K, S)``; NaN or infinite where it diverged, which is no fall. start: each seed's loss before
    the first step ``(S,)``. All 0 where no rate's mean fell.
    """
    came = np.where(np.isfinite(losses), losses, start)
    came = np.clip(came, start * LEAST, start)
    fallen: Floats = np.log(start) - np.log(came) if start.all() else np.zeros_like(came)
    best = float(fallen.mean(axis=1).max())
    return fallen / best if best > 0 else fallen


def beyond(shares: Floats) -> Literal["low", "high"] | None:
    """At which end of the rates tried the mean share ``(K,)`` is largest; None if inside.

    There the descent is cut off, and seeds that agree on the rest would give an interval of no
    width about a middle that is only the middle of what was tried.
    """
    best = int(shares.argmax())
    return "low" if best == 0 else "high" if best == len(shares) - 1 else None


def centre(log_rates: Floats, shares: Floats) -> float:
    """The middle of the rates that fell nearly as far as the best: their mean on the log scale,
    each weighed by how much its share exceeds :data:`NEAR`.

    log_rates: ``(K,)``; shares: ``(K, S)`` with a positive mean somewhere; between the rates tried
    the mean share is a straight line. The middle of a whole valley moves far less from seed to seed
    than the place of its lowest point or of the steepest descent, which a little noise carries from
    one end of a flat valley to the other.
    """
    mean = shares.mean(axis=1)
    between = np.linspace(log_rates[0], log_rates[-1], FINER * (len(log_rates) - 1) + 1)
    weights = np.maximum(np.interp(between, log_rates, mean / mean.max()) - NEAR, 0.0)
    return float(weights @ between / weights.sum())


def interval(log_rates: Floats, shares: Floats) -> tuple[float, float, float]:
    """The centre with its 95% interval, on the log scale, by leaving out a seed at a time.

    Jackknife (Tukey, 1958) with Student's t of S − 1 degrees of freedom: with few seeds it holds
    the truth more often than percentiles of a bootstrap over them do. Kept inside the rates tried.
    """
    from scipy.special import stdtrit

    middle, seeds = centre(log_rates, shares), shares.shape[1]
    without = np.array([centre(log_rates, np.delete(shares, s, axis=1)) for s in range(seeds)])
    deviation = float(np.sqrt((seeds - 1) / seeds * np.square(without - without.mean()).sum()))
    half = float(stdtrit(seeds - 1, 1 - (1 - CONFIDENCE) / 2)) * deviation
    low, high = float(log_rates[0]), float(log_rates[-1])
    return middle, max(low, middle - half), min(high, middle + half)
