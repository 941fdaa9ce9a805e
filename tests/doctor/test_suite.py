"""The suite of seeded illnesses is whole: every finding in each part, nothing in two of them."""

from __future__ import annotations

import sys
from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "benchmarks" / "doctor"))

from bodies import BODIES, sections
from cases import CONSEQUENCES, PARTS
from sets import SETS, SHARED
from suite import ILLNESSES, MISTAKES, cases_of

from jaram.doctor.registry import all_definitions


def test_no_set_is_in_two_parts() -> None:
    healthy = sections("healthy.txt")
    assert set(BODIES) == set(healthy) == set(SETS) == set(PARTS)
    used = {
        part: {body.set for body in bodies.values()} | {line[0] for line in healthy[part]}
        for part, bodies in BODIES.items()
    }
    for part, other in combinations(PARTS, 2):
        assert not used[part] & used[other]
    for part in PARTS:
        assert used[part] <= set(SETS[part])


def test_networks_and_update_rules_of_the_held_out_part_are_its_own() -> None:
    networks: dict[str, set[str]] = {part: set() for part in PARTS}
    rules: dict[str, set[str]] = {part: set() for part in PARTS}
    for part, lines in sections("healthy.txt").items():
        for _, of, ways in lines:
            networks[part] |= {network.strip() for network in of.split(";")}
            rules[part] |= {way.split(",")[0].strip() for way in ways.split(";")}
    for part, bodies in BODIES.items():
        networks[part] |= {body.hidden for body in bodies.values()}
        rules[part] |= {body.optimizer for body in bodies.values()}
    for part in ("tune", "seen"):
        assert not networks["held"] & networks[part]
        assert not rules["held"] & rules[part]


def test_every_finding_is_seeded() -> None:
    assert set(ILLNESSES) == set(all_definitions())
    assert set(CONSEQUENCES) <= set(ILLNESSES)


@pytest.mark.parametrize("part", PARTS)
def test_every_case_differs_from_its_twin(part: str) -> None:
    if not SHARED.is_dir():
        pytest.skip("the folder of real tables is not here")
    cases = cases_of(part)
    assert len({case.name for case in cases}) == len(cases)
    for case in cases:
        same_data = case.data is case.twin_data
        assert case.recipe != case.twin_recipe or not same_data, case.name
        assert {case.illness, *case.accepts, *case.also} <= set(ILLNESSES), case.name
    assert min(Counter(case.illness for case in cases).values()) >= 8


def test_a_mistake_names_bodies_of_each_part() -> None:
    for mistake in MISTAKES:
        columns = [names.split() for names in mistake.on.split("|")]
        for part, names in zip(PARTS, columns, strict=True):
            assert names and set(names) <= set(BODIES[part]), mistake.name
