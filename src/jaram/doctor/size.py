"""The network's size: whether it is too small for what simple models find in its own rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from jaram.doctor.course import best_of
from jaram.doctor.evidence import Evidence
from jaram.doctor.passage import frozen, mostly_dead, stepped, units, weighted

FEW_UNITS = 16
"""Units of the narrowest hidden layer below which a network that knows little is tried with
more."""


@dataclass(frozen=True, eq=False)
class Size:
    """What one training tells about the size of its network."""

    evidence: Evidence

    @property
    def is_too_small(self) -> bool:
        """Whether the network knows little of its own rows because it can't hold more."""
        return self.too_small is not None

    @cached_property
    def too_small(self) -> Literal["linear", "narrow"] | None:
        """In which way the network is too small; None if that is not why it knows little.

        ``"linear"``: it has no hidden layer, and what a linear model reaches is its limit.
        ``"narrow"``: tried with more units, the same training makes good half of what was missing,
        or more, and with three times the epochs it does not.
        """
        evidence, course = self.evidence, self.evidence.course
        reference = evidence.reference
        if reference is None or not self._is_in_question:
            return None
        if evidence.recipe is not None and len(weighted(evidence)) == 1:
            least, known = course.least_lack, best_of(evidence.curves.train_score)
            is_limit = reference.best - reference.linear > least
            return "linear" if is_limit and known >= reference.linear - least else None
        return "narrow" if self.roomier is not None and not self.needs_time else None

    @cached_property
    def fewest_units(self) -> int | None:
        """Units of the narrowest hidden layer with weights; None if there is none, or no recipe."""
        found = [units(self.evidence, place) for place in weighted(self.evidence)[:-1]]
        return min((one for one in found if one is not None), default=None)

    @cached_property
    def roomier(self) -> float | None:
        """The training score of the same training with more units, where there were few and it
        made good half of what was missing, or more; None otherwise."""
        examination, fewest = self.evidence.examination, self.fewest_units
        if examination is None or fewest is None or fewest >= FEW_UNITS:
            return None
        if not self._is_in_question:
            return None
        reached = examination.roomier_score(self._enough)
        return reached if reached is not None and reached >= self._enough else None

    @cached_property
    def needs_time(self) -> bool:
        """Whether what more units make good, three times the epochs make good, too."""
        examination = self.evidence.examination
        if self.roomier is None or examination is None:
            return False
        reached = examination.longer_score(self._enough)
        return reached is not None and reached >= self._enough

    @property
    def _enough(self) -> float:
        """The training score that makes good half of what was missing."""
        course, reference = self.evidence.course, self.evidence.reference
        assert reference is not None
        known = max(best_of(self.evidence.curves.train_score), 0.0)
        return known + max(course.least_lack, (reference.best - known) / 2)

    @cached_property
    def _is_in_question(self) -> bool:
        """Whether it knows little, nothing else explains that, and it has shown what it can hold:
        where a training has not gone far yet, more units learn faster, too."""
        course = self.evidence.course
        has_gone = course.reach is None or course.reach >= 1 or course.lack is None
        return course.knows_little and has_gone and not self._is_held_back

    @property
    def _is_held_back(self) -> bool:
        """Whether something else keeps the network's units from their work."""
        evidence = self.evidence
        if evidence.course.held_back_by is not None or frozen(evidence) or stepped(evidence):
            return True
        if evidence.vitals is None or not evidence.vitals.signs.size:
            return False
        return bool(mostly_dead(evidence, evidence.vitals["dead"][-1]).any())
