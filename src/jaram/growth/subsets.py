"""Growing shares of the training rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from jaram.data.prepare import Prepared
from jaram.errors import UsageError

FEWEST_ROWS = 24
"""Training rows below which a share says nothing of a trend."""
MOST_SHARES = 6


def halvings(rows: int) -> tuple[float, ...]:
    """1, ½, ¼, ... of so many rows, the smallest first, each with enough of them."""
    shares = [0.5**power for power in range(MOST_SHARES) if rows * 0.5**power >= FEWEST_ROWS]
    return tuple(reversed(shares or [1.0]))


def checked_shares(shares: Sequence[float], rows: int) -> tuple[float, ...]:
    """The shares in growing order, the whole always the last.

    Raises UsageError unless they lie in (0, 1] and are of two rows at least.
    """
    for share in shares:
        is_number = isinstance(share, int | float) and not isinstance(share, bool)
        if not is_number or not 0 < share <= 1 or round(share * rows) < 2:
            raise UsageError("scale.bad_share", value=share, rows=rows)
    return tuple(sorted({*map(float, shares), 1.0}))


def subset(prepared: Prepared, share: float, seed: int) -> tuple[Prepared, int]:
    """The data with a share of its training rows, and how many these are.

    The rows of a seed are nested: those of a smaller share are among those of a larger. They are
    repeated to the length of the whole part, so that a training takes as many steps whatever the
    share (fewer rows are seen more often), and all shares run the same compiled program.
    """
    train = prepared.train
    rows = round(share * len(train))
    drawn = np.random.default_rng([seed, 1]).permutation(len(train))[:rows]
    repeated = np.resize(drawn, len(train)) if rows < len(train) else np.arange(len(train))
    return dataclasses.replace(prepared, train=train.take(repeated), test=None), rows
