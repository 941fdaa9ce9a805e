"""The programs of a search: which trials are trained by which."""

from __future__ import annotations

import math
import os
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from jaram.searches.clock import Clock
from jaram.searches.cohort import (
    Cohort,
    Entry,
    member_bytes,
    skeleton_of,
    structure_of,
)
from jaram.searches.frames import Frame, frame_of, holds
from jaram.searches.sharing import shared
from jaram.training.group import Group

GROWTH = 4
"""A program is compiled again, for more places, when so many times its places are wanted."""


@dataclass(frozen=True, eq=False)
class Layout:
    """What all programs of a search have in common. seeds: of each trial. workers: see
    :class:`~jaram.searches.backend.Backend`."""

    seeds: int
    clock: Clock
    workers: int | None = None


class Program:
    """The program of one structure or, with a frame, of several; compiled when it is wanted.

    entry: one of its trials. frame: what its structures differ in; None for one structure.
    """

    def __init__(self, entry: Entry, frame: Frame | None, layout: Layout) -> None:
        self.entry, self.frame, self.layout = entry, frame, layout
        self.member_bytes = member_bytes(entry, frame)
        self._places, self._is_alone = 0, False
        self._cohort: Cohort | None = None

    def provide(self, trials: int, is_alone: bool) -> None:
        """Have places for so many trials at once; ``is_alone``: no other program trains beside."""
        if trials > GROWTH * self._places:
            self._places, self._is_alone, self._cohort = trials, is_alone, None

    def cohort(self) -> Cohort:
        """What trains its trials."""
        if self._cohort is None:
            self._cohort = Cohort(
                self.entry,
                self._places,
                self.layout.seeds,
                is_alone=self._is_alone,
                frame=self.frame,
                is_hurried=self.layout.clock.is_hurried,
                workers=self.layout.workers,
            )
        return self._cohort


@dataclass(frozen=True, eq=False)
class Structure:
    """Trials of one structure: how many steps they are to train, all together."""

    mark: Hashable
    entry: Entry
    steps: int


class Programs:
    """Which program each structure has; it keeps it as long as the search goes."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._of: dict[Hashable, Program] = {}
        self._framed: dict[Hashable, list[Program]] = {}

    @property
    def structures(self) -> int:
        """How many have been assigned a program."""
        return len(self._of)

    def of(self, entry: Entry) -> Program:
        """The program of a trial that has been assigned one."""
        return self._of[structure_of(entry)]

    def assign(self, wanted: Sequence[tuple[Entry, float]]) -> None:
        """Give each structure that has none yet a program, for trials of so many epochs each.

        Structures that fit into a frame that there is join it; of the others those share a new one
        for which that is estimated to take less time than to compile each.
        """
        found: dict[Hashable, Structure] = {}
        for entry, epochs in wanted:
            mark = structure_of(entry)
            if mark not in self._of:
                before = found[mark].steps if mark in found else 0
                steps = _steps(entry, epochs) * self._layout.seeds
                found[mark] = Structure(mark, entry, before + steps)
        alike: dict[Hashable, list[Structure]] = {}
        for mark, one in found.items():
            bare = skeleton_of(one.entry)
            known = [p for p in self._framed.get(bare, []) if _fits(p, one.entry)]
            if bare is None:
                self._of[mark] = Program(one.entry, None, self._layout)
            elif known:
                self._of[mark] = known[0]
            else:
                alike.setdefault(bare, []).append(one)
        for bare, structures in alike.items():
            self._frame(bare, structures)

    def _frame(self, bare: Hashable, structures: Sequence[Structure]) -> None:
        """New programs for structures of one skeleton."""
        entry = structures[0].entry
        networks = [one.entry.recipe.network or () for one in structures]
        runs = shared(
            networks,
            [one.steps for one in structures],
            entry.prepared.input_shape[-1],
            Group((entry.recipe,), entry.prepared).batch_size,
            self._layout.clock.budget * (self._layout.workers or os.cpu_count() or 1),
        )
        for run in runs:
            frame = frame_of([networks[place] for place in run]) if len(run) > 1 else None
            program = Program(structures[run[0]].entry, frame, self._layout)
            self._framed.setdefault(bare, []).append(program)
            for place in run:
                self._of[structures[place].mark] = program


def _fits(program: Program, entry: Entry) -> bool:
    return program.frame is not None and holds(program.frame, entry.recipe.network or ())


def _steps(entry: Entry, epochs: float) -> int:
    return math.ceil(epochs) * Group((entry.recipe,), entry.prepared).steps
