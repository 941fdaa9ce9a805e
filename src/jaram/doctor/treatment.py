"""Treating: which remedies of a sick training help, found out by a trial.

The control and every candidate are trained side by side from the same seeds on the same
minibatches; the best are combined; what wins is measured again on fresh seeds, and confirmed on
rows that the trial did not use. "No remedy helped" is a possible verdict.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from jaram.data.options import PrepareOptions
from jaram.data.prepare import Part, Prepared, prepare
from jaram.doctor.affordable import FEWEST_FRESH, FEWEST_SEEDS, TRIAL, Purse
from jaram.doctor.confirmation import kept_scores, set_aside
from jaram.doctor.diagnosis import Diagnosis, diagnose_evidence, gather
from jaram.doctor.evidence import MATTERS, Evidence
from jaram.doctor.interval import Scale, paired_gain
from jaram.doctor.patient import score_name
from jaram.doctor.registry import all_definitions
from jaram.doctor.remedies.registry import Prescription, all_remedies
from jaram.doctor.trial import (
    WORST,
    Arm,
    Measured,
    Trainee,
    compared_part,
    measured_from,
    run_trial,
)
from jaram.doctor.verdict import Confirmation, Treatment, Verdict
from jaram.errors import RunError, UsageError
from jaram.progress import duration
from jaram.recipe import Recipe
from jaram.training.abreast import abreast

if TYPE_CHECKING:
    from jaram.data.data import Data
    from jaram.runs.run import Run

RUNGS = (0.25, 1.0)
"""Shares of the full length at which the weaker half is dropped, and the full length."""
SEEDS = 5
TOLD_EVERY = 10.0
"""Seconds between two words on how far a trial is."""
MOST_ROUNDS = 3
MOST_PAIRED = 3
"""Best single remedies whose pairs are tried."""
MOST_STRUCTURES = 8
"""Structures tried in one round; each costs a compilation, which is most of a small trial."""
MOST_CONFIRMED = 2
"""Winners that are measured again at most, the second if the first does not hold; its interval is
widened for it."""
CONFIRMED_PARTS = 2
"""How many times as many seeds the confirmation takes: its interval decides, and over 10 seeds
Student's factor is 2.3 where over 5 it is 2.8. The same compiled program trains each part."""
FRESH = 1_000_003
"""Added to the seeds of the trial for those of the confirmation, and to the minibatches' order."""
_LAST_RESORT = ("sound_defaults",)
"""Tried whatever was found, where learning failed or fell short."""
CORRECTIONS = (
    "correct_output",
    "correct_loss",
    "add_nonlinearity",
    "match_initializer",
    "scale_input",
    "scale_target",
    "shuffle",
)
"""Remedies that put right what is wrong on the face of it; they are tried all together as well."""


def treat(
    run: Run,
    data: Any = None,
    *,
    seeds: int | None = None,
    budget: float | None = None,
    out: str | Path | None = None,
    compare_random: bool = False,
    progress: Callable[[str, dict[str, Any]], None] | None = None,
) -> Treatment:
    """Find out by trial which remedies of a run's findings help, and train with the best.

    run: a finished run. data: what it was trained on; needed where the run was opened from a folder
    and its data can't be found. seeds: how many each arm is trained from, 2 at least; None: 5, or
    fewer where the budget asks for it. budget: seconds that the trial may take, roughly, however
    long one training takes, of which two seeds each are made in any case; None: as long as its plan
    takes. What would not fit into the budget is left out from the start. out: a new folder
    for the treated run. compare_random: whether to search at random among the same remedies for as
    many epochs too, which doubles the time. progress: told of each stage by a key of the catalogue
    and its values.

    Raises UsageError for fewer than two seeds or a budget that is no positive number, RunError or
    DataError if the data is not that of the run.
    """
    if seeds is not None and (not isinstance(seeds, int) or seeds < FEWEST_SEEDS):
        raise UsageError("doctor.bad_seeds", value=seeds)
    if budget is not None and not (isinstance(budget, int | float) and budget > 0):
        raise UsageError("runs.bad_budget", value=budget)
    from jaram.runs.run import Run

    if not isinstance(run, Run):
        raise UsageError("doctor.treats_runs", got=type(run).__name__)
    treating = _Treating(run, data, seeds, budget, progress or (lambda *_: None))
    treatment = treating.result(out)
    if not compare_random or not treatment.verdicts:
        return treatment
    return dataclasses.replace(treatment, random=treating.random_search(treatment.verdicts))


