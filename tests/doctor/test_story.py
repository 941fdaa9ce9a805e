"""Findings as stories for a terminal, also those of another version."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from jaram.doctor import story, words
from jaram.doctor.baselines import Reference
from jaram.doctor.diagnosis import Diagnosis
from jaram.doctor.evidence import Curves, Evidence
from jaram.doctor.finding import Finding, Picture
from jaram.doctor.registry import all_definitions
from jaram.messages import LANGUAGES, Language, entry
from made_up_treatments import NOISE, SICK, TOO_HIGH

HEALTHY = Diagnosis(())
CURVES = Curves(
    train_loss=np.array([1.0, 0.5]),
    valid_loss=np.array([1.0, 0.6]),
    train_score=np.array([0.5, 0.95]),
    valid_score=np.array([0.5, 0.9]),
    score_name="accuracy",
)


def compared(best: float) -> Evidence:
    """A training of 90 % where always the same answer gets 40 % and a simple model ``best``."""
    evidence = Evidence(CURVES, chance=0.4)
    # A cached property keeps what is put in its place.
    evidence.__dict__["reference"] = Reference(0.4, 0.5, best, 0.3, 0.01, 70)
    return evidence


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_finding_has_a_short_name(lang: Language) -> None:
    assert all_definitions()
    for name in all_definitions():
        assert entry("doctor", f"called_{name}")[lang]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_finding_of_another_version_goes_by_its_name(lang: Language) -> None:
    strange = Finding("sleepy_neurons", "notable", symptoms=("bored_weights",))
    assert words.what(strange, lang) == "sleepy neurons"
    assert words.why(strange, lang) == words.fix(strange, lang) == ""
    assert "bored weights" in story.symptoms(strange, lang)
    assert words.remedy_called("sing_to_it", lang) == "sing to it"


def test_a_number_that_a_sentence_lacks_is_no_error() -> None:
    assert words.what(Finding("label_noise", "grave", case="classes"), "en") == "wrong labels"


def test_symptoms_are_half_a_line() -> None:
    assert story.symptoms(TOO_HIGH, "en") == "Seen with it: dead units, plateau."
    assert story.symptoms(NOISE, "en") == ""


def test_a_picture_is_a_line_of_bars() -> None:
    picture = Picture.of({"train/loss": np.array([1, 3, np.nan, 4])}, mark=2)
    (line,) = story.drawn(picture, "en")
    assert line == "train loss  ▁▆ █  1 → 4, epochs 1–4, look at 2"
    assert story.drawn(picture, "ko")[0].startswith("학습 손실")


def test_a_picture_of_nothing_and_one_of_many_lines() -> None:
    assert story.drawn(Picture.of({"a": np.full(3, np.nan)})) == []
    many = {f"{layer} dense": np.ones(3) for layer in range(9)}
    assert len(story.drawn(Picture.of(many))) == story.MOST_LINES


def test_a_healthy_training_is_compared() -> None:
    said, figures = story.health(HEALTHY, compared(0.88), "en")
    assert said == "Nothing wrong was found."
    assert figures == (
        "On 70 rows the network's accuracy is 90.0 %; a nearest-neighbour model reaches 88.0 %, "
        "always the same answer 40.0 %."
    )


def test_what_falls_short_for_no_known_reason_is_not_called_healthy() -> None:
    assert "No cause was found" in story.health(HEALTHY, compared(0.99), "en")[0]


def test_what_is_not_known_is_not_called_healthy() -> None:
    said, *figures = story.health(HEALTHY, Evidence(CURVES), "en")
    assert "too little is known" in said
    assert figures == []
    without_data = dataclasses.replace(Evidence(CURVES), chance=0.4)
    assert "always the same answer reaches 40.0 %" in story.health(HEALTHY, without_data, "en")[1]


def test_a_sick_training_is_compared_and_not_called_healthy() -> None:
    (figures,) = story.health(SICK, compared(0.99), "en")
    assert "99.0 %" in figures


def test_what_could_not_be_judged_is_one_line() -> None:
    evidence = Evidence(CURVES)
    told = story.unknown(SICK, evidence, "en", all_named=False)
    assert told.startswith("unknown: leakage, wrong labels (needs ")
    assert story.unknown(HEALTHY, evidence, "en", all_named=True) == ""
    many = dataclasses.replace(SICK, unknown=tuple(all_definitions()))
    short = story.unknown(many, evidence, "en", all_named=False)
    assert f"{len(all_definitions())} kinds of finding" in short
    assert "vital signs" in short
    assert "vanishing gradient" in story.unknown(many, evidence, "en", all_named=True)


@pytest.mark.parametrize("rows", [12, [], None])
def test_rows_to_look_at_are_a_list_or_nothing(rows: object) -> None:
    assert words.suspicious_rows(Finding("no_signal", "grave", {"rows": rows})) == ""


def test_many_rows_to_look_at_are_cut() -> None:
    told = words.suspicious_rows(Finding("label_noise", "grave", {"rows": list(range(99))}), "en")
    assert told.endswith("29, 30, …")
