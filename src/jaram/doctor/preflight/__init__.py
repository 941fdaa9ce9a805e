"""The pre-flight: what is wrong with a training before its first step.

It refuses what can't mean anything, and finds what can run but will mislead or fail. Each rule is
one decorated function in :mod:`jaram.doctor.preflight.rules`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jaram.doctor.finding import Finding, by_severity
from jaram.doctor.preflight.facts import Facts
from jaram.doctor.preflight.registry import all_rules

if TYPE_CHECKING:
    from jaram.data.data import Data
    from jaram.data.prepare import Prepared
    from jaram.recipe import Recipe

__all__ = ["preflight"]


def preflight(recipe: Recipe, prepared: Prepared, data: Data) -> tuple[Finding, ...]:
    """What to warn about before training ``recipe`` (completed) on ``prepared``, gravest first.

    Raises :class:`~jaram.errors.PreflightError` for a training that could not mean anything. Rules
    that cost more than a pass over the data look at a sample of its rows, the same every time:
    10,000 × 20 takes some milliseconds, 2,000,000 × 30 under half a second.
    """
    facts = Facts(recipe, prepared, data)
    refusals, warnings = all_rules()
    for refuse in refusals:
        refuse(facts)
    return by_severity(tuple(found for warn in warnings for found in warn(facts)))
