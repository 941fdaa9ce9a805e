"""Findings as values: texts in both languages, JSON and back."""

from __future__ import annotations

import json

from jaram.doctor.finding import Finding, by_severity

LARGE = Finding("batch_too_large", "notable", {"batch_size": 64, "rows": 4}, ("smaller_batch",))


def test_the_evidence_fills_the_sentence() -> None:
    assert "64" in LARGE.message("en")
    assert "64" in LARGE.message("ko")
    assert LARGE.explain("en").split("\n") == [
        LARGE.message("en"),
        LARGE.reason("en"),
        LARGE.fix("en"),
    ]


def test_a_case_without_words_of_its_own_shares_those_of_the_name() -> None:
    left_out = Finding("constant_column", "minor", {"columns": ["a", "b"]}, case="left_out")
    assert "left out" in left_out.message("en")
    assert left_out.reason("en") == Finding("constant_column", "minor").reason("en")


def test_long_lists_are_shortened_in_the_sentence_only() -> None:
    names = [f"c{i}" for i in range(30)]
    finding = Finding("constant_column", "minor", {"columns": names})
    assert "c4, …" in finding.message("en")
    assert "c5" not in finding.message("en")
    assert finding.to_json()["evidence"]["columns"] == names


def test_json_and_back() -> None:
    for finding in (LARGE, Finding("leakage", "grave", {"columns": ["x"]}, case="number")):
        assert Finding.from_json(json.loads(json.dumps(finding.to_json()))) == finding


def test_gravest_first_and_stable() -> None:
    minor, grave, other = (
        Finding("a", "minor"),
        Finding("b", "grave"),
        Finding("c", "minor"),
    )
    assert by_severity((minor, grave, other)) == (grave, minor, other)
