"""Bagging and snapshots: against trainings that do the same by hand."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import jax
import numpy as np
import pytest
from ensemble_runs import RECIPE, problem

import jaram as jr
from jaram.cli.main import run as command
from jaram.ensemble.kinds import bagged, best_of, snapshots
from jaram.errors import UsageError
from jaram.training.supervised import Batch, bootstrapped

PLAIN = dataclasses.replace(RECIPE, network=(jr.Dense(6, "relu"),))


def times_drawn(seed: int, rows: int) -> np.ndarray:  # type: ignore[type-arg]
    recipe = dataclasses.replace(PLAIN, bootstrap=seed)
    train = Batch(np.zeros((rows, 1), np.float32), np.zeros(rows), None)  # type: ignore[arg-type]
    return np.asarray(bootstrapped(recipe, train).weight)


def test_a_bootstrap_draws_as_many_rows_as_there_are() -> None:
    """Whole numbers that sum to the rows; e⁻¹ = 36.8% of the rows are left out (±1.5%: 5 standard
    deviations of 10,000 rows), and the counts vary as 1 − 1/n."""
    counts = times_drawn(5, 10_000)
    assert (counts == np.round(counts)).all()
    assert counts.sum() == 10_000
    assert np.mean(counts == 0) == pytest.approx(np.exp(-1), abs=0.015)
    assert counts.var() == pytest.approx(1, abs=0.07)
    assert (times_drawn(6, 10_000) != counts).any()
    np.testing.assert_array_equal(times_drawn(5, 10_000), counts)


def test_a_bagged_training_is_one_with_the_rows_weighted_as_drawn() -> None:
    """The same weights given by hand as example weights lead to the same network."""
    data = problem("multiclass")
    recipe = dataclasses.replace(PLAIN, bootstrap=7)
    run = jr.train(recipe, data)
    assert run.prepared is not None
    weight = np.ones(len(data.y), np.float32)
    part = run.prepared.train
    weight[part.rows] = times_drawn(7, len(part))
    by_hand = jr.Data(data.x, data.y, task="multiclass", weight=weight)
    same = jr.train(PLAIN, by_hand)
    for one, other in zip(jax.tree.leaves(run.params), jax.tree.leaves(same.params), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
    plain = jr.train(PLAIN, data)
    assert not np.allclose(plain.steps, run.steps)


def test_full_batches_of_a_bootstrap_are_least_squares_on_the_rows_drawn() -> None:
    """Bagging a linear network: what NumPy finds on the rows repeated as often as drawn."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 3)).astype(np.float32)
    y = x @ np.array([1.0, -2.0, 0.5]) + rng.normal(0, 0.5, 60)
    valid = (x[:10], y[:10])
    recipe = jr.Recipe(
        network=(),
        optimizer=jr.SGD(learning_rate=0.2),
        batch_size="full",
        epochs=600,
        stop=None,
        scale="none",
        scale_target=False,
        penalties=(),
        averaging=None,
        bootstrap=11,
    )
    run = jr.train(recipe, jr.Data(x, y, task="regression", valid=valid))
    assert run.prepared is not None
    part = run.prepared.train
    repeated = np.repeat(np.arange(60), times_drawn(11, 60).astype(int))
    design = np.column_stack([part.x, np.ones(60)])[repeated]
    truth, *_ = np.linalg.lstsq(design, part.y.reshape(-1)[repeated], rcond=None)
    missed = np.column_stack([part.x, np.ones(60)]) @ truth - part.y.reshape(-1)
    assert run.history["train/loss"][-1] == pytest.approx(np.mean(missed**2), rel=1e-3)


def test_members_are_the_same_alone_and_in_the_team() -> None:
    team = jr.Ensemble.trained(PLAIN, problem("binary"), size=3, kind="bagging")
    assert [member.recipe.bootstrap for member in team.members] == [0, 1, 2]
    alone = jr.train(bagged(PLAIN, 3)[1], problem("binary"))
    np.testing.assert_allclose(team.members[1].steps, alone.steps, rtol=1e-5)


def test_a_bootstrap_survives_being_written_down(tmp_path: Path) -> None:
    recipe = dataclasses.replace(PLAIN, bootstrap=4)
    assert jr.Recipe.from_toml(recipe.to_toml()) == recipe
    team = jr.Ensemble.trained(PLAIN, problem("binary"), size=2, kind="bagging", out=tmp_path / "t")
    again = jr.open(tmp_path / "t")
    assert isinstance(again, jr.Ensemble)
    assert [member.recipe.bootstrap for member in again.members] == [0, 1]
    assert again.metrics == team.metrics


