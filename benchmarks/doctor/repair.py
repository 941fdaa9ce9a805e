"""Repair: every curable ill training is treated, and what comes out is compared with its twin.

A training is repaired if, over fresh seeds and fresh divisions into parts, the treated recipe's
mean validation score is within :data:`WITHIN` of the twin's. The gain over the ill recipe is paired
by seed and division; its 95% interval is that of a mean of paired differences (Student's t).
"""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from cases import Case
from proofs import score_of, shows
from suite import cases_of
from train import Trainer, key_of

import jaram as jr
from jaram.doctor.treatment import treat

DATA_CAUSED = (
    "no_signal",
    "label_noise",
    "leakage",
    "validation_too_small",
    "unrepresentative_validation",
)
"""Illnesses that no recipe treats."""
WITHIN = 0.02
FRESH_SEEDS = (9001, 9002, 9003, 9004, 9005)
TRIAL_SEEDS = 3


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

    @property
    def is_repaired(self) -> bool:
        return self.treated >= self.twin - WITHIN

    @property
    def is_repaired_at_random(self) -> bool:
        return self.random >= self.twin - WITHIN


def repair_part(
    part: str, cache: Path | None, most: int, tell: Callable[[str], None]
) -> list[Repaired]:
    """Curable cases of a part whose illness shows, treated: ``most`` of each illness."""
    trainer = Trainer(cache)
    found: list[Repaired] = []
    for case in in_turn(cases_of(part)):
        done = sum(one.case.illness == case.illness for one in found)
        if case.illness in DATA_CAUSED or done >= most:
            continue
        ill = trainer.evidence(case.recipe, case.data)
        twin = trainer.evidence(case.twin_recipe, case.twin_data)
        if not shows(case.rule, ill, twin):
            continue
        key = f"repaired-{key_of(case.recipe, case.data)}"
        one = trainer.kept(key, partial(repair, case, trainer))
        found.append(one)
        tell(
            f"{part}: {case.illness}, {case.name}: {one.ill:.3f} → {one.treated:.3f} "
            f"(twin {one.twin:.3f}, at random {one.random:.3f}) in {one.seconds:.0f} s"
        )
    return found


def in_turn(cases: Sequence[Case]) -> list[Case]:
    """The first case of every mistake, then the second of every mistake, and so on."""
    seen: Counter[tuple[str, str]] = Counter()
    placed = []
    for case in cases:
        key = (case.illness, case.mistake)
        placed.append((seen[key], case))
        seen[key] += 1
    return [case for _, case in sorted(placed, key=lambda pair: pair[0])]


def repair(case: Case, trainer: Trainer) -> Repaired:
    """One case treated, and random search with the same remedies and as many trained epochs.

    The treatment has no budget of seconds, so that what it finds does not depend on the machine.
    """
    run = jr.train(case.recipe, case.data)
    treatment = treat(run, case.data, seeds=TRIAL_SEEDS, compare_random=True)
    found = treatment.random
    drawn = found.treated.arm.recipe if found is not None and found.holds else treatment.before
    ill = _fresh(trainer, case.recipe, case.data)
    treated = _fresh(trainer, treatment.recipe, case.data)
    return Repaired(
        case,
        _mean(ill),
        _mean(treated),
        _mean(_fresh(trainer, drawn, case.data)),
        _mean(_fresh(trainer, case.twin_recipe, case.twin_data)),
        tuple(b - a for a, b in zip(ill, treated, strict=True)),
        _difference(treatment.before, treatment.recipe),
        treatment.seconds,
    )


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
    lines += [
        _line(f"`{name}`", [one for one in found if one.case.illness == name])
        for name in dict.fromkeys(one.case.illness for one in found)
    ]
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
    lines = [
        f"- Mean gain {gains.mean():+.1f} points, 95% interval {gains.mean() - 1.96 * error:+.1f} "
        f"to {gains.mean() + 1.96 * error:+.1f}; of {sure} of {len(found)} trainings the "
        "interval of their own gain excludes zero.",
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
