"""The search: recipes drawn from a space, trained as populations, compared on the validation part.

The test part is never read here. Trial i is the same whoever trains beside it, so an interrupted
search goes on with the same trials.
"""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from jaram.data.data import Data
from jaram.data.options import PrepareOptions
from jaram.data.prepare import Prepared
from jaram.doctor.patient import score_name
from jaram.doctor.trial import WORST
from jaram.doctor.words import SHARES
from jaram.errors import RunError, UsageError
from jaram.messages.nearest import suggestion
from jaram.recipe import Recipe
from jaram.runs.fingerprint import fingerprint_of
from jaram.runs.run import Run
from jaram.runs.train import as_data, candidates_of, train
from jaram.searches import files
from jaram.searches.chosen import default_space, varied
from jaram.searches.cohort import Cohort, Entry, Reached, grouped, member_bytes
from jaram.searches.draw import Points
from jaram.searches.space import Space
from jaram.searches.strategies import KEPT, STRATEGIES, Box, Strategy, zoomed
from jaram.searches.study import Confirmed, Settings, Study, Trial, winner_of
from jaram.training.abreast import IsLate, abreast

MEMORY_BYTES = 2 * 2**30
"""What all members in training at once may take; further trials wait for the next wave."""
MOST_WAVE = 1024
"""Trials in training at once, at most."""
SEARCHED = 0.75
"""Share of a budget for the trials; the rest is for the winner on fresh seeds."""
FRESH = 1_000_003
"""Where the seeds begin that no trial is chosen by."""


class SearchReport(NamedTuple):
    """What is known after a group of trials: how many of how many, the best score so far."""

    done: int
    trials: int
    best: float
    seconds: float


Watcher = Callable[[SearchReport], None]


def search(
    space: Recipe | Space | Mapping[str, Any] | None = None,
    data: Any = None,
    *,
    strategy: str = "random",
    trials: int = 64,
    seeds: int = 1,
    budget: float | None = None,
    seed: int = 0,
    out: str | Path | None = None,
    confirm: int = 5,
    progress: Watcher | None = None,
) -> Study:
    """Search a space of recipes for the one with the best validation score.

    space: a recipe with distributions in place of fields, or paths with distributions or their
        words (``{"optimizer.learning_rate": "log:1e-4..1"}``); None for a sensible one.
    data: what :func:`jaram.train` takes.
    strategy: a name in :data:`jaram.searches.strategies.STRATEGIES`.
    trials: how many recipes are drawn; seeds: how many times each is trained.
    budget: seconds for all of it.
    seed: of the drawing. out: a folder to write to as trials finish; one that holds the same search
        unfinished is gone on with.
    confirm: how many fresh seeds the winner is trained from again, 2 at least.

    Raises a subclass of :class:`~jaram.errors.JaramError` for wrong input, before the first step.
    """
    for name, value, least in (
        ("trials", trials, 1),
        ("seeds", seeds, 1),
        ("confirm", confirm, 2),
        ("seed", seed, 0),
    ):
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise UsageError("search.bad_count", name=name, least=least, value=value)
    if budget is not None and not (isinstance(budget, int | float) and budget > 0):
        raise UsageError("runs.bad_budget", value=budget)
    if strategy not in STRATEGIES:
        raise UsageError(
            "search.no_such_strategy",
            value=strategy,
            known=", ".join(STRATEGIES),
            suggestion=suggestion(str(strategy), STRATEGIES),
        )
    if isinstance(space, Data | str | Path):
        raise UsageError("runs.swapped", got=type(space).__name__)
    loaded = as_data(data)
    found = space_of(space, loaded)
    prepared: dict[PrepareOptions, Prepared] = {}
    settings = _settings(found, loaded, prepared, strategy, trials, seeds, seed)
    folder = None if out is None else Path(out)
    if folder is not None and files.is_study(folder):
        begun = files.open_study(folder)
        _require_same(begun, found, settings, folder)
        if begun.confirmed is not None:
            return begun
        files.repair(folder)
    under_way = _Search(found, loaded, prepared, settings, folder, budget, progress)
    under_way.run()
    return under_way.concluded(confirm)


def space_of(space: Recipe | Space | Mapping[str, Any] | None, data: Data) -> Space:
    """The space that was meant, with what it leaves out chosen from the data."""
    if isinstance(space, Space):
        return space
    if space is None:
        return default_space(data)
    if isinstance(space, Recipe):
        return Space(space)
    if not isinstance(space, Mapping):
        raise UsageError("search.not_a_space", value=space)
    return Space(varied(Recipe(), space, data))


