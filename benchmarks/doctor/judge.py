"""The doctor's word on every training of a part, beside what is true of it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cases import Case
from healthy import Healthy, best_known, healthy_of, is_sound
from proofs import score_of, shows
from sets import data_of
from suite import cases_of
from train import Trainer

from jaram.doctor.diagnosis import diagnose_evidence
from jaram.doctor.evidence import Evidence


@dataclass(frozen=True)
class Judged:
    """One training and what the doctor said.

    illness: what it has, ``""`` for a healthy one. is_twin: whether that one is a twin. heads:
    findings told first, with their severity, minor ones left out; symptoms: those told as
    consequences. right: names that are as good as ``illness``. true: names that are no false alarm.
    counts: whether the illness shows. score, other: of the training and of its twin (of a healthy
    one: the best known of its set).
    """

    name: str
    set: str
    illness: str
    rule: str
    counts: bool
    score: float
    other: float
    heads: dict[str, str]
    symptoms: tuple[str, ...]
    right: frozenset[str] = frozenset()
    true: frozenset[str] = frozenset()
    is_twin: bool = False


def judge_part(part: str, cache: Path | None, tell: Callable[[str], None]) -> list[Judged]:
    """Every case of a part, every healthy training, and the twins that are healthy too."""
    trainer = Trainer(cache)
    cases, found = cases_of(part), []
    for case in cases:
        found.append(_ill(case, trainer))
        tell(f"{part}: {case.illness}, {case.name}")
    well = list(_healthy(list(healthy_of(part)), trainer, tell))
    best = {one.set: one.other for one in well}
    return [*found, *well, *_twins(cases, best, trainer)]


def _said(evidence: Evidence) -> tuple[dict[str, str], tuple[str, ...]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        diagnosis = diagnose_evidence(evidence)
    heads = {found.name: str(found.severity) for found in diagnosis if found.severity != "minor"}
    return heads, tuple(dict.fromkeys(found.name for found in diagnosis.symptoms))


def _ill(case: Case, trainer: Trainer) -> Judged:
    ill = trainer.evidence(case.recipe, case.data)
    twin = trainer.evidence(case.twin_recipe, case.twin_data)
    heads, symptoms = _said(ill)
    return Judged(
        case.name,
        case.set,
        case.illness,
        case.rule,
        shows(case.rule, ill, twin),
        score_of(ill),
        score_of(twin),
        heads,
        symptoms,
        frozenset({case.illness, *case.accepts}),
        case.true_names,
    )


def _healthy(
    candidates: list[Healthy], trainer: Trainer, tell: Callable[[str], None]
) -> Iterator[Judged]:
    for of in dict.fromkeys(candidate.set for candidate in candidates):
        mine = [candidate for candidate in candidates if candidate.set == of]
        evidence = [trainer.evidence(one.recipe, one.data) for one in mine]
        best = best_known(evidence)
        tell(f"healthy, {of}: {len(mine)}")
        for one, seen in zip(mine, evidence, strict=True):
            heads, symptoms = _said(seen)
            counts = is_sound(seen, best)
            yield Judged(one.name, of, "", "", counts, score_of(seen), best, heads, symptoms)


def twins_of(cases: list[Case]) -> list[Case]:
    """The cases whose twins are trained on a set as it is, each twin once."""
    twins: dict[tuple[str, str], Case] = {}
    for case in cases:
        if case.twin_data is data_of(case.set):
            twins.setdefault((case.set, repr(case.twin_recipe)), case)
    return list(twins.values())


def _twins(cases: list[Case], best: dict[str, float], trainer: Trainer) -> Iterator[Judged]:
    for case in twins_of(cases):
        if case.set not in best:
            continue
        seen = trainer.evidence(case.twin_recipe, case.twin_data)
        other = best[case.set]
        if not is_sound(seen, other):
            continue
        heads, symptoms = _said(seen)
        name = f"twin of {case.name}"
        yield Judged(
            name, case.set, "", "", True, score_of(seen), other, heads, symptoms, is_twin=True
        )
