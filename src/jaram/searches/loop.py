"""The loop of a search: ask the strategy, train what it asked for, ask again.

A round is one answer of the strategy. Trial i is the same whoever trains beside it, and what is
already on record is not trained again; so an interrupted search goes on with the same trials.
"""

from __future__ import annotations

import dataclasses
import math
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from jaram.data.data import Data
from jaram.data.options import PrepareOptions
from jaram.data.prepare import Prepared
from jaram.errors import UsageError
from jaram.runs.candidates import candidates_of
from jaram.searches import files
from jaram.searches.backend import Backend, Taker
from jaram.searches.clock import Clock
from jaram.searches.cohort import Entry, Saved, Work, reached, structure_of
from jaram.searches.programs import Layout, Program, Programs
from jaram.searches.space import Space
from jaram.searches.strategies import STRATEGIES
from jaram.searches.strategies.ask import Ask
from jaram.searches.study import Settings, Trial

MOST_WAVE = 1024
"""Trials in training at once, at most."""

Key = tuple[int, int]
"""A trial and its rung."""


class SearchReport(NamedTuple):
    """What is known after a group of trials: how many of how many, the best score so far."""

    done: int
    trials: int
    best: float
    seconds: float


Watcher = Callable[[SearchReport], None]
Follow = Callable[[Sequence[Trial]], None]
"""Is handed all records after each round."""


@dataclasses.dataclass(frozen=True, eq=False)
class Job:
    """An ask ready for training. source: whose state at which rung it goes on from, if any."""

    ask: Ask
    entry: Entry
    values: dict[str, Any]
    source: Key | None

    @property
    def key(self) -> Key:
        return self.ask.trial, self.ask.rung

    @property
    def until(self) -> int:
        """The epoch it is trained up to."""
        return math.ceil(self.ask.share * (self.entry.recipe.epochs or 1))


