"""Time of an epoch per model when many configurations are trained together."""

from __future__ import annotations

import numpy as np

from common import Entry, Target, race, repeats_asked, report, table
from peers import Jaram, Torch, Work

WORK = Work(table)


def rates(count: int) -> tuple[float, ...]:
    """Learning rates from 1e-4 to 1e-2, evenly spread on the logarithm."""
    return tuple(float(rate) for rate in np.logspace(-4, -2, count)) if count > 1 else (1e-3,)


ENTRIES = [
    Entry(f"Jaram, {n} together", Jaram, (WORK, 0.0, rates(n)), short, long, n)
    for n, short, long in ((1, 12, 62), (16, 12, 42), (128, 2, 12))
]
ENTRIES.append(Entry("PyTorch loop", Torch, (WORK,)))

if __name__ == "__main__":
    report(
        "Populations",
        "The table and network of the first section, with learning rates from 1e-4 to 1e-2 in one "
        "`jr.train` call. Seconds per epoch and model; the PyTorch loop trains one after another. "
        "The accuracy is that of the best member.",
        race(ENTRIES, repeats_asked(7)),
        [Target("Jaram, 128 together", "PyTorch loop", 40)],
        against="Jaram, 128 together",
        per="an epoch and model",
    )
