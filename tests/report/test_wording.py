"""Findings and choices in words, also when this version does not know them."""

from __future__ import annotations

import made_up_runs
import pytest

from jaram.report import wording
from jaram.report.evidence import read_evidence


@pytest.fixture
def evidence_with(tmp_path):  # type: ignore[no-untyped-def]
    def make(**run: object):  # type: ignore[no-untyped-def]
        made_up_runs.write_json(tmp_path / "run.json", run)
        return read_evidence(tmp_path)

    return make


def test_an_unknown_finding_goes_by_its_name(evidence_with) -> None:  # type: ignore[no-untyped-def]
    evidence = evidence_with(findings=[{"name": "no_such_thing", "severity": "odd"}, "not a table"])
    (finding,) = wording.findings(evidence)
    assert finding["what"] == {"en": "no such thing", "ko": "no such thing"}
    assert finding["severity"] == "minor"
    assert finding["why"]["en"] == ""


def test_a_choice_gives_its_reason_in_both_languages(evidence_with) -> None:  # type: ignore[no-untyped-def]
    values = {"where": "a.toml", "detail": "b", "lang": "clashes with nothing"}
    choices = [
        {"field": "a", "value": 1, "key": "recipe.unreadable", "values": values},
        {"field": "b", "value": 2, "key": "recipe.unreadable", "values": {}},
        {"field": "c", "value": 3, "key": "no_room.at_all"},
        {"field": "d", "value": 4},
    ]
    told = wording.choices(evidence_with(choices=choices))
    assert [choice["field"] for choice in told] == ["a", "b", "c", "d"]
    assert [choice["why"]["en"] for choice in told[1:]] == ["", "", ""]
