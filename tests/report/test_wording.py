"""Findings and choices in words, also when this version does not know them."""

from __future__ import annotations

import made_up_runs
import pytest

import made_up_treatments
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


def test_the_findings_of_a_diagnosis_are_told_with_their_symptoms(evidence_with) -> None:  # type: ignore[no-untyped-def]
    told = made_up_treatments.SICK.to_json()
    before = [{"name": "rare_class", "severity": "minor"}]
    evidence = evidence_with(findings=before, diagnosis=told)
    (finding,) = wording.findings(evidence)
    assert finding["name"] == "learning_rate_too_high"
    assert len(finding["symptoms"]) == 2
    assert finding["picture"] == {
        "epochs": [1, 2, 3, 4],
        "lines": [
            {"label": {"en": "train loss", "ko": "학습 손실"}, "values": [1.0, 3.0, 2.0, 4.0]}
        ],
        "mark": 2.0,
    }
    assert [name["ko"] for name in wording.unknown(evidence)] == ["데이터 누수", "잘못된 레이블"]


def test_a_finding_without_a_picture_takes_that_of_a_symptom(evidence_with) -> None:  # type: ignore[no-untyped-def]
    told = made_up_treatments.SICK.to_json()
    del told["findings"][0]["picture"]
    (finding,) = wording.findings(evidence_with(diagnosis=told))
    assert finding["picture"]["lines"][0]["label"]["en"] == "1 dense"


def test_numbers_stand_in_words_and_only_once(evidence_with) -> None:  # type: ignore[no-untyped-def]
    seen = {"epochs": 1, "steps": 36, "late": 0.34, "start": 1.0647, "loss": 1.7e308, "odd": [1]}
    found = {"name": "too_few_epochs", "severity": "grave", "evidence": seen}
    (finding,) = wording.findings(evidence_with(findings=[found]))
    assert finding["numbers"]["en"] == "36 steps · training loss at the start 1.06"
    assert finding["numbers"]["ko"] == "36스텝 · 시작할 때의 학습 손실 1.06"
    brief = found | {"case": "brief"}  # whose sentence names the steps
    (finding,) = wording.findings(evidence_with(findings=[brief]))
    assert finding["numbers"]["en"] == "training loss at the start 1.06"


def test_rows_to_look_at_are_counted_from_1(evidence_with) -> None:  # type: ignore[no-untyped-def]
    noise = made_up_treatments.NOISE.to_json()
    (finding,) = wording.findings(evidence_with(findings=[noise]))
    assert "8 (cat, more like dog)" in finding["rows"]["en"]
    assert "the most doubtful: 8, 4, 42" in finding["what"]["en"]
    assert finding["numbers"]["en"] == ""


@pytest.mark.parametrize(
    "picture",
    [
        7,
        {},
        {"lines": {"a": [1, 2]}, "epochs": [1]},
        {"lines": {"a": [None]}, "epochs": [1]},
        {"lines": {"a": [1]}, "epochs": ["x"]},
        {"lines": [1], "epochs": 3},
    ],
)
def test_a_damaged_picture_is_left_out(picture: object, evidence_with) -> None:  # type: ignore[no-untyped-def]
    told = {"findings": [{"name": "plateau", "severity": "grave", "picture": picture}]}
    (finding,) = wording.findings(evidence_with(diagnosis=told))
    assert finding["picture"] is None


@pytest.mark.parametrize(
    "diagnosis", [7, [], {"findings": 7}, {"findings": [{}], "symptoms": 1, "unknown": 3}]
)
def test_a_damaged_diagnosis_is_told_as_far_as_it_goes(diagnosis: object, evidence_with) -> None:  # type: ignore[no-untyped-def]
    evidence = evidence_with(diagnosis=diagnosis)
    assert len(wording.findings(evidence)) <= 1
    assert wording.unknown(evidence) == []
