"""Where cohorts are trained: here, on all devices, or by others (:mod:`jaram.searches.cluster`)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from jaram.searches.clock import Clock
from jaram.searches.cohort import Cohort, Saved, Work
from jaram.training.abreast import IsLate, abreast

Task = tuple[Cohort, Sequence[Work]]
"""A cohort and all that it is to train, which may be more than it has places for."""
Taker = Callable[[Sequence[Work], Sequence[Saved], float], None]
"""Is handed works, what came of them, and the seconds that each took."""


class Backend(Protocol):
    """Who trains."""

    @property
    def workers(self) -> int | None:
        """How many one cohort is shared among, a device each; None: it has the devices here."""

    def train(self, tasks: Sequence[Task], clock: Clock, take: Taker) -> None:
        """Train all works while there is time, and hand over each batch as it is done."""


class Here:
    """This process: cohorts side by side, a thread each."""

    workers: int | None = None

    def train(self, tasks: Sequence[Task], clock: Clock, take: Taker) -> None:
        """As :meth:`Backend.train`."""
        abreast(partial(_train, clock, take), tasks, clock.is_late)


def _train(clock: Clock, take: Taker, task: Task, is_late: IsLate) -> None:
    cohort, works = task
    for number, batch in enumerate(cohort.batches(works)):
        if not clock.may_begin(cohort.is_compiled) or (number and is_late()):
            return
        begun = time.perf_counter()
        saved = cohort.train(batch, is_late)
        take(batch, saved, (time.perf_counter() - begun) / len(batch))
