"""Constant answers, last layers, losses and scales, judged by the outcome."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from answered import evidence_of, found, guess, severities
from seeded import classes, inputs, numbers, regression

from jaram.data.data import Data
from jaram.doctor.evidence import Evidence


def in_large_units(n: int = 300) -> Data:
    x = inputs(n)
    return Data(1000 * x, numbers(x), task="regression")


def test_the_same_class_for_all() -> None:
    (finding,) = found("constant_prediction", evidence_of(classes(), guess))
    assert finding.severity == "grave" and finding.case == "classes"
    assert finding.evidence["share"] == 1


def test_nearly_the_same_probabilities_for_all() -> None:
    rng = np.random.default_rng(0)

    def undecided(part: Any) -> np.ndarray:
        return 1 / 3 + 0.003 * rng.normal(size=(len(part.y), 3))

    (finding,) = found("constant_prediction", evidence_of(classes(), undecided))
    assert finding.case == "undecided"


def test_the_same_number_for_all_in_its_own_unit() -> None:
    x = inputs()
    data = Data(x, 100 * numbers(x) + 7000, task="regression")
    (finding,) = found("constant_prediction", evidence_of(data, guess))
    assert finding.evidence["value"] == pytest.approx(7000, rel=0.05)
    assert finding.evidence["value"] == pytest.approx(finding.evidence["mean"], rel=1e-3)


def test_answers_that_vary_are_not_constant_however_wrong() -> None:
    rng = np.random.default_rng(0)
    for data in (classes(), regression()):
        dealt = evidence_of(
            data,
            lambda part: (
                rng.dirichlet([1, 1, 1], len(part.y))
                if part.y.dtype.kind == "i"
                else rng.permutation(part.y)
            ),
        )
        assert dealt.has_failed
        assert found("constant_prediction", dealt) == []


def test_a_majority_that_is_nearly_all_and_was_learnt() -> None:
    assert found("constant_prediction", evidence_of(classes())) == []


# --- notes of the pre-flight ----------------------------------------------------------------------


NOTED = {
    "unscaled_input": (in_large_units(), {"scale": "none"}),
    "unscaled_target": (
        Data(inputs(300), 500 * numbers(inputs(300)), task="regression"),
        {"scale_target": False},
    ),
    "wrong_loss": (classes(300), {"output": "dense 3 softmax", "loss": "mse"}),
    "wrong_output_activation": (classes(300), {"output": "dense 3 relu", "loss": "cce"}),
}


@pytest.mark.parametrize("name", NOTED)
def test_a_note_is_judged_by_the_outcome(name: str) -> None:
    data, fields = NOTED[name]
    failed, learnt = evidence_of(data, guess, **fields), evidence_of(data, **fields)
    assert failed.has_failed and learnt.is_healthy
    assert severities(name, failed) == ["grave"]
    assert severities(name, learnt) == ["minor"]
    note = next(note for note in failed.notes if note.name == name)
    (kept,) = found(name, failed)
    assert (kept.case, kept.evidence, kept.remedies) == (note.case, note.evidence, note.remedies)


@pytest.mark.parametrize("name", NOTED)
def test_what_was_not_noted_is_not_found(name: str) -> None:
    for data in (classes(), regression()):
        assert found(name, evidence_of(data, guess)) == []


def test_a_note_counts_as_noted_where_the_outcome_is_not_known() -> None:
    data, fields = NOTED["unscaled_input"]
    known = evidence_of(data, guess, **fields)
    unknown = dataclasses.replace(
        known,
        curves=dataclasses.replace(known.curves, train_score=None, valid_score=None),
        prepared=None,
        answers=None,
    )
    assert severities("unscaled_input", unknown) == ["notable"]


@pytest.mark.parametrize(("spread", "severity"), [(0.3, "minor"), (0.4, "notable"), (0.9, "grave")])
def test_the_points_lost_to_a_simple_model_tell_how_bad_it_is(spread: float, severity: str) -> None:
    rng = np.random.default_rng(0)
    x = inputs(1200)
    y = x[:, 0] + 0.3 * rng.normal(size=1200)

    def short(part: Any) -> np.ndarray:
        return np.asarray(part.y + spread * part.y.std() * rng.normal(size=part.y.shape))

    sick = evidence_of(Data(1000 * x, y, task="regression"), short, scale="none")
    assert sick.has_failed is False
    assert severities("unscaled_input", sick) == [severity]


def test_inputs_that_hardly_vary_are_named_where_nothing_was_learnt() -> None:
    x = inputs(300)
    for small in (1e-4 * x, 5 + 0.01 * x):
        data = Data(small, numbers(x), task="regression")
        (finding,) = found("unscaled_input", evidence_of(data, guess, scale="none"))
        assert finding.case == "small" and finding.severity == "grave"
        assert found("unscaled_input", evidence_of(data, scale="none")) == []
        assert found("unscaled_input", evidence_of(data, guess)) == []


def test_an_output_stuck_where_it_is_flat() -> None:
    x = inputs(300)
    data = Data(x, np.abs(numbers(x)) + 1, task="regression")

    def stuck(level: float) -> Evidence:
        e = evidence_of(data, guess, output="dense 1 relu", scale_target=False)
        assert e.answers is not None
        told = {
            name: one._replace(logits=np.full_like(one.logits, level))
            for name, one in e.answers.items()
        }
        return dataclasses.replace(e, answers=told)

    (finding,) = found("wrong_output_activation", stuck(-3.0))
    assert finding.case == "stuck" and finding.evidence["share"] == 1
    assert found("wrong_output_activation", stuck(1.0)) == []