def _settings(
    space: Space,
    data: Data,
    prepared: dict[PrepareOptions, Prepared],
    strategy: str,
    trials: int,
    seeds: int,
    seed: int,
) -> Settings:
    middle = space.at(np.full(len(space.dimensions), 0.5)).recipe
    found = candidates_of([middle], data, prepared)[0].prepared
    if found.valid is None or not len(found.valid):
        raise UsageError("search.needs_validation")
    metric = score_name(found.task)
    return Settings(
        strategy=strategy,
        trials=trials,
        seeds=seeds,
        seed=seed,
        metric=metric,
        part="valid",
        worst=WORST.get(metric, 0.0),
        rows=len(found.valid) if metric in SHARES else None,
        fingerprint=fingerprint_of(found),
    )


def _require_same(begun: Study, space: Space, settings: Settings, folder: Path) -> None:
    """Raise RunError unless ``begun`` is the search asked for."""
    asked = dataclasses.asdict(settings)
    other = [
        name for name, value in dataclasses.asdict(begun.settings).items() if value != asked[name]
    ]
    if begun.space != space:
        other.insert(0, "space")
    if other:
        raise RunError("search.other_study", path=str(folder), differs=", ".join(other))


class _Search:
    """One search under way."""

    def __init__(
        self,
        space: Space,
        data: Data,
        prepared: dict[PrepareOptions, Prepared],
        settings: Settings,
        folder: Path | None,
        budget: float | None,
        progress: Watcher | None,
    ) -> None:
        self.space, self.settings = space, settings
        self.data, self.prepared = data, prepared
        self.folder, self.budget = folder, budget
        self.progress = progress or (lambda _: None)
        self.strategy: Strategy = STRATEGIES[settings.strategy]
        self.started = time.perf_counter()
        self.lock = threading.Lock()
        self.known = (
            {(trial.number, trial.rung): trial for trial in files.recorded(folder)}
            if folder is not None and files.is_study(folder)
            else {}
        )
        self.latest: dict[int, Trial] = {}
        self.drawn: dict[int, tuple[Any, dict[str, Any]]] = {}

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self.started

    def is_late(self) -> bool:
        """Whether the trials have used their share of the budget."""
        return self.budget is not None and self.seconds > SEARCHED * self.budget

    def run(self) -> None:
        """All stages of all trials."""
        box, first = Box.whole(self.space), 0
        for stage in range(self.strategy.stages):
            points = self.strategy.points(
                self.space, self.settings.seed, self.settings.trials, stage, box
            )
            entries = self.entries(points, first)
            if self.folder is not None and not files.is_study(self.folder):
                files.begin(self.folder, self.space, self.settings)  # nothing is wrong with it
            for wave in self.waves(entries):
                self.train_wave(wave)
                if self.is_late():
                    return
            first += len(points)
            seen = [trial for trial in self.latest.values() if trial.status != "cut"]
            seen.sort(key=lambda trial: trial.rank, reverse=True)
            box = zoomed(self.space, np.array([trial.point for trial in seen]))

    def entries(self, points: Points, first: int) -> list[Entry]:
        """Trials number ``first`` and on, at ``points``, ready for training."""
        drawn = [self.space.at(point) for point in points]
        ready = candidates_of([one.recipe for one in drawn], self.data, self.prepared)
        for number, (point, one) in enumerate(zip(points, drawn, strict=True), start=first):
            self.drawn[number] = point, one.values
        return [
            Entry(number, one.recipe, one.prepared) for number, one in enumerate(ready, start=first)
        ]

    def waves(self, entries: Sequence[Entry]) -> list[list[Entry]]:
        """Entries in the order of their numbers, as many together as there is memory for."""
        waves: list[list[Entry]] = []
        held = 0
        for entry in entries:
            size = member_bytes(entry) * self.settings.seeds
            if not waves or len(waves[-1]) == MOST_WAVE or held + size > MEMORY_BYTES:
                waves.append([])
                held = 0
            waves[-1].append(entry)
            held += size
        return waves

    def train_wave(self, wave: Sequence[Entry]) -> None:
        """Rung after rung, the better ones going on."""
        live, cohorts = list(wave), list[Cohort]()
        for rung in range(len(self.strategy.rungs)):
            missing = [entry for entry in live if (entry.trial, rung) not in self.known]
            for entry in live:
                if (entry.trial, rung) in self.known:
                    self.note([self.known[entry.trial, rung]], is_new=False)
            cohorts = self.cohorts(missing, cohorts)
            abreast(partial(self.advance, rung), cohorts, self.is_late)
            if self.is_late():
                self.cut(live, rung)
                return
            if rung + 1 < len(self.strategy.rungs):
                live = self.survivors(live)

    def cohorts(self, missing: Sequence[Entry], begun: Sequence[Cohort]) -> list[Cohort]:
        """Cohorts that hold ``missing``: those ``begun`` already, and new ones for the rest."""
        wanted = {entry.trial for entry in missing}
        going = [cohort for cohort in begun if wanted & set(cohort.entries)]
        held = {trial for cohort in going for trial in cohort.entries}
        for cohort in going:
            cohort.keep(wanted & set(cohort.entries))
        groups = grouped([entry for entry in missing if entry.trial not in held])
        return going + [
            Cohort(
                group,
                self.settings.seeds,
                self.settings.metric,
                self.settings.worst,
                is_alone=len(groups) == 1,
            )
            for group in groups
        ]

    def advance(self, rung: int, cohort: Cohort, is_late: IsLate) -> None:
        """Train a cohort to a rung and take note of what its trials came to."""
        share = self.strategy.rungs[rung]
        if is_late() and self.latest:
            return
        cohort.advance(share, is_late)
        live = [one for one in cohort.reached(share) if one.trial in cohort.live]
        self.note([self.trial(one, rung) for one in live], is_new=True)

    def trial(self, reached: Reached, rung: int) -> Trial:
        """What came of a trial, with what was drawn for it."""
        point, values = self.drawn[reached.trial]
        return Trial(
            number=reached.trial,
            point=tuple(float(share) for share in point),
            values=values,
            scores=reached.scores,
            loss=reached.loss if np.isfinite(reached.loss) else None,
            epochs=reached.epochs,
            seconds=reached.seconds,
            rung=rung,
            share=self.strategy.rungs[rung],
            status=reached.ending,
        )

    def note(self, trials: list[Trial], is_new: bool) -> None:
        """Keep what trials came to, on disk too, and tell who watches."""
        with self.lock:
            self.latest |= {trial.number: trial for trial in trials}
            if is_new and self.folder is not None:
                files.append(self.folder, trials)
            best = max((trial.score for trial in self.latest.values()), default=np.nan)
            report = SearchReport(len(self.latest), self.settings.trials, best, self.seconds)
            self.progress(report)

    def cut(self, live: Sequence[Entry], rung: int) -> None:
        """Mark those that the end of the budget found on their way."""
        is_last = rung + 1 == len(self.strategy.rungs)
        for entry in live:
            trial = self.latest.get(entry.trial)
            if trial is not None and trial.status == "done" and (trial.rung < rung or not is_last):
                self.latest[entry.trial] = dataclasses.replace(trial, status="cut")

    def survivors(self, live: Sequence[Entry]) -> list[Entry]:
        """The better third; the others are dropped."""
        ranked = sorted(live, key=lambda entry: self.latest[entry.trial].rank, reverse=True)
        count = max(1, -(-len(ranked) // KEPT))
        for entry in ranked[count:]:
            trial = self.latest[entry.trial]
            if trial.status == "done":
                self.latest[entry.trial] = dataclasses.replace(trial, status="dropped")
        return [entry for entry in ranked[:count] if self.latest[entry.trial].status != "diverged"]

    def concluded(self, confirm: int) -> Study:
        """The study, with the winner on fresh seeds."""
        trials = tuple(self.latest[number] for number in sorted(self.latest))
        winner = winner_of(trials)
        confirmed, best = None, None
        if winner is not None:
            confirmed, best = self.confirmed(winner, confirm)
        study = Study(
            space=self.space,
            settings=self.settings,
            trials=trials,
            confirmed=confirmed,
            best=best,
            seconds=self.seconds,
            folder=self.folder,
        )
        if self.folder is not None:
            files.conclude(study, self.folder)
        return study

    def confirmed(self, winner: Trial, count: int) -> tuple[Confirmed, Run]:
        """The winner from fresh seeds and in other minibatches, and the first of these runs."""
        recipe = self.space.at(np.array(winner.point)).recipe
        fresh = [
            dataclasses.replace(
                recipe,
                seed=(recipe.seed + FRESH + place) % 2**32,
                order_seed=recipe.order_seed + FRESH,
            )
            for place in range(count)
        ]
        left = None if self.budget is None else max(0.1 * self.budget, self.budget - self.seconds)
        runs = train(fresh, self.data, budget=left)
        scores = tuple(self.score(run) for run in runs)
        return Confirmed(winner.number, winner.score, scores), runs[0]

    def score(self, run: Run) -> float:
        """The score of a run's best epoch on the part that trials are compared by."""
        if not run.best_epoch:
            return self.settings.worst
        column = run.chronicle.columns[f"{self.settings.part}/{self.settings.metric}"]
        return max(self.settings.worst, float(column[run.best_epoch - 1]))
