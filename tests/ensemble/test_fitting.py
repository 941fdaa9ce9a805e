"""Weights and members are fitted to the validation part, well, and to nothing else."""

from __future__ import annotations

import dataclasses
import inspect
import itertools

import numpy as np
import pytest
from ensemble_runs import RECIPE, problem, trained

import jaram as jr
from jaram.ensemble import fitting
from jaram.ensemble.fitting import Heard, fitted_weights, greedy_counts, heard


def with_part(run: jr.Run, name: str, **fields: object) -> jr.Run:
    """The run with one of its prepared parts changed."""
    assert run.prepared is not None
    part = dataclasses.replace(getattr(run.prepared, name), **fields)
    return dataclasses.replace(run, prepared=dataclasses.replace(run.prepared, **{name: part}))


def upside_down(run: jr.Run, name: str) -> jr.Run:
    """The run with the answers of a part in the opposite order."""
    assert run.prepared is not None
    return with_part(run, name, y=getattr(run.prepared, name).y[::-1].copy())


def told(values: list[list[float]], is_error: bool = False) -> Heard:
    table = np.array(values)
    return Heard(table, np.ones(table.shape[1]), is_error)


def test_nothing_but_the_validation_part_decides(runs: list[jr.Run]) -> None:
    weights, counts = fitted_weights(runs), greedy_counts(runs, 6)
    for part in ("test", "train"):
        altered = [upside_down(run, part) for run in runs]
        assert fitted_weights(altered) == weights
        assert greedy_counts(altered, 6) == counts
    altered = [upside_down(run, "valid") for run in runs]
    assert fitted_weights(altered) != weights


def test_nothing_that_chooses_takes_data() -> None:
    for function in (jr.Ensemble.chosen, jr.Ensemble, fitted_weights, greedy_counts, heard):
        names = set(inspect.signature(function).parameters)
        assert names <= {"runs", "size", "members", "vote", "weights", "folder", "saved"}, function


