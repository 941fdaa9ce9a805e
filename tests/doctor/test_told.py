"""A treatment in words, from its record and in both languages."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from jaram.doctor.diagnosis import Diagnosis
from jaram.doctor.finding import Finding
from jaram.doctor.interval import paired_gain
from jaram.doctor.record import band, record_of
from jaram.doctor.told import before_told, is_settled, record_told, tried_told
from jaram.doctor.words import gain_told
from jaram.messages import LANGUAGES, Language
from made_up_treatments import (
    CONTROL,
    NOISE,
    SICK,
    TOO_HIGH,
    confirmation,
    measured,
    treatment,
    verdict,
)


def test_what_helped_is_told_with_its_figures() -> None:
    told = treatment().report("en")
    for part in (
        "accuracy on the validation part, 3 seeds each",
        "the recipe as it was",
        "lower the learning rate (÷ 100)",
        "96.0 %",
        "+64.0",
        "stopped at 25 %",
        "Accepted: lower the learning rate (÷ 100).",
        "From 3 fresh seeds the accuracy goes from 32.0 % to 95.0 %: +63.0",
        "Always the same answer reaches 40.0 %",
        "On 34 rows that the trial never used",
        "learning rate 10 → 0.1",
    ):
        assert part in told
    assert "Random search" not in told


def test_the_control_of_the_first_round_stands_above_the_remedies() -> None:
    lines = treatment().report("en").splitlines()
    (row,) = [line for line in lines if "as it was" in line]
    assert row.split()[-2:] == ["32.0", "%"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_is_told_from_the_record_alone(lang: Language) -> None:
    found = treatment(random=confirmation([0.9, 0.9, 0.9]))
    record = json.loads(json.dumps(record_of(found), allow_nan=False))
    assert record_told(record, lang) == found.report(lang)


def test_korean_is_korean() -> None:
    told = treatment().report("ko")
    for part in ("학습률 낮추기 (÷ 100)", "채택한 처방", "새 시드 3개", "검증 데이터의 정확도"):
        assert part in told
    assert "remedy" not in told


def test_no_remedy_helped_is_a_verdict() -> None:
    tried = [verdict([0.31, 0.33, 0.31], "lower_learning_rate")]
    told = treatment(verdicts=tried).report("en")
    assert "No remedy helped: of 1 tried, none raised the accuracy for sure" in told
    assert "Changed" not in told


def test_a_winner_that_does_not_hold_is_no_remedy() -> None:
    tried = [verdict([0.95, 0.96, 0.97], "lower_learning_rate")]
    told = treatment(verdicts=tried, confirmed=confirmation([0.2, 0.5, 0.3])).report("en")
    assert "did not hold on 3 fresh seeds" in told
    assert "stays as it was" in told


def test_nothing_found_is_nothing_to_treat() -> None:
    assert "Nothing to treat" in treatment(Diagnosis(()), verdicts=[]).report("en")


def test_findings_without_a_remedy_for_this_recipe_are_told() -> None:
    assert "none of those for these findings applies" in treatment(verdicts=[]).report("en")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_treatment_before_is_told_in_a_line(lang: Language) -> None:
    helped = record_of(treatment()) | {"runs": {"before": ".", "after": "../well"}}
    place = Path("runs/sick")
    unhelped = record_of(treatment(verdicts=[verdict([0.3, 0.3, 0.3], "lower_learning_rate")]))
    untried = record_of(treatment(verdicts=[]))
    told = [before_told(record, place, lang) for record in (helped, unhelped, untried)]
    assert str(Path("runs/well")) in told[0]
    treated = helped | {"runs": {"before": "../sick", "after": "."}}
    told.append(before_told(treated, Path("runs/well"), lang))
    assert len(set(told)) == 4
    assert not any("\n" in line for line in told)
    assert [is_settled(record) for record in (helped, unhelped, untried, treated)] == [
        True,
        True,
        False,
        False,
    ]


def test_a_trial_cut_short_is_no_verdict() -> None:
    tried = [verdict([0.95, 0.96, 0.97], "lower_learning_rate", share=0.3)]
    told = treatment(verdicts=tried).report("en")
    assert "before any remedy was trained to its end" in told
    assert "No remedy helped" not in told


def test_an_illness_of_the_data_is_told_with_its_rows() -> None:
    found = treatment(Diagnosis((NOISE,)), verdicts=[], untreatable="label_noise")
    record = record_of(found) | {"of_data": ["label_noise"]}
    told = record_told(record, "en")
    assert "Not treated: wrong labels (an illness of the data, which no recipe cures)." in told
    assert "(row 1 is the first row of the data): 8 (cat, more like dog), 4 (dog" in told
    assert "Nothing to treat" not in told
    assert "cat" in record_told(record, "ko")
    assert "cat" not in record_told(record, "en", after_the_findings=True)


def test_rounds_are_explained_where_there_was_more_than_one() -> None:
    assert "round" not in treatment().report("en")
    second = verdict([0.99, 0.99, 0.99], "lower_learning_rate", "add_l2")
    gain = paired_gain(np.array([0.95, 0.96, 0.97]), second.measured.scores)
    later = dataclasses.replace(second, gain=gain)
    first = verdict([0.95, 0.96, 0.97], "lower_learning_rate")
    told = treatment(verdicts=[later, first], confirmed=confirmation([0.9, 0.9, 0.9])).report("en")
    assert "Each round begins with the best of the one before" in told
    assert "32.0 %" in told  # the recipe as it was, not what the second round began with


def test_a_score_that_is_no_share_is_no_percentage() -> None:
    told = treatment(metric="r2").report("en")
    assert "R² on the validation part" in told
    assert "0.950" in told


def test_what_was_tried_against_a_finding() -> None:
    record = record_of(treatment())
    told = tried_told(TOO_HIGH, record, "en")
    assert told is not None
    assert told.startswith("Tried and accepted: lower the learning rate (÷ 100): +63.0")
    # What cured the training treated its other findings, too; but not what no recipe treats.
    assert tried_told(Finding("plateau", "notable", {}, ("more_epochs",)), record, "en") == told
    assert tried_told(NOISE, record, "en") is None
    unhelped = record_of(treatment(verdicts=[verdict([0.3, 0.3, 0.3], "lower_learning_rate")]))
    told = tried_told(TOO_HIGH, unhelped, "en")
    assert told is not None
    assert told.startswith("Tried: lower the learning rate")
    assert tried_told(Finding("plateau", "notable", {}, ("add_l2",)), unhelped, "en") is None


def test_one_seed_has_no_interval() -> None:
    gain = paired_gain(np.array([0.5]), np.array([0.6]))
    found = verdict([0.5, 0.5, 0.5], "add_l2")
    record = record_of(treatment(verdicts=[dataclasses.replace(found, gain=gain)]))
    told = record["verdicts"][0]["gain"]
    assert (told["low"], told["high"]) == (None, None)
    assert gain_told(told, "en") == "+10.0"


def test_a_band_is_the_mean_and_deviation_of_those_in_training() -> None:
    found = band(measured([0.4, 0.8, 0.8, 1.2]).curves)
    # In the fourth epoch a quarter of the members was left, which is too few to go on.
    assert found["epochs"] == [1, 2, 3]
    assert found["mean"] == pytest.approx([0.2, 0.4, 0.6])
    deviation = np.std([0.1, 0.2, 0.2, 0.3], ddof=1)
    assert found["sd"] == pytest.approx(deviation * np.array([1, 2, 3]), rel=1e-4)


@pytest.mark.parametrize("curves", [np.full((3, 4), np.nan), np.zeros((3, 0))])
def test_a_band_of_nothing_is_empty(curves: np.ndarray) -> None:
    assert band(curves) == {"epochs": [], "mean": [], "sd": []}


def test_a_long_band_is_thinned() -> None:
    found = band(np.tile(np.arange(1000.0), (3, 1)))
    assert len(found["epochs"]) == 200
    assert (found["epochs"][0], found["epochs"][-1]) == (1, 1000)
    assert found["mean"][-1] == 999


def test_a_record_holds_the_diagnosis_and_both_recipes() -> None:
    record = record_of(treatment())
    assert record["diagnosis"]["findings"][0]["name"] == "learning_rate_too_high"
    assert "10.0" in record["before"]
    assert "0.1" in record["after"]
    assert record["confirmation"]["control"]["scores"] == CONTROL.scores.tolist()
    assert record_of(treatment(SICK, verdicts=[]))["after"] is None
