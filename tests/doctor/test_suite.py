"""The suite of seeded illnesses is whole: every finding in both halves, and nothing in both."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "benchmarks" / "doctor"))

from bodies import BODIES, sections
from cases import CONSEQUENCES
from sets import SETS, SHARED
from suite import ILLNESSES, MISTAKES, cases_of

from jaram.doctor.registry import all_definitions


def test_no_set_is_in_both_halves() -> None:
    used = {
        half: {body.set for body in bodies.values()} | {line[0] for line in healthy[half]}
        for healthy in [sections("healthy.txt")]
        for half, bodies in BODIES.items()
    }
    assert not used["tune"] & used["held"]
    assert used["tune"] <= set(SETS["tune"])
    assert used["held"] <= set(SETS["held"])


def test_every_finding_is_seeded() -> None:
    assert set(ILLNESSES) == set(all_definitions())
    assert set(CONSEQUENCES) <= set(ILLNESSES)


@pytest.mark.parametrize("half", ["tune", "held"])
def test_every_case_differs_from_its_twin(half: str) -> None:
    if not SHARED.is_dir():
        pytest.skip("the folder of real tables is not here")
    cases = cases_of(half)
    assert len({case.name for case in cases}) == len(cases)
    for case in cases:
        same_data = case.data is case.twin_data
        assert case.recipe != case.twin_recipe or not same_data, case.name
        assert {case.illness, *case.accepts, *case.also} <= set(ILLNESSES), case.name
    assert min(Counter(case.illness for case in cases).values()) >= 8


def test_a_mistake_names_bodies_of_each_half() -> None:
    for mistake in MISTAKES:
        tune, held = (names.split() for names in mistake.on.split("|"))
        assert set(tune) <= set(BODIES["tune"]), mistake.name
        assert set(held) <= set(BODIES["held"]), mistake.name
