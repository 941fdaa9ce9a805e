"""Care: a training that is watched by the doctor and treated on the way.

At a grave finding the training goes back to its last good state, tries the remedies for a few
epochs side by side, goes on with the best, and writes down what was done.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from jaram.data.prepare import Prepared, prepare
from jaram.defaults import complete
from jaram.doctor.diagnosis import Diagnosis, diagnose_evidence
from jaram.doctor.finding import Finding
from jaram.doctor.patient import score_name
from jaram.doctor.preflight import preflight
from jaram.doctor.registry import all_definitions
from jaram.doctor.remedies.registry import all_remedies
from jaram.doctor.treatment import few_structures, remedies_for
from jaram.doctor.trial import Arm, Measured, Trainee, compared_part, restarted
from jaram.doctor.words import called, curve_name
from jaram.messages import Language, text
from jaram.progress import EpochReport, Progress, Silent
from jaram.recipe import Recipe
from jaram.runs import store
from jaram.runs.candidates import as_data, prepare_options
from jaram.runs.files import write_json
from jaram.runs.interruption import held_back
from jaram.runs.run import Run
from jaram.training.engine import Ending
from jaram.training.state import MemberState

if TYPE_CHECKING:
    from jaram.data.data import Data

LOOKS = 10
"""How often a training is looked at, beside when it diverges: each tenth of its epochs."""
FIRST_LOOK = 0.2
"""Share of the epochs before which a network that knows nothing yet is not called sick."""
TRIED = 0.2
"""Share of the epochs that each remedy is tried for."""
MOST_INTERVENTIONS = 3


@dataclasses.dataclass(frozen=True)
class Intervention:
    """One thing that was done on the way.

    epoch: when the finding was made. back_to: the epoch whose state was gone back to, 0 for the
    first weights. tried: remedy, dose and score of each arm, the recipe as it was (``""``) among
    them. chosen: remedies and doses of the one that went on; empty if that was the recipe as it
    was.
    """

    epoch: int
    finding: str
    back_to: int
    tried: tuple[tuple[str, str, float], ...]
    chosen: tuple[tuple[str, str], ...]
    metric: str

    def to_json(self) -> dict[str, Any]:
        """Plain values for ``care.json``."""
        return dataclasses.asdict(self)

    def told(self, lang: Language | None = None) -> list[str]:
        """What was found, what was tried and what went on, a line each."""
        known = all_remedies()
        taken = ", ".join(f"{known[name].title(lang)} {dose}".strip() for name, dose in self.chosen)
        control = next(score for name, _, score in self.tried if not name)
        best = max(score for _, _, score in self.tried)
        values = {
            "epoch": self.epoch,
            "finding": called(self.finding, lang),
            "back_to": self.back_to,
            "tried": len(self.tried) - 1,
            "metric": curve_name(self.metric, lang),
            "before": control,
            "after": best,
            "taken": taken,
        }
        ended = "doctor.care_went_on" if self.chosen else "doctor.care_nothing_better"
        return [text("doctor.care_found", lang=lang, **values), text(ended, lang=lang, **values)]


@dataclasses.dataclass(frozen=True, eq=False)
class Cared:
    """A run trained with care: the run, and what was done on the way."""

    run: Run
    log: tuple[Intervention, ...]


def train_with_care(
    recipe: Recipe | None = None,
    data: Any = None,
    *,
    out: str | Path | None = None,
    budget: float | None = None,
    progress: Progress | None = None,
) -> Cared:
    """Train one recipe, watched and treated on the way.

    recipe, data, out, budget, progress: as in :func:`jaram.train`. The run's recipe is the one that
    the training ended with; ``care.json`` in its folder tells how it came to that. A healthy
    training is the same as without care, bit for bit. On Ctrl-C the run is written with what it
    has.
    """
    folder = None if out is None else store.new_folder(Path(out))
    watch = _Watch(recipe or Recipe(), as_data(data), budget, progress or Silent())
    interrupted = False
    try:
        watch.train()
    except KeyboardInterrupt:
        interrupted = True
    finally:
        watch.progress.close()
    if interrupted and not watch.has_begun:  # not an epoch to keep
        raise KeyboardInterrupt
    with held_back():  # who presses it twice has not lost the training
        cared = Cared(watch.run(interrupted), tuple(watch.log))
        if folder is not None:
            cared = dataclasses.replace(cared, run=store.save(cared.run, folder))
            write_json(folder / "care.json", {"log": [done.to_json() for done in cared.log]})
    if interrupted:
        raise KeyboardInterrupt
    return cared


class _Watch:
    """A training under watch."""

    def __init__(self, recipe: Recipe, data: Data, budget: float | None, progress: Progress):
        self.started = time.perf_counter()
        self.budget = budget
        self.progress = progress
        self.data = data
        self.prepared = prepare(data, prepare_options(recipe))
        completed, self.choices = complete(recipe, self.prepared)
        self.notes: tuple[Finding, ...] = preflight(completed, self.prepared, data)
        self.metric = score_name(self.prepared.task)
        self.log: list[Intervention] = []
        self.trainee = Trainee(Arm(completed, self.prepared), [completed.seed], self.metric)
        self.good: tuple[MemberState, int, float] = (self.trainee.member(0), 0, -np.inf)
        self.next_look = FIRST_LOOK

    def is_over(self) -> bool:
        return self.budget is not None and time.perf_counter() - self.started > self.budget

    def train(self) -> None:
        """Train, and intervene where it has to be."""
        while True:
            found = self.watched()
            if found is None or len(self.log) == MOST_INTERVENTIONS or self.is_over():
                return
            self.intervene(found)

    @property
    def has_begun(self) -> bool:
        """Whether an epoch has ended."""
        return self.trainee.done > 0

    @property
    def has_diverged(self) -> bool:
        return bool(self.trainee.member(0).is_diverged)

    def watched(self) -> Finding | None:
        """Train on until the end (None) or a grave finding."""
        seen: list[Finding] = []

        def look() -> bool:
            self.tell()
            if not self.has_diverged:
                self.remember()
            if self.next_look <= self.trainee.share < 1:
                self.next_look = self.trainee.share + 1 / LOOKS
                seen.extend(grave_of(self.diagnosis()))
            return bool(seen) or self.is_over()

        self.trainee.advance(1.0, look)
        member = self.trainee.member(0)
        if not seen and (member.is_diverged or member.is_stopped):  # before a look was due
            seen.extend(grave_of(self.diagnosis()))
        return seen[0] if seen else None

    def tell(self) -> None:
        """Report the last epoch."""
        chronicle = self.trainee.chronicle(0)
        row = {name: float(values[-1]) for name, values in chronicle.columns.items()}
        best = int(self.trainee.member(0).best.epoch)
        seconds = time.perf_counter() - self.started
        epochs = self.trainee.group.epochs
        self.progress(EpochReport(chronicle.epochs, epochs, seconds, row, 1, best))

    def remember(self) -> None:
        """Keep the state if it is the best so far."""
        column = f"{compared_part(self.trainee.arm.prepared)}/loss"
        score = -float(self.trainee.chronicle(0).columns[column][-1])
        if np.isfinite(score) and score >= self.good[2]:
            self.good = (self.trainee.member(0), self.trainee.done, score)

    def diagnosis(self) -> Diagnosis:
        evidence = self.trainee.measure().evidence
        return diagnose_evidence(dataclasses.replace(evidence, notes=self.notes))

    def intervene(self, finding: Finding) -> None:
        """Go back, try the remedies, go on with the best."""
        base = self.trainee.arm
        chronicle = self.trainee.chronicle(0)
        state, done, _ = self.good
        past = chronicle.until(done, self.trainee.group.steps)
        arms = [base, *self.remedied(base)]
        trainees = restarted(arms, (base.recipe.seed,), self.metric, state, done, past)
        for trainee in trainees:
            trainee.advance(min(1.0, trainee.share + TRIED), self.is_over)
        tried = [(trainee, trainee.measure()) for trainee in trainees if trainee.done]
        best, chosen = max(tried, key=lambda entry: entry[1].mean)
        self.log.append(
            Intervention(
                epoch=chronicle.epochs,
                finding=finding.name,
                back_to=done,
                tried=tuple(_entry(found, base) for _, found in tried),
                chosen=_added(chosen, base),
                metric=f"{compared_part(base.prepared)}/{self.metric}",
            )
        )
        self.trainee = best
        self.good = (best.member(0), best.done, -np.inf)
        self.next_look = best.share + FIRST_LOOK

    def remedied(self, base: Arm) -> list[Arm]:
        """Arms for what is found now."""
        wanted = (*remedies_for(self.diagnosis()), "sound_defaults")
        known = all_remedies()
        arms = [
            self.arm(p.recipe, (*base.remedies, p.remedy), (*base.doses, p.dose))
            for name in dict.fromkeys(wanted)
            if name in known
            for p in known[name].prescriptions(base.recipe, base.prepared)
        ]
        return few_structures(arms, base)

    def arm(self, recipe: Recipe, remedies: Sequence[str], doses: Sequence[str]) -> Arm:
        options = prepare_options(recipe)
        base = self.trainee.arm
        same = options == prepare_options(base.recipe)
        prepared: Prepared = base.prepared if same else prepare(self.data, options)
        return Arm(recipe, prepared, tuple(remedies), tuple(doses))

    def run(self, interrupted: bool) -> Run:
        """What the training has come to."""
        found, member = self.trainee.measure(), self.trainee.member(0)
        ending: Ending = "completed"
        if interrupted:
            ending = "interrupted"
        elif member.is_diverged:
            ending = "diverged"
        elif not self.trainee.has_ended:
            ending = "budget"
        elif member.is_stopped:
            ending = "stopped"
        params, network_state = found.params[0]
        arm = found.arm
        return Run(
            recipe=arm.recipe,
            choices=() if arm.remedies else self.choices,
            task=arm.prepared.task,
            preparation=arm.prepared.preparation,
            summary=arm.prepared.summary,
            chronicle=self.trainee.chronicle(0),
            params=params,
            network_state=network_state,
            best_epoch=int(member.best.epoch),
            result=ending,
            findings=preflight(arm.recipe, arm.prepared, self.data),
            seconds=time.perf_counter() - self.started,
            input_shape=arm.prepared.input_shape,
            prepared=arm.prepared,
        )


def grave_of(diagnosis: Diagnosis) -> list[Finding]:
    """The grave findings that a recipe may treat."""
    of_data = {name for name, found in all_definitions().items() if found.of_data}
    return [
        finding
        for finding in diagnosis
        if finding.severity == "grave" and finding.name not in of_data
    ]


def _added(found: Measured, base: Arm) -> tuple[tuple[str, str], ...]:
    more = slice(len(base.remedies), None)
    return tuple(zip(found.arm.remedies[more], found.arm.doses[more], strict=True))


def _entry(found: Measured, base: Arm) -> tuple[str, str, float]:
    added = _added(found, base)
    name, dose = added[-1] if added else ("", "")
    return name, dose, found.mean
