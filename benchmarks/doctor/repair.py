"""Repair: every curable ill training is treated, and what comes out is compared with its twin.

A training is repaired if, over fresh seeds and fresh divisions into parts, the treated recipe's mean
validation score is within :data:`WITHIN` of the twin's. The gain over the ill recipe is paired
by seed and division; its 95% interval is that of a mean of paired differences (Student's t).
"""

from __future__ import annotations

import dataclasses
import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from cases import Case
from proofs import score_of, shows
from suite import cases_of
from train import Trainer

import jaram as jr

DATA_CAUSED = (
    "no_signal",
    "label_noise",
    "leakage",
    "validation_too_small",
    "unrepresentative_validation",
)
"""Illnesses that no recipe treats."""
NOT_BY_SCORE = ("overfitting", "class_imbalance", "oscillating_loss", "batch_too_small")
"""Illnesses whose kept weights need not score worse, so that there is no gain to be asked for; they
count as repaired by the same criterion."""
WITHIN = 0.02
FRESH_SEEDS = (9001, 9002, 9003)
TRIAL_SEEDS = 3
BUDGET = 20.0
"""Seconds that a treatment may take."""


@dataclass(frozen=True)
class Repaired:
    """A case after its treatment: mean scores over the fresh seeds, and the paired gains."""

    case: Case
    ill: float
    treated: float
    random: float
    twin: float
    gains: tuple[float, ...]
    changes: str
    seconds: float
    training_seconds: float

    @property
    def is_repaired(self) -> bool:
        return self.treated >= self.twin - WITHIN

    @property
    def is_repaired_at_random(self) -> bool:
        return self.random >= self.twin - WITHIN


def repair_half(
    half: str, cache: Path | None, tell: Callable[[str], None], budget: float = BUDGET
) -> list[Repaired]:
    """Every curable case of a half whose illness shows, treated."""
    trainer = Trainer(cache)
    found = []
    for case in cases_of(half):
        if case.illness in DATA_CAUSED:
            continue
        ill = trainer.evidence(case.recipe, case.data)
        twin = trainer.evidence(case.twin_recipe, case.twin_data)
        if not shows(case.rule, ill, twin):
            continue
        one = repair(case, trainer, budget)
        found.append(one)
        tell(
            f"{half}: {case.illness}, {case.name}: {one.ill:.3f} → {one.treated:.3f} "
            f"(twin {one.twin:.3f}, at random {one.random:.3f}) in {one.seconds:.0f} s"
        )
    return found


def repair(case: Case, trainer: Trainer, budget: float) -> Repaired:
    """One case treated, and random search with the same remedies and as many trainings."""
    started = time.perf_counter()
    run = jr.train(case.recipe, case.data)
    trained = time.perf_counter()
    treatment = jr.treat(run, case.data, seeds=TRIAL_SEEDS, budget=budget)
    ended = time.perf_counter()
    chance_recipe = at_random(run, case.data, len(treatment.verdicts))
    ill = _fresh(trainer, case.recipe, case.data)
    treated = _fresh(trainer, treatment.recipe, case.data)
    return Repaired(
        case,
        _mean(ill),
        _mean(treated),
        _mean(_fresh(trainer, chance_recipe, case.data)),
        _mean(_fresh(trainer, case.twin_recipe, case.twin_data)),
        tuple(b - a for a, b in zip(ill, treated, strict=True)),
        _difference(run.recipe, treatment.recipe),
        ended - trained,
        trained - started,
    )


def at_random(run: jr.Run, data: jr.Data, trials: int) -> jr.Recipe:
    """The best of ``trials`` recipes with one or two remedies drawn from all there are."""
    from jaram.doctor.remedies.registry import all_remedies

    dice, best = random.Random(len(repr(run.recipe))), (-math.inf, run.recipe)
    assert run.prepared is not None
    for _ in range(max(1, trials)):
        recipe = run.recipe
        for _ in range(dice.choice((1, 2))):
            doses = dice.choice(list(all_remedies().values())).prescriptions(recipe, run.prepared)
            recipe = dice.choice(doses).recipe if doses else recipe
        scores = [
            _score(jr.train(dataclasses.replace(recipe, seed=run.recipe.seed + seed), data))
            for seed in range(TRIAL_SEEDS)
        ]
        best = max(best, (float(np.mean(scores)), recipe), key=lambda found: found[0])
    return best[1]


def _score(run: jr.Run) -> float:
    name = "r2" if run.task.kind == "regression" else "accuracy"
    return float(np.nan_to_num(run.metrics.get(f"valid/{name}", 0.0)))


def _fresh(trainer: Trainer, recipe: jr.Recipe, data: jr.Data) -> list[float]:
    return [
        score_of(trainer.evidence(dataclasses.replace(recipe, seed=seed, split_seed=seed), data))
        for seed in FRESH_SEEDS
    ]


def _mean(scores: Sequence[float]) -> float:
    return float(np.mean(np.maximum(scores, -1.0)))


def _difference(before: Any, after: Any) -> str:
    from jaram.spec import words

    changed = [
        field.name
        for field in dataclasses.fields(before)
        if getattr(before, field.name) != getattr(after, field.name)
    ]
    return ", ".join(f"{name} {words(getattr(after, name))}" for name in changed) or "nothing"


def repair_section(title: str, found: Sequence[Repaired]) -> str:
    """How many were repaired, what was gained, what random search reached, by finding."""
    lines = [
        f"## Repair: {title.lower()}",
        "",
        "| illness | trainings | repaired | at random | gain in points | lowest gap to the twin |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name in dict.fromkeys(one.case.illness for one in found):
        lines.append(_line(f"`{name}`", [one for one in found if one.case.illness == name]))
    lines += [_line("**all**", found), "", *_summary(found)]
    return "\n".join(lines) + "\n"


def _line(name: str, mine: Sequence[Repaired]) -> str:
    gains = 100 * np.array([one.treated - one.ill for one in mine])
    worst = 100 * min((one.treated - one.twin for one in mine), default=0.0)
    return (
        f"| {name} | {len(mine)} | {sum(one.is_repaired for one in mine)} "
        f"| {sum(one.is_repaired_at_random for one in mine)} | {gains.mean():+.1f} | {worst:+.1f} |"
    )


def _summary(found: Sequence[Repaired]) -> list[str]:
    gains = 100 * np.array([np.mean(one.gains) for one in found])
    error = gains.std(ddof=1) / math.sqrt(len(gains)) if len(gains) > 1 else math.nan
    sure = sum(_excludes_zero(one.gains) for one in found)
    cost = [one.seconds / one.training_seconds for one in found]
    lines = [
        f"- Mean gain {gains.mean():+.1f} points, 95% interval {gains.mean() - 1.96 * error:+.1f} "
        f"to {gains.mean() + 1.96 * error:+.1f}; of {sure} of {len(found)} trainings the "
        "interval of their own gain excludes zero.",
        f"- A treatment took {np.median(cost):.1f} times its training (median; compilation counts).",
    ]
    failed = [one for one in found if not one.is_repaired]
    lines += [
        f"- Not repaired: `{one.case.illness}`, {one.case.name.replace('_', ' ')}: {one.ill:.3f} → "
        f"{one.treated:.3f}, twin {one.twin:.3f}; changed {one.changes}."
        for one in failed
    ]
    return lines


def _excludes_zero(gains: Sequence[float]) -> bool:
    from scipy.stats import t

    error = np.std(gains, ddof=1) / math.sqrt(len(gains))
    return bool(np.mean(gains) - t.ppf(0.975, len(gains) - 1) * error > 0)