def test_snapshots_stand_where_one_training_stood_at_its_cycles_ends() -> None:
    """The last is the end of the whole training; the first that of a training stopped there."""
    data = problem("multiclass")
    recipe = dataclasses.replace(PLAIN, epochs=6)
    runs = snapshots(recipe, data, 3)
    assert [run.best_epoch for run in runs] == [2, 4, 6]
    assert [run.chronicle.epochs for run in runs] == [2, 4, 6]
    cyclic = dataclasses.replace(recipe, schedule=jr.CosineCycles(cycles=3))
    whole = jr.train(cyclic, data)
    np.testing.assert_allclose(runs[-1].steps, whole.steps, rtol=1e-6)
    for name in ("valid/loss", "train/loss"):
        np.testing.assert_allclose(runs[-1].history[name], whole.history[name], rtol=1e-6)
    np.testing.assert_array_equal(runs[0].steps, runs[-1].steps[: len(runs[0].steps)])
    answers = [run.evaluate(data)["accuracy"] for run in runs]
    assert len(answers) == 3
    # The metrics of a snapshot are those of its last epoch, whichever was better before.
    assert runs[1].metrics["valid/accuracy"] == pytest.approx(
        whole.history["valid/accuracy"][3], abs=1e-6
    )


def test_the_rate_falls_in_each_cycle() -> None:
    (*_, last) = snapshots(dataclasses.replace(PLAIN, epochs=6), problem("binary"), 2)
    rates = np.array(last.history["learning_rate"])
    assert (np.diff(rates[:3]) < 0).all()
    assert rates[3] > 3 * rates[2]


def test_a_snapshot_team_is_saved_and_opened(tmp_path: Path) -> None:
    recipe = dataclasses.replace(PLAIN, epochs=4)
    team = jr.Ensemble.trained(
        recipe, problem("regression"), size=2, kind="snapshot", out=tmp_path / "team"
    )
    again = jr.open(tmp_path / "team")
    assert isinstance(again, jr.Ensemble)
    x = np.random.default_rng(1).normal(size=(5, 4)).astype(np.float32)
    np.testing.assert_array_equal(again.predict(x), team.predict(x))
    assert [member.best_epoch for member in again.members] == [2, 4]


def test_epochs_that_no_cycle_divides_are_refused() -> None:
    with pytest.raises(UsageError, match="cannot be divided by 2"):
        snapshots(PLAIN, problem("binary"), 2)
    with pytest.raises(UsageError, match="There is no kind"):
        jr.Ensemble.trained(PLAIN, problem("binary"), kind="bag")  # type: ignore[arg-type]


def test_a_budget_ends_after_a_cycle() -> None:
    assert (
        len(snapshots(dataclasses.replace(PLAIN, epochs=6), problem("binary"), 3, budget=1e-9)) == 1
    )


def test_the_best_of_a_search_become_a_team() -> None:
    data = problem("binary")
    space = dataclasses.replace(PLAIN, optimizer=jr.Adam(jr.LogUniform(1e-4, 0.1)))
    study = jr.search(space, data, trials=6, confirm=2)
    runs = best_of(study, data, 3)
    ranked = sorted(study.trials, key=lambda trial: trial.rank, reverse=True)[:3]
    for run, trial in zip(runs, ranked, strict=True):
        assert run.metrics["valid/accuracy"] == pytest.approx(trial.score, abs=1e-6)
    team = jr.Ensemble.of_study(study, data, best=3, size=5)
    assert 1 <= len(team.members) <= 3
    diverged = tuple(dataclasses.replace(trial, status="diverged") for trial in study.trials)
    with pytest.raises(UsageError, match="No trial"):
        jr.Ensemble.of_study(dataclasses.replace(study, trials=diverged), data)
    with pytest.raises(UsageError, match="not the data that was searched"):
        jr.Ensemble.of_study(study, problem("multiclass"))
    with pytest.raises(UsageError, match="not the data that was searched"):
        jr.Ensemble.of_study(study, "wine")


@pytest.mark.parametrize("kind", ["bagging", "snapshot"])
def test_the_command_line_trains_each_kind(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    options = ["--epochs", "4", "--ensemble", "2", "--ensemble-kind", kind, "--json"]
    assert command(["train", "iris", *options, "--out", "team"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert len(told["members"]) == 2
    assert command(["train", "iris", "--ensemble-kind", kind]) == 2
