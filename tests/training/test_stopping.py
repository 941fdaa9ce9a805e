"""Early stopping, the best epoch, the time budget: recomputed from the history."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import jaram as jr
from jaram.errors import JaramError


def noisy(rows: int = 60) -> jr.Data:
    """Labels that are a third noise, so that a network soon learns them by heart."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(rows, 4)).astype(np.float32)
    y = (x[:, 0] > 0) ^ (rng.random(rows) < 0.3)
    return jr.Data(x, y.astype(int))


def recipe(rate: float = 0.02, **fields: Any) -> jr.Recipe:
    chosen: dict[str, Any] = {
        "network": (jr.Dense(16, "tanh"),),
        "optimizer": jr.Adam(learning_rate=rate),
        "penalties": (),
        "averaging": None,
        "batch_size": 16,
        "epochs": 60,
    }
    return jr.Recipe(**(chosen | fields))


def stopped_after(scores: np.ndarray, patience: int, min_delta: float) -> tuple[int, int]:
    """(epochs trained, best epoch), both from 1, by the rule as EarlyStopping tells it."""
    best, best_epoch, waited = np.inf, 0, 0
    for epoch, score in enumerate(scores, start=1):
        waited = 0 if score < best - min_delta else waited + 1
        if score < best:
            best, best_epoch = score, epoch
        if waited >= patience:
            return epoch, best_epoch
    return len(scores), best_epoch


def assert_stopped_rightly(run: jr.Run, scores: np.ndarray, patience: int, delta: float) -> None:
    epochs, best = stopped_after(scores.astype(np.float32), patience, delta)
    assert run.chronicle.epochs == epochs
    assert run.best_epoch == best
    assert run.result == ("stopped" if epochs < 60 else "completed")
    assert len(run.steps) == epochs * -(-len(run.prepared.train.x) // 16)
    assert run.vitals["epoch"].max() == epochs


def test_each_member_stops_by_itself_with_its_best_weights() -> None:
    stop = jr.EarlyStopping(patience=4)
    runs = jr.train([recipe(rate, stop=stop) for rate in (0.002, 0.02, 0.05, 0.1)], noisy())
    assert len({run.chronicle.epochs for run in runs}) > 1
    for run in runs:
        losses = run.history["valid/loss"].to_numpy()
        assert_stopped_rightly(run, losses, patience=4, delta=0.0)
        # The weights are that epoch's: evaluated anew, the loss is the one of the best epoch and
        # no other. (Another program sums 12 rows in another order: a few float32 roundings.)
        assert run.metrics["valid/loss"] == pytest.approx(losses[run.best_epoch - 1], rel=1e-5)
        assert np.sum(np.isclose(losses, run.metrics["valid/loss"], rtol=1e-5)) == 1


@pytest.mark.parametrize("delta", [0.0, 0.01, 0.3])
def test_progress_below_min_delta_does_not_count(delta: float) -> None:
    run = jr.train(recipe(stop=jr.EarlyStopping(patience=3, min_delta=delta)), noisy())
    assert_stopped_rightly(run, run.history["valid/loss"].to_numpy(), patience=3, delta=delta)


def test_accuracy_is_better_when_it_is_larger() -> None:
    stop = jr.EarlyStopping(patience=6, monitor="accuracy")
    run = jr.train(recipe(stop=stop), noisy())
    accuracies = run.history["valid/accuracy"].to_numpy()
    assert_stopped_rightly(run, -accuracies, patience=6, delta=0.0)
    assert run.best_epoch == 1 + int(np.argmax(accuracies))


def test_without_a_validation_part_the_training_part_is_monitored() -> None:
    run = jr.train(recipe(rate=0.3, stop=jr.EarlyStopping(patience=2), validation=0.0), noisy())
    assert not any(column.startswith("valid/") for column in run.history.columns)
    assert_stopped_rightly(run, run.history["train/loss"].to_numpy(), patience=2, delta=0.0)


def test_stop_none_trains_every_epoch_and_still_keeps_the_best() -> None:
    run = jr.train(recipe(rate=0.1, stop=None, epochs=25), noisy())
    losses = run.history["valid/loss"].to_numpy()
    assert run.result == "completed"
    assert run.chronicle.epochs == 25
    assert run.best_epoch == 1 + int(np.argmin(losses)) < 25
    assert run.metrics["valid/loss"] == pytest.approx(losses[run.best_epoch - 1], rel=1e-5)


def test_a_budget_that_is_spent_ends_the_training_after_an_epoch() -> None:
    run = jr.train(recipe(stop=None, epochs=25), noisy(), budget=1e-9)
    assert run.result == "budget"
    assert run.chronicle.epochs == run.best_epoch == 1


def test_structures_share_the_budget() -> None:
    recipes = [recipe(stop=None, epochs=25), recipe(stop=None, epochs=60)]
    runs = jr.train(recipes, noisy(), budget=1e-9)
    assert [run.result for run in runs] == ["budget", "budget"]


@pytest.mark.parametrize("budget", [0, -1.0, "1m"])
def test_a_budget_is_a_positive_number(budget: Any) -> None:
    with pytest.raises(JaramError, match="budget"):
        jr.train(recipe(), noisy(), budget=budget)


@pytest.mark.parametrize("monitor", ["accuracy", "r2", "rmse"])
def test_a_monitor_that_the_task_lacks_is_refused(monitor: str) -> None:
    x = noisy().x
    given = jr.Data(x, x[:, 0] * 1.7) if monitor == "accuracy" else noisy()
    with pytest.raises(JaramError, match=monitor):
        jr.train(recipe(stop=jr.EarlyStopping(monitor=monitor)), given)


def test_a_plateau_inside_a_warm_up_is_refused() -> None:
    # The trainer drives the plateau after each epoch; inside another schedule nobody would.
    with pytest.raises(JaramError, match=r"[Pp]lateau"):
        jr.train(recipe(schedule=jr.WarmUp(then=jr.ReduceOnPlateau())), noisy())
