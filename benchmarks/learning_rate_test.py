"""How far does a recommended learning rate move from seed to seed? Ours against one sweep."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

import numpy as np
from jax import Array
from numpy.typing import NDArray

import jaram as jr
from common import markdown, note, repeats_asked, section
from jaram.optimizer.schedules import Schedule, Steps
from jaram.runs.candidates import candidates_of
from jaram.searches.rate_test import AROUND, STEPS, learning_rate_test
from jaram.spec import Positive, spec
from jaram.training import engine, planning
from jaram.training.group import Group

SETS = ("iris", "breast_cancer", "diabetes", "moons")
ASKED = [(name, optimizer) for name in SETS for optimizer in (jr.Adam(), jr.SGD())]
ASKED.append(("digits", jr.Adam()))
REPEATS = repeats_asked(20)
SMOOTHING = 0.98
LOST = 4.0
"""The sweep ends where the smoothed loss is so many times its lowest (fastai's rule)."""
TARGET = 4.0
APART = 1000
"""Between the seeds of one repetition and of the next, none of which share one."""


@spec(family="schedule", name="benchmark_sweep")
class Sweep(Schedule):
    """ratio ^ (step / total_steps): the rate rises evenly on the log scale (Smith, 2017)."""

    ratio: Positive = AROUND**2

    def factor(self, step: Steps, total_steps: Steps, steps_per_epoch: Steps) -> Array:
        import jax.numpy as jnp

        return jnp.power(self.ratio, step / total_steps)


def recipe_for(optimizer: Any, repeat: int) -> jr.Recipe:
    """The network that both tests ask about, with the seeds of one repetition."""
    return jr.Recipe(
        network=(jr.Dense(32, "relu"),),
        optimizer=optimizer,
        penalties=(),
        batch_size=32,
        epochs=1,
        stop=None,
        seed=repeat * APART,
        order_seed=repeat * APART,
    )


def swept(recipe: jr.Recipe, data: jr.Data) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """One training with a rising rate: the rates, and the losses of its minibatches."""
    assert recipe.optimizer is not None
    lowest = recipe.optimizer.learning_rate / AROUND
    rising = dataclasses.replace(
        recipe,
        optimizer=dataclasses.replace(recipe.optimizer, learning_rate=lowest),
        schedule=Sweep(),
        averaging=None,
    )
    candidate = candidates_of([rising], data)[0]
    an_epoch = Group((candidate.recipe,), candidate.prepared).steps
    whole = dataclasses.replace(candidate.recipe, epochs=-(-STEPS // an_epoch))
    group = Group((whole,), candidate.prepared)
    plan = planning.plan_for(group, takes_vitals=False)
    recipes, state = engine.initial(group, plan)
    steps = list(engine.advance(group, plan, recipes, state, 0, lambda _: False))
    losses = np.concatenate([np.asarray(step.records.losses[0]).ravel() for step in steps])
    total = group.epochs * group.steps
    rates = lowest * AROUND ** (2 * np.arange(total) / total)
    return rates, np.where(losses == 0, np.nan, losses).astype(np.float64)  # 0: after divergence


def classical(rates: NDArray[np.float64], losses: NDArray[np.float64]) -> dict[str, float]:
    """log10 of what one sweep recommends: steepest descent, or a tenth of the rate of the lowest
    loss, of the losses smoothed exponentially with its bias corrected, without the first ten and
    the last five (as fastai does it)."""
    smooth, mean = [], 0.0
    for place, loss in enumerate(losses, start=1):
        mean = SMOOTHING * mean + (1 - SMOOTHING) * loss
        smooth.append(mean / (1 - SMOOTHING**place))
        if not np.isfinite(smooth[-1]) or smooth[-1] > LOST * min(smooth):
            smooth.pop()
            break
    curve, logs = np.array(smooth)[10:-5], np.log10(rates[: len(smooth)])[10:-5]
    return {
        "steepest": float(logs[np.gradient(curve, logs).argmin()]),
        "lowest / 10": float(logs[curve.argmin()] - 1),
    }


def compared(name: str, optimizer: Any) -> dict[str, Any]:
    """Recommendations over all repetitions, intervals of ours, and seconds of each."""
    data = jr.load(name)
    found: dict[str, list[float]] = {}
    within, seconds = [], {"sweep": 0.0, "ours": 0.0}
    for repeat in range(-1, REPEATS):  # the first compiles and does not count
        recipe = recipe_for(optimizer, repeat + 1)
        started = time.perf_counter()
        told = classical(*swept(recipe, data))
        between = time.perf_counter()
        ours = learning_rate_test(recipe, data)
        if repeat < 0:
            continue
        seconds["sweep"] += (between - started) / REPEATS
        seconds["ours"] += (time.perf_counter() - between) / REPEATS
        for rule, value in (told | {"ours": float(np.log10(ours.learning_rate))}).items():
            found.setdefault(rule, []).append(value)
        within.append((np.log10(ours.low), np.log10(ours.high)))
    middle = float(np.mean(found["ours"]))
    held = float(np.mean([low <= middle <= high for low, high in within]))
    return {"found": found, "held": held, "seconds": seconds}


def main() -> None:
    """Print the section."""
    rows, ratios = [], []
    for name, optimizer in ASKED:
        result = compared(name, optimizer)
        spread = {rule: float(np.std(v, ddof=1)) for rule, v in result["found"].items()}
        best = min(spread["steepest"], spread["lowest / 10"])
        ratios.append(best / spread["ours"])
        cells = [f"{10 ** np.mean(v):.2g} ± {spread[r]:.3f}" for r, v in result["found"].items()]
        took, called = result["seconds"], type(optimizer).__name__
        rows.append([name, called, *cells, f"{ratios[-1]:.1f}×", f"{result['held']:.0%}"])
        rows[-1].append(f"{took['ours']:.2f} s against {took['sweep']:.2f} s")
        note(" ".join(rows[-1]))
    head = ["set", "optimizer", "steepest", "lowest / 10", "ours", "narrower", "held", "time"]
    print(markdown(head, rows), "\n")
    met = sum(ratio >= TARGET for ratio in ratios)
    kept = "met" if met == len(ratios) else "**missed**"
    print(
        f"- spread at most a quarter of the better rule's: {met} of {len(ratios)}, {kept}; "
        f"in the middle {np.median(ratios):.1f}× narrower\n"
    )


if __name__ == "__main__":
    section(
        "The learning-rate test",
        f"`jr.learning_rate_test` against one sweep of the rate over {STEPS} steps of one training "
        "(Smith, 2017; read by the steepest descent and by a tenth of the rate of the lowest "
        f"smoothed loss), each from {REPEATS} seeds and orders of minibatches. Network `dense 32 "
        "relu`, batch 32. *a ± b*: the geometric mean of the recommended rates, and the standard "
        "deviation of their log10. *Narrower*: the smaller deviation of the two sweeps over ours. "
        "*Held*: how many of our 95% intervals hold the mean of our recommendations. *Time*: of "
        "one test after compilation; ours is 500 trainings, the sweep one.",
    )
    main()