class _Treating:
    """One treatment under way."""

    def __init__(
        self,
        run: Run,
        data: Any,
        seeds: int | None,
        budget: float | None,
        progress: Callable[[str, dict[str, Any]], None],
    ) -> None:
        self.started = self.told_at = time.perf_counter()
        self.budget = budget
        self.progress = progress
        self.run = run
        self.data = data_of(run, data)
        self.before = run.recipe
        self._prepared: dict[PrepareOptions, tuple[Prepared, Part | None]] = {}
        whole = self.prepared(self.before, is_whole=True)
        if whole.input_shape != run.input_shape or whole.task.outputs != run.task.outputs:
            raise RunError("doctor.other_data")
        self.evidence = gather(run, whole)
        self.diagnosis = diagnose_evidence(self.evidence)
        self.purse = Purse.of(run, whole)
        self.may_have_fewer_seeds = seeds is None
        self.seeds = self.first_seeds(seeds or SEEDS)
        is_uneven = "class_imbalance" in names_of(self.diagnosis)
        self.metric = "balanced_accuracy" if is_uneven else score_name(run.task)

    def first_seeds(self, count: int) -> tuple[int, ...]:
        return tuple(self.run.recipe.seed + place for place in range(count))

    def left(self, share: float = 1.0) -> float:
        """Seconds until a share of the budget is used."""
        if self.budget is None:
            return np.inf
        return share * self.budget - (time.perf_counter() - self.started)

    def is_late(self, share: float = 0.7) -> bool:
        """Whether the trial has used its share of the budget; the rest is for the confirmation."""
        return self.left(share) < 0

    def affordable(self, base: Arm, arms: Sequence[Arm]) -> list[Arm]:
        """The arms that there is time for, from as many seeds as there is time for."""
        if self.budget is None or not arms:
            return list(arms)
        if self.may_have_fewer_seeds:
            self.may_have_fewer_seeds = False  # all rounds are from the same
            count = self.purse.seeds(base, arms, self.left(), len(self.seeds))
            self.seeds = self.seeds[:count]
        kept = self.purse.arms(base, arms, self.left(TRIAL), len(self.seeds))
        if len(kept) < len(arms):
            told = {"arms": len(arms) - len(kept), "time": duration(self.budget)}
            self.progress("doctor.stage_left_out", told)
        return kept

    def prepared(self, recipe: Recipe, is_whole: bool = False) -> Prepared:
        """The data as ``recipe`` prepares it, without the rows that are kept for confirmation."""
        from jaram.runs.candidates import prepare_options

        options = prepare_options(recipe)
        if options not in self._prepared:
            whole = prepare(self.data, options)
            trial, kept = set_aside(whole)
            self._prepared[options] = (trial, kept)
            if options == prepare_options(self.before):
                self._whole = whole
        return self._whole if is_whole else self._prepared[options][0]

    def kept(self, recipe: Recipe) -> Part | None:
        """The rows kept for confirmation, as ``recipe`` prepares them."""
        from jaram.runs.candidates import prepare_options

        self.prepared(recipe)
        return self._prepared[prepare_options(recipe)][1]

    def scale(self, part: Part | None = None) -> Scale:
        """What is known of the scores on ``part``, or on the part that arms are compared by."""
        if part is None:
            prepared = self.prepared(self.before)
            part = prepared.valid if compared_part(prepared) == "valid" else prepared.train
        assert part is not None
        rows = None if self.metric in WORST else len(part)
        return Scale(WORST.get(self.metric, 0.0), 1.0, rows)

    def arm(self, recipe: Recipe, remedies: Sequence[str] = (), doses: Sequence[str] = ()) -> Arm:
        return Arm(recipe, self.prepared(recipe), tuple(remedies), tuple(doses))

    def result(self, out: str | Path | None) -> Treatment:
        """Diagnose, try, combine, confirm, train."""
        untreatable = untreatable_of(self.diagnosis)
        verdicts: list[Verdict] = []
        confirmation = None
        recipe, run = self.before, self.run
        if untreatable is None:
            verdicts = self.tried()
            for count, winner in enumerate(self.winners(verdicts), start=1):
                if confirmation is not None and self.left() < 0:
                    break
                confirmation = self.confirmed(winner.measured.arm, comparisons=count)
                if confirmation.holds:
                    recipe = winner.recipe
                    break
        if recipe is not self.before:
            from jaram.runs.train import train

            self.progress("doctor.stage_train", {})
            run = train(recipe, self.data, out=out)
        return Treatment(
            diagnosis=self.diagnosis,
            before=self.before,
            verdicts=tuple(verdicts),
            confirmation=confirmation,
            recipe=recipe,
            run=run,
            untreatable=untreatable,
            part=compared_part(self.prepared(self.before)),
            metric=self.metric,
            seconds=time.perf_counter() - self.started,
        )

    def tried(self) -> list[Verdict]:
        """Rounds of remedies, each from the best recipe so far, while findings remain."""
        base, diagnosis, evidence = self.arm(self.before), self.diagnosis, self.evidence
        verdicts: list[Verdict] = []
        for _ in range(MOST_ROUNDS):
            arms = self.affordable(base, self.candidates(base, diagnosis, evidence))
            if not arms or (verdicts and self.is_late()):
                break
            treated = names_of(diagnosis)
            measured = self.trial([base, *arms])
            measured += self.pairs(base, measured)
            verdicts += judged(measured, treated, self.scale())
            if not verdicts:  # the time was up before the first arm had begun
                break
            best = max(verdicts, key=_standing)
            if best.measured.mean - measured[0].mean < MATTERS:
                break
            base = best.measured.arm
            evidence = best.measured.evidence
            diagnosis = diagnose_evidence(evidence)
            if not evidence.falls_short:
                break
        return sorted(verdicts, key=_standing, reverse=True)

    def candidates(self, base: Arm, diagnosis: Diagnosis, evidence: Evidence) -> list[Arm]:
        """The arms worth trying for what was found, in the order of what it says."""
        chosen: list[Prescription] = []
        wanted = remedies_for(diagnosis)
        if evidence.falls_short:
            wanted = (*wanted, *_LAST_RESORT)
        known = all_remedies()
        for name in wanted:
            if name in known and name not in base.remedies:
                chosen += known[name].prescriptions(base.recipe, base.prepared)
        corrections = [p for p in chosen if p.remedy in CORRECTIONS]
        arms = [
            self.arm(p.recipe, (*base.remedies, p.remedy), (*base.doses, p.dose)) for p in chosen
        ]
        together = self.composed(base, list(dict.fromkeys(p.remedy for p in corrections)))
        if len(corrections) > 1 and together is not None:
            arms.insert(0, together)
        return few_structures(arms, base)

    def composed(self, base: Arm, remedies: Sequence[str]) -> Arm | None:
        """``base`` with the first dose of each remedy, one on top of the other."""
        recipe, names, doses = base.recipe, list(base.remedies), list(base.doses)
        for name in remedies:
            found = all_remedies()[name].prescriptions(recipe, self.prepared(recipe))
            if found:
                recipe = found[0].recipe
                names.append(name)
                doses.append(found[0].dose)
        return None if recipe == base.recipe else self.arm(recipe, names, doses)

    def trial(self, arms: Sequence[Arm]) -> list[Measured]:
        self.progress("doctor.stage_trial", {"arms": len(arms), "seeds": len(self.seeds)})
        began = time.perf_counter()
        found = run_trial(arms, self.seeds, self.metric, RUNGS, self.is_late, self.told_of)
        spent = time.perf_counter() - began  # compiling, and others on the machine, among it
        self.purse = self.purse.having_spent(spent, found, len(self.seeds))
        return found

    def told_of(self, done: int, arms: int) -> None:
        """Tell how far a trial is, now and then."""
        now = time.perf_counter()
        if now - self.told_at > TOLD_EVERY:
            self.told_at = now
            told = {"done": done, "arms": arms, "time": duration(now - self.started)}
            self.progress("doctor.stage_under_way", told)

    def pairs(self, base: Arm, measured: Sequence[Measured]) -> list[Measured]:
        """The best remedies of the round two by two, where more than they reach is possible."""
        control = next(m for m in measured if m.arm is base)
        best: dict[str, Measured] = {}
        for found in sorted(measured, key=lambda m: -m.mean):
            added = found.arm.remedies[len(base.remedies) :]
            if len(added) == 1 and found.share >= 1 and found.mean > control.mean:
                best.setdefault(added[0], found)
        top = list(best.items())[:MOST_PAIRED]
        arms = []
        for (_, first), (name, second) in combinations(top, 2):
            dose = second.arm.doses[-1]
            combined = [
                p
                for p in all_remedies()[name].prescriptions(first.arm.recipe, first.arm.prepared)
                if p.dose == dose
            ]
            if combined:
                names, doses = (*first.arm.remedies, name), (*first.arm.doses, dose)
                arms.append(self.arm(combined[0].recipe, names, doses))
        could_gain = 1 - max((found.mean for found in best.values()), default=1.0)
        if not arms or could_gain < MATTERS or self.is_late(0.5):
            return []
        self.progress("doctor.stage_pairs", {"arms": len(arms)})
        return run_trial([base, *arms], self.seeds, self.metric, (1.0,), self.is_late)[1:]

    def winners(self, verdicts: Sequence[Verdict]) -> list[Verdict]:
        """What is worth confirming, at most ``MOST_CONFIRMED``: the best on average first, the
        simplest and cheapest among equals.

        Whether it helps is for the fresh seeds to say. The intervals of the trial are as wide as
        the number of its arms asks for, and a control that fails at some seeds only, as sick
        trainings do, makes them wider still.
        """
        better = [verdict for verdict in verdicts if verdict.gain.mean > 0]
        left = [verdict for verdict in better if verdict.share >= 1] or better
        chosen: list[Verdict] = []
        while left and len(chosen) < MOST_CONFIRMED:
            best = max(verdict.measured.mean for verdict in left)
            equal = [v for v in left if v.measured.mean >= best - MATTERS / 3]
            chosen.append(min(equal, key=_price))
            left = [verdict for verdict in left if verdict is not chosen[-1]]
        return chosen

    def random_search(self, verdicts: Sequence[Verdict]) -> Confirmation | None:
        """The best of random compositions of the same remedies, for as many trained epochs."""
        self.progress("doctor.stage_random", {})
        rng = np.random.default_rng(self.before.seed)
        names = sorted({name for verdict in verdicts for name in verdict.remedies})
        left = sum(epochs_of(verdict.measured) for verdict in verdicts)
        best: Measured | None = None
        while left > 0:
            arm = self.arm(self.before)
            for name in rng.permutation(names)[: rng.integers(1, MOST_ROUNDS + 1)]:
                found = all_remedies()[name].prescriptions(arm.recipe, arm.prepared)
                if found:
                    one = found[rng.integers(len(found))]
                    arm = self.arm(one.recipe, (*arm.remedies, name), (*arm.doses, one.dose))
            trainee = Trainee(arm, self.seeds, self.metric)
            trainee.advance(1.0)
            found_out = trainee.measure()
            left -= max(1, epochs_of(found_out))
            if best is None or found_out.mean > best.mean:
                best = found_out
        return None if best is None else self.confirmed(best.arm)

    def fresh_seeds(self, winner: Arm) -> list[tuple[int, ...]]:
        """Seeds that no arm was chosen by, as many as there is time for, in parts of equal size: of
        the trial's seeds twice as many at most, FEWEST_FRESH at least."""
        first, parts, count = self.seeds[0] + FRESH, CONFIRMED_PARTS, len(self.seeds)
        if self.budget is not None:
            a_seed = self.purse.cost(self.arm(self.before)) + self.purse.cost(winner)
            some = int(max(0.0, self.left()) // a_seed)
            parts = CONFIRMED_PARTS if some > count else 1
            count = max(FEWEST_FRESH // parts, min(count, some // parts))
        return [
            tuple(range(first + part * count, first + (part + 1) * count)) for part in range(parts)
        ]

    def confirmed(self, winner: Arm, comparisons: int = 1) -> Confirmation:
        """The winner and the recipe as it was, from fresh seeds and in other minibatches."""
        self.progress("doctor.stage_confirm", {})
        both, seeds = (self.arm(self.before), winner), self.fresh_seeds(winner)
        control, treated = abreast(lambda arm, _: self._measured_afresh(arm, seeds), both)
        test_control, test_treated = (self._kept_scores(one) for one in (control, treated))
        kept = self.kept(self.before)
        return Confirmation(
            gain=paired_gain(control.scores, treated.scores, comparisons, self.scale()),
            control=control,
            treated=treated,
            chance=chance_of(control.evidence, self.metric),
            test_gain=None
            if test_control is None or test_treated is None
            else paired_gain(test_control, test_treated, comparisons, self.scale(kept)),
            test_control=test_control,
            test_treated=test_treated,
            test_rows=0 if kept is None else len(kept),
        )

    def _measured_afresh(self, arm: Arm, seeds: Sequence[Sequence[int]]) -> Measured:
        """An arm from the fresh seeds, in other minibatches."""
        order = arm.recipe.order_seed + FRESH
        fresh = dataclasses.replace(arm, recipe=dataclasses.replace(arm.recipe, order_seed=order))
        return measured_from(fresh, seeds, self.metric)

    def _kept_scores(self, found: Measured) -> NDArray[np.float64] | None:
        """Scores of an arm's members on the rows kept for confirmation, if there are any."""
        kept = self.kept(found.arm.recipe)
        return None if kept is None else kept_scores(found, kept, self.metric)


def epochs_of(measured: Measured) -> int:
    """Epochs that an arm's members were trained, together."""
    return int(np.isfinite(measured.curves).sum())


def data_of(run: Run, data: Any) -> Data:
    """The data of a run as it was before its preparation."""
    from jaram.data.again import load_again
    from jaram.data.data import Data
    from jaram.doctor.patient import recorded_source

    if isinstance(data, Data):
        return data.within(run.summary.get("memory"))
    if data is not None:
        return load_again(data, run.summary, run.task)
    found = recorded_source(run.summary, run.task)
    if found is None:
        raise UsageError("doctor.needs_data")
    return found


def is_treatable(diagnosis: Diagnosis) -> bool:
    """Whether a trial has a remedy to try, and no illness of the data stands in its way."""
    wanted = remedies_for(diagnosis)
    return untreatable_of(diagnosis) is None and any(name in all_remedies() for name in wanted)


def names_of(diagnosis: Diagnosis) -> frozenset[str]:
    """Names of the findings and of their symptoms."""
    symptoms = (name for finding in diagnosis for name in finding.symptoms)
    return frozenset((*diagnosis.names, *symptoms))


def untreatable_of(diagnosis: Diagnosis) -> str | None:
    """The grave finding about the data that no recipe treats, if there is one."""
    definitions = all_definitions()
    return next(
        (
            finding.name
            for finding in diagnosis
            if finding.severity == "grave"
            and finding.name in definitions
            and definitions[finding.name].of_data
        ),
        None,
    )


def remedies_for(diagnosis: Diagnosis) -> tuple[str, ...]:
    """Names of remedies: those of the causes first, then those of their symptoms."""
    of_data = {name for name, found in all_definitions().items() if found.of_data}
    heads = [finding for finding in diagnosis if finding.name not in of_data]
    symptoms = [finding for finding in diagnosis.symptoms if finding.name not in of_data]
    wanted = [name for finding in (*heads, *symptoms) for name in finding.remedies]
    return tuple(dict.fromkeys(wanted))


def few_structures(arms: Sequence[Arm], base: Arm) -> list[Arm]:
    """Distinct arms of at most ``MOST_STRUCTURES`` structures, in their order."""
    from jaram.training.group import structure

    kept: list[Arm] = []
    structures: set[Any] = set()
    for arm in arms:
        if arm.recipe == base.recipe or any(arm.recipe == other.recipe for other in kept):
            continue
        mark = (structure(arm.recipe), id(arm.prepared))
        if mark not in structures and len(structures) == MOST_STRUCTURES:
            continue
        structures.add(mark)
        kept.append(arm)
    return kept


def judged(
    measured: Sequence[Measured], treated: frozenset[str], scale: Scale = Scale()
) -> list[Verdict]:
    """A verdict on each arm against the first, which is the control."""
    control, *others = measured
    return [
        Verdict(
            remedies=found.arm.remedies,
            doses=found.arm.doses,
            gain=paired_gain(control.scores, found.scores, len(others), scale),
            share=found.share,
            cured=is_cured(found.evidence, treated) if found.share >= 1 else None,
            recipe=found.arm.recipe,
            measured=found,
        )
        for found in others
    ]


def is_cured(evidence: Evidence, treated: frozenset[str]) -> bool:
    """Whether none of the findings ``treated`` is left, minor ones aside."""
    left = diagnose_evidence(evidence)
    grave = {finding.name for finding in left if finding.severity != "minor"}
    return not grave & treated


def _standing(verdict: Verdict) -> tuple[bool, bool, float]:
    return verdict.share >= 1, verdict.gain.mean > 0, verdict.measured.mean


def chance_of(evidence: Evidence, metric: str) -> float:
    """Score of a constant prediction: by ``metric``, or −∞ where it is not known."""
    if metric == "balanced_accuracy" and evidence.task is not None:
        return 1.0 / max(1, len(evidence.task.classes))
    return -np.inf if evidence.chance is None else evidence.chance


def _price(verdict: Verdict) -> tuple[bool, int, int, float]:
    """What makes one of several equally good verdicts the better: cured, simple, cheap."""
    known = all_remedies()
    costs = sum(known[name].cost != "none" for name in verdict.remedies)
    return verdict.cured is not True, len(verdict.remedies), costs, -verdict.measured.mean
