"""The votes against scikit-learn's VotingClassifier and against arithmetic by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from ensemble_runs import RECIPE, data_of, problem, trained
from sklearn.ensemble import VotingClassifier
from sklearn.preprocessing import LabelEncoder

import jaram as jr
from jaram.ensemble.votes import united

WEIGHTS = [0.4, 0.3, 0.2, 0.1]


class Fitted:
    """A run as scikit-learn's vote takes it: answers are class numbers."""

    def __init__(self, run: jr.Run, coder: LabelEncoder) -> None:
        self.run, self.coder = run, coder

    def predict(self, x: Any) -> Any:
        return self.coder.transform(self.run.predict(x))

    def predict_proba(self, x: Any) -> Any:
        return self.run.predict_proba(x)


def sklearns(runs: list[jr.Run], voting: str, weights: list[float] | None) -> VotingClassifier:
    coder = LabelEncoder().fit(runs[0].preparation.coding.labels)
    vote = VotingClassifier([(str(i), None) for i in range(len(runs))], voting=voting)
    vote.weights = weights
    vote.estimators_ = [Fitted(run, coder) for run in runs]
    vote.le_, vote.classes_ = coder, coder.classes_
    return vote


@pytest.mark.parametrize("runs", ["binary", "multiclass"], indirect=True)
@pytest.mark.parametrize("vote", ["soft", "hard", "weighted"])
def test_classes_are_voted_on_as_scikit_learn_does(
    runs: list[jr.Run], vote: str, x: np.ndarray
) -> None:
    weights = WEIGHTS if vote == "weighted" else None
    theirs = sklearns(runs, "hard" if vote == "hard" else "soft", weights)
    team = jr.Ensemble(runs, vote, weights)
    assert team.predict(x).tolist() == theirs.predict(x).tolist()
    if vote != "hard":
        # They add up in float32.
        np.testing.assert_allclose(team.predict_proba(x), theirs.predict_proba(x), rtol=1e-5)
    assert any(not np.array_equal(run.predict(x), team.predict(x)) for run in runs)


@pytest.mark.parametrize("runs", ["multilabel"], indirect=True)
def test_labels_are_voted_on_one_by_one(runs: list[jr.Run], x: np.ndarray) -> None:
    p = np.stack([run.predict_proba(x) for run in runs]).astype(np.float64)
    soft, hard = jr.Ensemble(runs), jr.Ensemble(runs, "hard")
    np.testing.assert_allclose(soft.predict_proba(x), p.mean(axis=0), rtol=1e-6)
    assert np.array_equal(soft.predict(x), p.mean(axis=0) > 0.5)
    votes = sum(run.predict(x) for run in runs)
    assert np.array_equal(hard.predict(x), votes > 2)
    np.testing.assert_allclose(hard.predict_proba(x), votes / 4)


@pytest.mark.parametrize("runs", ["regression", "two targets"], indirect=True)
def test_numbers_are_averaged_in_their_own_unit(runs: list[jr.Run], x: np.ndarray) -> None:
    single = np.stack([run.predict(x) for run in runs])
    np.testing.assert_allclose(jr.Ensemble(runs).predict(x), single.mean(axis=0))
    np.testing.assert_allclose(jr.Ensemble(runs, "hard").predict(x), np.median(single, axis=0))
    weighted = jr.Ensemble(runs, "weighted", WEIGHTS).predict(x)
    np.testing.assert_allclose(weighted, np.average(single, axis=0, weights=WEIGHTS))
    with pytest.raises(jr.RunError, match="regression"):
        jr.Ensemble(runs).predict_proba(x)


def test_of_a_tie_the_first_class_wins_whatever_the_number_of_members() -> None:
    task = jr.Task("multiclass", ("a", "b", "c"), 3)
    for each in (3, 5, 7):  # a third, a fifth, a seventh are not exact in binary
        votes = np.eye(3)[[1, 0] * each][:, None, :]
        voice = united(votes, "hard", np.full(2 * each, 1 / (2 * each)), task)
        assert voice.tolist() == [[0.5, 0.5, 0.0]]
        assert voice.argmax() == 0


