"""Who remembers over 200 steps? RNN, LSTM and GRU on the adding problem; recall and copying.

Every network is trained from two seeds. The plain one is tried at three learning rates, of which
the one with the lowest mean validation loss counts: it is the one that fails, and should not fail
for its rate. What is told is measured on 1,000 series that no training has seen.
"""

from __future__ import annotations

import dataclasses
import itertools
import time
from typing import Any

import numpy as np

import jaram as jr
from common import markdown, note, section

UNITS, EPOCHS, EXAMPLES = 48, 30, 4000
SEEDS = (0, 1)
LAYERS = {
    "gru": (jr.GRU(UNITS), (0.005,)),
    "lstm": (jr.LSTM(UNITS), (0.005,)),
    "rnn": (jr.RNN(UNITS), (0.01, 0.003, 0.001)),
}
TASKS = {
    "adding_problem": (200, "loss", "mean squared error (a constant: 0.167)"),
    "recall_task": (50, "accuracy", "accuracy (chance: 0.25)"),
    "copy_task": (30, "accuracy", "accuracy (chance: 0.25)"),
}


def recipe_for(layer: Any, rate: float, seed: int) -> jr.Recipe:
    """The training that all share."""
    return jr.Recipe(
        network=(layer,),
        optimizer=jr.Adam(rate),
        clip=jr.ClipNorm(1.0),
        batch_size=32,
        epochs=EPOCHS,
        stop=None,
        scale="none",
        scale_target=False,
        seed=seed,
    )


def heard(run: jr.Run) -> float:
    """Gradient at the first tenth of the steps over that at the last tenth, at the best epoch."""
    norms = run.through_time["best"].to_numpy()
    tenth = len(norms) // 10
    first, last = (float(np.sqrt(np.mean(end**2))) for end in (norms[:tenth], norms[-tenth:]))
    return first / last


def rows_of(task: str) -> list[list[str]]:
    """A row for each network."""
    length, metric, _ = TASKS[task]
    data = jr.load(task, n=EXAMPLES, length=length)
    new = jr.load(task, n=1000, length=length, seed=1)
    rows = []
    for name, (layer, rates) in LAYERS.items():
        if data.task.has_steps:
            layer = dataclasses.replace(layer, return_sequences=True)
        started = time.perf_counter()
        asked = list(itertools.product(rates, SEEDS))
        runs = jr.train([recipe_for(layer, *one) for one in asked], data)
        minutes = (time.perf_counter() - started) / 60
        of_rate = {
            rate: [run for one, run in zip(asked, runs, strict=True) if one[0] == rate]
            for rate in rates
        }
        loss = {
            rate: np.mean([run.metrics["valid/loss"] for run in of_rate[rate]]) for rate in rates
        }
        best = min(rates, key=lambda rate: loss[rate])
        scores = [run.evaluate(new)[metric] for run in of_rate[best]]
        rows.append(
            [
                name,
                f"{best:g}",
                ", ".join(f"{score:.4f}" for score in scores),
                ", ".join(f"{heard(run):.0e}" for run in of_rate[best]),
                f"{minutes:.1f}",
            ]
        )
        note(f"{task}: {rows[-1]}")
    return rows


def main() -> None:
    """All tasks."""
    for task, (length, _, told) in TASKS.items():
        heads = ["network", "rate", told, "first over last gradient", "minutes for all"]
        section(f"{task}, {length} steps", markdown(heads, rows_of(task)))


if __name__ == "__main__":
    main()
