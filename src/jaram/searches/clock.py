"""The time that a search has."""

from __future__ import annotations

import math
import threading
import time

from jaram.searches.sharing import COMPILE_SECONDS
from jaram.training.compilations import compiled

HURRIED_SECONDS = 20.0
"""In a search shorter than this programs are compiled quickly: a good compilation takes a second
more of each, and makes it faster by a third."""


class Clock:
    """So many seconds from now, infinitely many if there is no budget."""

    def __init__(self, seconds: float = math.inf) -> None:
        self.budget = seconds
        self._started = time.perf_counter()
        self._before = compiled()
        self._has_begun = False
        self._lock = threading.Lock()

    @property
    def seconds(self) -> float:
        """How many have gone."""
        return time.perf_counter() - self._started

    @property
    def left(self) -> float:
        """How many are left."""
        return self.budget - self.seconds

    @property
    def is_hurried(self) -> bool:
        """Whether there is no time for good compilations."""
        return self.budget < HURRIED_SECONDS

    def is_late(self) -> bool:
        """Whether the time is over."""
        return self.left <= 0

    def may_begin(self, is_compiled: bool) -> bool:
        """Whether a batch of trials may be begun: the first always, later ones if the time is not
        over when their program is compiled, if it must be."""
        with self._lock:
            if not self._has_begun:
                self._has_begun = True
                return True
        return self.left > (0.0 if is_compiled else self._compile_seconds())

    def _compile_seconds(self) -> float:
        """What one more program takes: the mean of those so far, or the usual one."""
        found = compiled().since(self._before)
        return found.seconds / found.programs if found.programs else COMPILE_SECONDS