class Loop:
    """The rounds of one search.

    known: records of an earlier search of the same trials. memory: bytes that trials in training,
    and again at most half as much that those at rest between rounds, may take. clock: the time for
    the trials. backend: who trains.
    """

    def __init__(
        self,
        space: Space,
        data: Data,
        prepared: dict[PrepareOptions, Prepared],
        settings: Settings,
        memory: int,
        folder: Path | None,
        clock: Clock,
        backend: Backend,
        progress: Watcher,
        follow: Follow,
    ) -> None:
        self.space, self.data, self.prepared = space, data, prepared
        self.settings, self.memory, self.folder = settings, memory, folder
        self.clock, self.backend = clock, backend
        self.progress, self.follow = progress, follow
        self.lock = threading.Lock()
        self.known: Mapping[Key, Trial] = {}
        if folder is not None and files.is_study(folder):
            self.known = {(one.number, one.rung): one for one in files.recorded(folder)}
        self.told: list[Trial] = []
        self.latest: dict[int, Trial] = {}
        self.jobs: dict[Key, Job] = {}
        self.at_rest: dict[Key, Saved] = {}
        self.woken: set[Key] = set()
        self.programs = Programs(Layout(settings.seeds, clock, backend.workers))

    def run(self) -> tuple[Trial, ...]:
        """All rounds; every record, the last of each trial with what became of it."""
        strategy = STRATEGIES[self.settings.strategy]
        asks: list[Ask] = []
        while not self.clock.is_late() and (
            asks := strategy.ask(self.space, self.settings, tuple(self.told))
        ):
            jobs = self.ready(asks)
            if self.folder is not None and not files.is_study(self.folder):
                files.begin(self.folder, self.space, self.settings)  # nothing is wrong with it
            found = self.train_round(jobs)
            self.told += [found[job.key] for job in jobs if job.key in found]
            self.follow(self.told)
            if any(job.key not in found or found[job.key].status == "cut" for job in jobs):
                break
            self.make_room()
        return tuple(self.ended(asks))

    def ready(self, asks: Sequence[Ask]) -> list[Job]:
        """What was asked, in the order of the trials, with recipes completed and checked."""
        asks = sorted(asks, key=lambda ask: ask.trial)
        drawn = [self.space.at(np.array(ask.point)) for ask in asks]
        candidates = candidates_of([one.recipe for one in drawn], self.data, self.prepared)
        jobs = []
        for ask, one, candidate in zip(asks, drawn, candidates, strict=True):
            entry = Entry(ask.trial, candidate.recipe, candidate.prepared)
            jobs.append(Job(ask, entry, one.values, self.source(ask)))
        self.jobs |= {job.key: job for job in jobs}
        for job in jobs:
            self.require_alike(job)
        return jobs

    def source(self, ask: Ask) -> Key | None:
        """Whose state at which rung a trial goes on from; None from the start."""
        if ask.parent is not None:
            return ask.parent, self.latest[ask.parent].rung
        return (ask.trial, ask.rung - 1) if ask.rung else None

    def require_alike(self, job: Job) -> None:
        """Raise UsageError where a job would go on from a state of another structure."""
        if job.source is None:
            return
        if structure_of(self.jobs[job.source].entry) != structure_of(job.entry):
            raise UsageError("search.other_structure", trial=job.ask.trial, parent=job.source[0])

    def train_round(self, jobs: Sequence[Job]) -> dict[Key, Trial]:
        """What came of each job, from the record or trained now; those never begun left out."""
        before = {job.ask.trial: self.latest.get(job.ask.trial) for job in jobs}
        found = {job.key: self.known[job.key] for job in jobs if job.key in self.known}
        self.note(list(found.values()))

        def take(works: Sequence[Work], saved: Sequence[Saved], seconds: float) -> None:
            trials = [
                self.trial(work, one, seconds, before[work.entry.trial])
                for work, one in zip(works, saved, strict=True)
            ]
            with self.lock:
                found.update({(trial.number, trial.rung): trial for trial in trials})
                if self.folder is not None:
                    files.append(self.folder, trials)
            self.note(trials)

        for wave in self.laid_out(jobs):
            missing = [job for job in wave if job.key not in found]
            if self.clock.is_late() and self.latest:
                break
            self.wake([job.source for job in missing if job.source is not None])
            self.train(missing, take)
        return found

    def laid_out(self, jobs: Sequence[Job]) -> list[list[Job]]:
        """Jobs in waves, with programs that have places for them.

        Of all jobs, those on record too: so a search that is gone on with is laid out as it was.
        """
        self.programs.assign([(job.entry, job.until) for job in jobs])
        waves = self.waves(jobs)
        for wave in waves:
            wanted = Counter(self.programs.of(job.entry) for job in wave)
            for program, trials in wanted.items():
                program.provide(trials, is_alone=len(wanted) == 1)
        return waves

    def wake(self, keys: Sequence[Key]) -> None:
        """Train anew, as they were trained before, the states that are not at rest any more."""
        jobs = [self.jobs[key] for key in sorted(set(keys)) if key not in self.at_rest]
        if jobs:
            self.woken |= {job.key for job in jobs}
            self.wake([job.source for job in jobs if job.source is not None])
            self.train(jobs, lambda *_: None)

    def train(self, jobs: Sequence[Job], take: Taker) -> None:
        """Train jobs, structures side by side, and lay their states to rest."""
        groups: dict[Program, list[Work]] = {}
        for job in jobs:
            if job.source is None or job.source in self.at_rest:  # not where it became late
                start = None if job.source is None else self.at_rest[job.source]
                work = Work(job.key, job.entry, start, job.until)
                groups.setdefault(self.programs.of(job.entry), []).append(work)
        # The most trials first: they are what a budget should go to, and the longest to wait for.
        ordered = sorted(groups.items(), key=lambda group: len(group[1]), reverse=True)
        tasks = [(program.cohort(), works) for program, works in ordered]

        def rest(works: Sequence[Work], saved: Sequence[Saved], seconds: float) -> None:
            with self.lock:
                self.at_rest |= {
                    work.key: one
                    for work, one in zip(works, saved, strict=True)
                    if one.done >= work.until and self.goes_on(work.key)
                }
            take(works, saved, seconds)

        self.backend.train(tasks, self.clock, rest)

    def goes_on(self, key: Key) -> bool:
        """Whether a state may be asked on: of a trial trained whole only where one was."""
        return self.jobs[key].ask.share < 1 or key in self.woken

    def trial(self, work: Work, saved: Saved, seconds: float, before: Trial | None) -> Trial:
        """The record of a trial at a rung. seconds: of this rung; before: its last record."""
        job = self.jobs[work.key]
        came = reached(work, saved, self.settings.metric, self.settings.worst)
        begun = 0 if work.start is None else work.start.epochs
        return Trial(
            number=job.ask.trial,
            point=job.ask.point,
            values=job.values,
            scores=came.scores,
            loss=came.loss if np.isfinite(came.loss) else None,
            epochs=saved.epochs - begun + (0 if before is None else before.epochs),
            seconds=seconds + (0.0 if before is None else before.seconds),
            rung=job.ask.rung,
            share=job.ask.share,
            status=came.ending,
            parent=job.ask.parent,
            curve=came.curve,
            ends=came.ends,
        )

    def note(self, trials: Sequence[Trial]) -> None:
        """Keep what trials came to, and tell who watches."""
        with self.lock:
            self.latest |= {trial.number: trial for trial in trials}
            best = max((trial.score for trial in self.latest.values()), default=np.nan)
            if trials:
                self.progress(
                    SearchReport(
                        done=len(self.latest),
                        trials=self.settings.trials,
                        best=best,
                        seconds=self.clock.seconds,
                    )
                )

    def waves(self, jobs: Sequence[Job]) -> list[list[Job]]:
        """Jobs in the order of their trials, as many together as there is memory for."""
        waves: list[list[Job]] = []
        held = 0
        for job in jobs:
            size = self.settings.seeds * self.programs.of(job.entry).member_bytes
            if not waves or len(waves[-1]) == MOST_WAVE or held + size > self.memory:
                waves.append([])
                held = 0
            waves[-1].append(job)
            held += size
        return waves

    def make_room(self) -> None:
        """Keep the states that may be asked on: of unfinished trials the latest, the best first."""
        latest = sorted(self.latest.values(), key=lambda trial: trial.rank, reverse=True)
        kept: dict[Key, Saved] = {}
        held = 0
        for trial in latest:
            key = trial.number, trial.rung
            if trial.status == "done" and trial.share < 1 and key in self.at_rest:
                held += self.at_rest[key].nbytes
                if held > self.memory // 2:
                    break
                kept[key] = self.at_rest[key]
        self.at_rest = kept

    def ended(self, asks: Sequence[Ask]) -> list[Trial]:
        """Every record; trials that were not trained whole are dropped, or cut if they were among
        the last that were asked for when the time was over."""
        cut = {ask.trial for ask in asks}
        for number, trial in self.latest.items():
            if trial.status == "done" and trial.share < 1:
                status = "cut" if number in cut else "dropped"
                self.latest[number] = dataclasses.replace(trial, status=status)
        keys = {(trial.number, trial.rung): trial for trial in self.latest.values()}
        return [keys.get((trial.number, trial.rung), trial) for trial in self.told]
