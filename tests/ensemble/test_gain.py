"""What the team gained: by hand, and as theory says it must be."""

from __future__ import annotations

import dataclasses
import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from ensemble_runs import RECIPE, problem, trained
from sklearn.metrics import log_loss

import jaram as jr
from jaram.ensemble.gain import Gain, diversity, measured
from jaram.messages import LANGUAGES
from jaram.runs.evaluation import calibration, calibration_error


def test_it_is_measured_on_the_test_part(runs: list[jr.Run]) -> None:
    gain = jr.Ensemble(runs).gain
    assert gain is not None
    assert gain.part == "test"
    assert gain.rows == len(runs[0].parts["test"])
    for run, member in zip(runs, gain.members, strict=True):
        for name, value in run.metrics.items():
            part, _, metric = name.partition("/")
            if part == "test" and metric != "loss":
                assert member[metric] == pytest.approx(value, rel=1e-6)


def test_best_means_smallest_where_less_is_better(classifiers: list[jr.Run]) -> None:
    gain = jr.Ensemble(classifiers).gain
    assert gain is not None
    for metric in ("log_loss", "calibration_error"):
        assert gain.best(metric) == min(member[metric] for member in gain.members)
    assert gain.best("accuracy") == max(member["accuracy"] for member in gain.members)
    assert gain.mean("accuracy") == pytest.approx(
        np.mean([member["accuracy"] for member in gain.members])
    )


def test_a_soft_vote_loses_less_than_its_members_on_average(runs: list[jr.Run]) -> None:
    """Log loss and squared error are convex (Jensen's inequality)."""
    gain = jr.Ensemble(runs).gain
    assert gain is not None
    metric = "rmse" if runs[0].task.kind == "regression" else "log_loss"
    assert gain.team[metric] < gain.mean(metric)


def test_disagreement_is_the_mean_over_all_pairs(classifiers: list[jr.Run]) -> None:
    part = classifiers[0].parts["test"]
    answers = [run.examine(part.x).answer for run in classifiers]
    pairs = [np.mean(a != b) for a, b in itertools.combinations(answers, 2)]
    gain = jr.Ensemble(classifiers).gain
    assert gain is not None
    assert gain.diversity == {"disagreement": pytest.approx(np.mean(pairs))}
    assert 0 < gain.diversity["disagreement"] < 1


@pytest.mark.parametrize("vote", ["soft", "weighted"])
@pytest.mark.parametrize("task", ["regression", "two targets"])
def test_error_is_that_of_a_member_less_the_ambiguity(task: str, vote: str) -> None:
    """Krogh and Vedelsby (1995): an identity, not an estimate."""
    team = jr.Ensemble(trained(task), vote)  # type: ignore[arg-type]
    assert team.gain is not None
    told = team.gain.diversity
    assert told["team_error"] == pytest.approx(told["member_error"] - told["ambiguity"])
    assert told["ambiguity"] > 0
    if task == "regression":  # of several targets the rmse is a mean of roots
        assert team.gain.team["rmse"] ** 2 == pytest.approx(told["team_error"])


def test_copies_do_not_differ(runs: list[jr.Run]) -> None:
    copies = jr.Ensemble([runs[0]] * 3)
    assert copies.gain is not None
    told = copies.gain.diversity
    assert told.get("disagreement", told.get("ambiguity")) == pytest.approx(0, abs=1e-20)
    assert diversity(runs[0].task, np.zeros(1), np.zeros((1, 1, 1)), np.ones(1)) == {}


def test_calibration_error_by_hand() -> None:
    task = jr.Task("binary", ("no", "yes"), 1)
    yes = np.array([0.05, 0.05, 0.95, 0.95])
    truth = np.array([0, 1, 1, 1])
    p = np.stack([1 - yes, yes], axis=1)
    found = measured(task, truth, p)
    # Two bins of two rows: 0.05 stated and 0.5 right, 0.95 stated and 1 right.
    assert found["calibration_error"] == pytest.approx((0.45 + 0.05) / 2, rel=1e-5)
    assert found["log_loss"] == pytest.approx(log_loss(truth, p), rel=1e-5)
    assert np.isnan(calibration_error([]))


def test_who_states_what_is_right_is_calibrated() -> None:
    rng = np.random.default_rng(0)
    yes = rng.uniform(size=200_000)
    y = (rng.uniform(size=len(yes)) < yes).astype(int)
    bins = calibration(y, np.stack([1 - yes, yes], axis=1).astype(np.float32))
    assert calibration_error(bins) < 0.005  # 20,000 rows a bin: deviation 0.0035 at most
    assert calibration_error(calibration(1 - y, np.stack([1 - yes, yes], axis=1))) > 0.4


def test_it_is_told_in_both_languages(runs: list[jr.Run]) -> None:
    team = jr.Ensemble(runs)
    gain = team.gain
    assert gain is not None
    english, korean = (team.report(lang) for lang in LANGUAGES)
    assert "one member" in english
    assert "구성원 평균" in korean
    metric = "rmse" if runs[0].task.kind == "regression" else "log_loss"
    for told in (english, korean):
        assert f"{gain.team[metric]:.4f}" in told
        assert f"{gain.mean(metric):.4f}" in told
        assert f"{gain.best(metric):.4f}" in told


def test_it_is_kept_as_json(runs: list[jr.Run], tmp_path: Path) -> None:
    team = jr.Ensemble(runs).save(tmp_path / "team")
    assert team.gain is not None
    kept = json.loads((tmp_path / "team" / "ensemble.json").read_text())
    assert Gain.from_json(kept["gain"]) == team.gain
    for name in team.gain.team:
        assert kept["gain"]["mean_member"][name] == pytest.approx(team.gain.mean(name))
        assert kept["gain"]["best_member"][name] == team.gain.best(name)


def test_what_was_fitted_to_the_rows_it_is_measured_on_is_called_so() -> None:
    recipe = dataclasses.replace(RECIPE, test=0.0)
    runs = jr.train([recipe, dataclasses.replace(recipe, seed=1)], problem("binary"))
    assert "same rows" in jr.Ensemble(runs, "weighted").report("en")
    assert "same rows" not in jr.Ensemble(runs).report("en")
    assert "same rows" not in jr.Ensemble(trained("binary"), "weighted").report("en")


def test_the_best_of_each_row_is_not_called_one_member(classifiers: list[jr.Run]) -> None:
    assert "best of any member" in jr.Ensemble(classifiers).report("en")
    assert "값마다 가장 좋은 구성원" in jr.Ensemble(classifiers).report("ko")


def test_members_that_diverged_are_told_of(classifiers: list[jr.Run]) -> None:
    lost = [dataclasses.replace(run, result="diverged") for run in classifiers]
    assert "diverged" not in jr.Ensemble(classifiers).report("en")
    some = jr.Ensemble([*lost[:1], *classifiers[1:]])
    assert some.diverged == 1
    assert "1 of 4 members diverged" in some.report("en")
    assert "4개 중 1개" in some.report("ko")
    assert "worth nothing" in jr.Ensemble(lost).report("en")
    assert "쓸모가 없습니다" in jr.Ensemble(lost).report("ko")
