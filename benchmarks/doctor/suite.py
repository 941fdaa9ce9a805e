"""The suite: every case of a part, and the healthy trainings."""

from __future__ import annotations

import mistakes_data
import mistakes_memory
import mistakes_rates
import mistakes_setup
import mistakes_several
from cases import Case

MISTAKES = [
    *mistakes_setup.TABLE,
    *mistakes_rates.TABLE,
    *mistakes_data.TABLE,
    *mistakes_several.TABLE,
    *mistakes_memory.TABLE,
]
ILLNESSES = tuple(dict.fromkeys(mistake.illness for mistake in MISTAKES))


def cases_of(part: str) -> list[Case]:
    """Every ill training of a part with its twin."""
    return [case for mistake in MISTAKES for case in mistake.cases(part)]
