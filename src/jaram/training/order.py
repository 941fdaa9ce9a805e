"""The order of the examples: a pure function of (order seed, epoch, step).

That is why an interrupted training goes on to the same bits, and why members see the same
minibatches. The shuffle is drawn by NumPy on the host: a sort on the device would cost 0.4 s of
compilation.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Order = NDArray[np.int32]


def steps_per_epoch(examples: int, batch_size: int) -> int:
    """How many minibatches show every example at least once."""
    return -(-examples // batch_size)


def epoch_order(
    examples: int, batch_size: int, order_seed: int, epoch: int, shuffle: bool = True
) -> Order:
    """Row numbers ``(steps, batch_size)``, int32, of one epoch (the first is epoch 0).

    Every row appears once before any appears twice: where the batch size does not divide the
    number of examples, the last minibatch is filled up from the start of the epoch's order, so
    that all steps average over equally many examples.
    """
    rows = np.arange(examples, dtype=np.int32)
    if shuffle:
        np.random.default_rng((order_seed, epoch)).shuffle(rows)
    steps = steps_per_epoch(examples, batch_size)
    return np.resize(rows, (steps, batch_size))


def probe_rows(examples: int, count: int) -> Order:
    """``count`` row numbers (fewer if there are fewer), evenly drawn once and for all, int32."""
    if examples <= count:
        return np.arange(examples, dtype=np.int32)
    rows = np.random.default_rng(20101).choice(examples, count, replace=False)
    return np.sort(rows).astype(np.int32)
