"""Treatments prove what helps, say when nothing does, and leave alone what no recipe treats."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

import jaram as jr
from jaram.data.prepare import prepare
from jaram.doctor import registry
from jaram.doctor.confirmation import CONFIRMED_ROWS, set_aside
from jaram.doctor.evidence import Evidence
from jaram.doctor.finding import Severity
from jaram.doctor.registry import Definition, Sighting
from jaram.doctor.verdict import Treatment
from jaram.errors import UsageError


def only(
    monkeypatch: pytest.MonkeyPatch,
    *remedies: str,
    of_data: bool = False,
    severity: Severity = "grave",
) -> None:
    """Let one rule be all that the doctor knows: who did not learn gets these remedies."""

    def rule(evidence: Evidence) -> Iterator[Sighting]:
        if of_data or evidence.falls_short or evidence.has_diverged:
            yield Sighting(severity)

    definition = Definition("underfitting", ("curves",), remedies, (), of_data, rule)
    known = {"underfitting": definition}
    for module in ("diagnosis", "treatment"):
        monkeypatch.setattr(f"jaram.doctor.{module}.all_definitions", lambda: known)
    assert registry.all_definitions() is not known


@pytest.fixture(scope="module")
def digits() -> jr.Data:
    return jr.load("digits")


def sick(digits: jr.Data, **fields: object) -> jr.Run:
    recipe = {"network": (jr.Dense(16, "relu"),), "epochs": 8, "stop": None} | fields
    return jr.train(jr.Recipe(**recipe), digits)


@pytest.fixture(scope="module")
def treated(digits: jr.Data) -> Treatment:
    with pytest.MonkeyPatch.context() as patch:
        only(patch, "lower_learning_rate", "raise_learning_rate")
        run = sick(digits, optimizer=jr.SGD(learning_rate=20.0))
        return jr.treat(run, digits, seeds=3)


def test_a_rate_far_too_high_is_treated_and_proved(treated: Treatment) -> None:
    assert treated.helped
    assert treated.diagnosis[0].severity == "grave"
    assert treated.recipe.optimizer is not None
    assert treated.recipe.optimizer.learning_rate < 1
    confirmation = treated.confirmation
    assert confirmation is not None
    assert confirmation.gain.low > 0.5
    assert confirmation.treated.mean > 0.85 > confirmation.chance
    assert confirmation.test_gain is not None
    assert confirmation.test_gain.low > 0.5
    assert treated.run.metrics["valid/accuracy"] > 0.85


def test_every_arm_has_a_verdict_and_the_accepted_one_is_among_them(treated: Treatment) -> None:
    assert treated.accepted is not None
    assert treated.accepted.cured
    assert treated.accepted.recipe == treated.recipe
    assert {v.remedies[0] for v in treated.verdicts} >= {"lower_learning_rate"}
    for verdict in treated.verdicts:
        assert verdict.gain.low <= verdict.gain.mean <= verdict.gain.high
        assert (verdict.share < 1) == (verdict.cured is None)


def test_the_confirmation_uses_other_seeds_and_other_rows(
    treated: Treatment, digits: jr.Data
) -> None:
    assert treated.confirmation is not None
    tried = treated.accepted
    assert tried is not None
    fresh = treated.confirmation.treated.arm.recipe
    assert fresh.order_seed != tried.recipe.order_seed
    assert not np.array_equal(treated.confirmation.treated.curves, tried.measured.curves)
    whole = prepare(digits)
    assert whole.valid is not None
    trial, kept = set_aside(whole)
    assert kept is not None
    assert trial.valid is not None
    assert len(kept) == treated.confirmation.test_rows
    assert not set(kept.rows) & set(trial.valid.rows)
    assert set(kept.rows) | set(trial.valid.rows) == set(whole.valid.rows)


def test_few_validation_rows_are_not_divided() -> None:
    whole = prepare(jr.load("iris"))
    assert whole.valid is not None
    assert len(whole.valid) < CONFIRMED_ROWS
    assert set_aside(whole) == (whole, None)


def test_a_test_part_is_what_confirms(digits: jr.Data) -> None:
    recipe = jr.Recipe(test=0.2)
    from jaram.runs.candidates import prepare_options

    whole = prepare(digits, prepare_options(recipe))
    trial, kept = set_aside(whole)
    assert trial is whole
    assert kept is whole.test


def test_no_remedy_helped_is_a_verdict(monkeypatch: pytest.MonkeyPatch, digits: jr.Data) -> None:
    only(monkeypatch, "raise_learning_rate")
    run = sick(digits, optimizer=jr.SGD(learning_rate=20.0), network=(jr.Dense(16, "sigmoid"),))
    monkeypatch.setattr("jaram.doctor.treatment._LAST_RESORT", ())
    treatment = jr.treat(run, digits, seeds=2)
    assert not treatment.helped
    assert treatment.recipe == run.recipe
    assert treatment.run is run
    assert treatment.verdicts


def test_a_healthy_training_is_left_alone(monkeypatch: pytest.MonkeyPatch, digits: jr.Data) -> None:
    only(monkeypatch, "lower_learning_rate")
    run = sick(digits, optimizer=jr.Adam(learning_rate=0.01))
    treatment = jr.treat(run, digits, seeds=2)
    assert treatment.verdicts == ()
    assert treatment.confirmation is None
    assert treatment.run is run


def test_an_illness_of_the_data_is_never_treated(
    monkeypatch: pytest.MonkeyPatch, digits: jr.Data
) -> None:
    only(monkeypatch, "lower_learning_rate", of_data=True)
    run = sick(digits, optimizer=jr.SGD(learning_rate=20.0))
    treatment = jr.treat(run, digits, seeds=2)
    assert treatment.untreatable == "underfitting"
    assert treatment.verdicts == ()
    assert treatment.recipe == run.recipe


def test_pairs_of_the_best_are_tried(monkeypatch: pytest.MonkeyPatch, digits: jr.Data) -> None:
    only(monkeypatch, "raise_learning_rate", "change_activation")
    run = sick(digits, network=(jr.Dense(16, "sigmoid"),), optimizer=jr.SGD(learning_rate=1e-3))
    treatment = jr.treat(run, digits, seeds=2)
    pairs = [set(verdict.remedies) for verdict in treatment.verdicts if len(verdict.remedies) == 2]
    assert pairs
    assert all(len(pair) == 2 for pair in pairs)
    assert treatment.accepted is not None


def test_random_search_over_the_same_remedies_is_told_beside(
    monkeypatch: pytest.MonkeyPatch, digits: jr.Data
) -> None:
    only(monkeypatch, "lower_learning_rate")
    run = sick(digits, optimizer=jr.SGD(learning_rate=20.0))
    treatment = jr.treat(run, digits, seeds=2, compare_random=True)
    assert treatment.random is not None
    assert treatment.random.control.mean == treatment.confirmation.control.mean  # type: ignore[union-attr]


def test_a_budget_ends_the_trial_early(monkeypatch: pytest.MonkeyPatch, digits: jr.Data) -> None:
    only(monkeypatch, "lower_learning_rate", "change_optimizer", "widen", "deepen")
    run = sick(digits, optimizer=jr.SGD(learning_rate=20.0))
    everything = jr.treat(run, digits, seeds=2)
    some = jr.treat(run, digits, seeds=2, budget=1e-3)
    assert len(some.verdicts) < len(everything.verdicts)


@pytest.mark.parametrize(("arguments", "part"), [({"seeds": 1}, "seeds"), ({"budget": 0}, "0")])
def test_wrong_arguments_are_told(digits: jr.Data, arguments: dict[str, int], part: str) -> None:
    run = sick(digits, epochs=1)
    with pytest.raises(UsageError, match=part):
        jr.treat(run, digits, **arguments)


def test_a_run_whose_data_has_gone_asks_for_it(tmp_path: object, digits: jr.Data) -> None:
    rng = np.random.default_rng(0)
    data = jr.Data(rng.normal(size=(60, 2)), rng.integers(0, 2, 60))
    jr.train(jr.Recipe(network=(), epochs=1), data, out=f"{tmp_path}/run")
    with pytest.raises(UsageError, match="data"):
        jr.treat(jr.open(f"{tmp_path}/run"))


def test_what_is_no_run_or_not_its_data_is_refused(digits: jr.Data) -> None:
    with pytest.raises(jr.UsageError, match="needs a run"):
        jr.treat({"loss": [1.0, 0.5]}, digits)  # type: ignore[arg-type]
    run = sick(digits, epochs=1)
    with pytest.raises(jr.UsageError):
        jr.treat(run, digits, budget="x")  # type: ignore[arg-type]
    with pytest.raises(jr.RunError):
        jr.treat(run, jr.load("iris"))