def test_the_test_part_is_not_even_looked_at(
    runs: list[jr.Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    def answers_of(self: jr.Run, part: str) -> object:
        assert part == "valid"
        return original(self, part)

    original = jr.Run.answers_of
    monkeypatch.setattr(jr.Run, "answers_of", answers_of)
    jr.Ensemble(runs, "weighted")
    jr.Ensemble.chosen(runs, 3)


def test_fitted_weights_are_a_minimum(runs: list[jr.Run], monkeypatch: pytest.MonkeyPatch) -> None:
    """No other weights near by are better, by the loss with the prior written out."""
    weights = np.array(fitted_weights(runs))
    assert weights.sum() == pytest.approx(1)
    assert (weights >= 0).all()
    found = heard(runs)
    members = len(found.values)

    def cost(w: np.ndarray) -> float:
        if found.is_error:
            noise = np.mean(found.values.mean(axis=0) ** 2)
            prior = noise * members * np.sum((w - 1 / members) ** 2)
            return float(np.sum((w @ found.values) ** 2) + prior)
        return float(-np.sum(np.log(w @ found.values)) - np.sum(np.log(w)))

    best = cost(weights)
    for one, other in itertools.permutations(range(members), 2):
        moved = weights.copy()
        moved[one] += 0.01
        moved[other] -= 0.01
        if moved[other] > 0:
            assert cost(moved) > best - 1e-9 * abs(best)


def test_one_who_is_always_right_gets_nearly_all_of_many_rows() -> None:
    good, bad = [0.99] * 400, [0.3] * 400
    weights = fitting._mixture(np.array([good, bad, bad]), np.ones(400))
    assert weights[0] > 0.98
    errors = np.random.default_rng(0).normal(size=(3, 400)) * np.array([[0.1], [5.0], [5.0]])
    assert fitting._least_squares(errors, np.ones(400))[0] > 0.98


def test_equal_members_get_equal_weights() -> None:
    values = np.tile(np.linspace(0.2, 0.9, 30), (4, 1))
    np.testing.assert_allclose(fitting._mixture(values, np.ones(30)), 0.25, atol=1e-6)
    np.testing.assert_allclose(fitting._least_squares(values, np.ones(30)), 0.25, atol=1e-6)


def test_greedy_finds_the_pair_that_errs_in_opposite_directions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By hand: the best alone is 2, but 0 and 1 cancel; 2 comes first, as greedy must."""
    errors = [[1.0, 1.0], [-1.0, -1.0], [0.5, -0.5], [9.0, 9.0]]
    monkeypatch.setattr(fitting, "heard", lambda runs: told(errors, is_error=True))
    four: list[jr.Run] = [None] * 4  # type: ignore[list-item]
    assert greedy_counts(four, 1) == (0, 0, 1, 0)
    # 2 beside itself stays at 0.25, 0 beside 2 is at 0.3125: the smaller team is kept.
    assert greedy_counts(four, 2) == (0, 0, 1, 0)
    # 2 + 2 + 0 errs by (2, 0) / 3, and 1 beside them by (1, -1) / 4: 0.0625.
    assert greedy_counts(four, 4) == (1, 1, 2, 0)


def test_greedy_never_loses_to_the_best_single_member(runs: list[jr.Run]) -> None:
    found = heard(runs)
    counts = np.array(greedy_counts(runs, 10))
    assert 1 <= counts.sum() <= 10
    team = found.loss((counts @ found.values) / counts.sum())
    assert team <= found.loss(found.values).min()


def test_a_member_without_a_finite_answer_is_not_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [[np.nan, 0.9], [0.6, 0.6]]
    monkeypatch.setattr(fitting, "heard", lambda runs: told(rows))
    two: list[jr.Run] = [None] * 2  # type: ignore[list-item]
    assert greedy_counts(two, 3) == (0, 1)
    assert fitted_weights(two) == (0.0, 1.0)
    monkeypatch.setattr(fitting, "heard", lambda runs: told([[np.nan, 0.9]]))
    with pytest.raises(jr.UsageError):
        greedy_counts(two[:1], 3)


def test_the_chosen_vote_as_often_as_they_were_chosen(x: np.ndarray) -> None:
    runs = trained("regression")
    counts = greedy_counts(runs, 8)
    team = jr.Ensemble.chosen(runs, 8)
    assert len(team.members) == sum(count > 0 for count in counts)
    wanted = sum(count * run.predict(x) for count, run in zip(counts, runs, strict=True))
    np.testing.assert_allclose(team.predict(x), wanted / sum(counts))


def test_weights_of_examples_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row of weight 0 is as good as not there."""
    runs = trained("multiclass")
    part = runs[0].parts["valid"]
    weight = np.ones(len(part), np.float32)
    weight[:5] = 0
    weighted = [with_part(run, "valid", weight=weight) for run in runs]
    left_out = [
        with_part(run, "valid", x=part.x[5:], y=part.y[5:], rows=part.rows[5:]) for run in runs
    ]
    one, other = (heard(some) for some in (weighted, left_out))
    np.testing.assert_allclose(one.loss(one.values), other.loss(other.values), rtol=1e-6)


def test_without_a_shared_validation_part_there_is_no_choice() -> None:
    runs = trained("multiclass")
    other = jr.train(dataclasses.replace(RECIPE, split_seed=1), problem("multiclass"))
    with pytest.raises(jr.UsageError, match="different rows"):
        jr.Ensemble.chosen([*runs, other])
    none = jr.train(dataclasses.replace(RECIPE, validation=0.0), problem("multiclass"))
    with pytest.raises(jr.UsageError, match="no validation part"):
        jr.Ensemble([none], "weighted")
    lost = dataclasses.replace(runs[0], prepared=None)
    with pytest.raises(jr.UsageError, match="not to be found"):
        jr.Ensemble([runs[0], lost], "weighted")