def test_a_team_of_one_answers_as_its_member(runs: list[jr.Run], x: np.ndarray) -> None:
    for vote in ("soft", "weighted"):
        team = jr.Ensemble(runs[:1], vote)
        assert np.array_equal(team.predict(x), runs[0].predict(x))
        metrics = {k: v for k, v in runs[0].metrics.items() if not k.endswith("/loss")}
        found = {k: v for k, v in team.metrics.items() if not k.endswith("calibration_error")}
        assert found == pytest.approx(metrics, rel=1e-6)


def test_evaluating_the_test_rows_gives_the_metrics_of_the_test_part(runs: list[jr.Run]) -> None:
    data = data_of(runs[0])
    rows = runs[0].parts["test"].rows
    team = jr.Ensemble(runs)
    asked = jr.Data(data.x[rows], data.y[rows], coding=data.coding)
    measured = team.evaluate(asked)
    for name, value in measured.items():
        assert value == pytest.approx(team.metrics[f"test/{name}"], rel=1e-5), name


def test_members_may_scale_each_in_its_own_way(x: np.ndarray) -> None:
    recipes = [
        jr.Recipe(**{**vars(RECIPE), "scale": scale}) for scale in ("standard", "minmax", "none")
    ]
    runs = jr.train(recipes, problem("multiclass"))
    p = np.mean([run.predict_proba(x) for run in runs], axis=0)
    team = jr.Ensemble(runs)
    np.testing.assert_allclose(team.predict_proba(x), p, rtol=1e-5)
    assert "test/accuracy" in team.metrics


def test_a_part_that_members_do_not_share_is_not_measured() -> None:
    """What one member keeps apart another was trained on."""
    recipes = [jr.Recipe(**{**vars(RECIPE), "split_seed": seed}) for seed in (0, 1)]
    team = jr.Ensemble(jr.train(recipes, problem("multiclass")))
    assert team.metrics == {}
    assert team.gain is None
    with pytest.raises(jr.RunError):
        team.report()


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_what_does_not_fit_together_is_told(
    classifiers: list[jr.Run], lang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JARAM_LANG", lang)
    three = jr.train(RECIPE, jr.Data(np.ones((40, 3)), [0, 1, 2, 0] * 10, task="multiclass"))
    other = trained("binary")[0]
    for wrong, mentions in (
        (lambda: jr.Ensemble([]), ""),
        (lambda: jr.Ensemble([classifiers[0], "run"]), "str"),
        (lambda: jr.Ensemble([classifiers[0], other]), "no, yes"),
        (lambda: jr.Ensemble([classifiers[0], three]), "2"),
        (lambda: jr.Ensemble(classifiers, "sof"), "soft"),
        (lambda: jr.Ensemble(classifiers, "soft", [1, 2, 3, 4]), "weighted"),
        (lambda: jr.Ensemble(classifiers, "weighted", [1.0]), "4"),
        (lambda: jr.Ensemble(classifiers, "weighted", [0, 0, 0, 0]), "4"),
        (lambda: jr.Ensemble(classifiers, "weighted", [1, 1, 1, -1]), "-1"),
        (lambda: jr.Ensemble(classifiers, "weighted", [1, 1, 1, float("nan")]), "nan"),
        (lambda: jr.Ensemble.chosen(classifiers, size=0), "0"),
        (lambda: jr.Ensemble.trained(size=0), "0"),
        (lambda: jr.Ensemble.trained(vote="sof"), "soft"),  # told before the data is missed
    ):
        with pytest.raises(jr.UsageError) as error:
            wrong()
        assert mentions in str(error.value)
        assert "\n" not in str(error.value)
