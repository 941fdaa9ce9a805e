"""Studies made by hand: importance against a known truth, ties, the words of the report."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest

import jaram as jr
from jaram.searches.study import Confirmed, Settings, Study, Trial, finalists
from jaram.searches.telling import tied

SPACE = jr.Space(
    jr.Recipe(
        network=(jr.Dense(jr.Choice(8, 16, 32)),),
        optimizer=jr.Choice(jr.SGD(jr.LogUniform(1e-3, 1)), jr.Adam()),
    )
)
SETTINGS = Settings("random", 0, 1, 0, "accuracy", "valid", 0.0, 100, "")


def made(score: Callable[[dict[str, object]], float], count: int = 300) -> Study:
    """A study whose scores are a function of the drawn values."""
    points = np.random.default_rng(0).random((count, len(SPACE.dimensions)))
    trials = []
    for number, point in enumerate(points):
        values = SPACE.at(point).values
        trials.append(
            Trial(number, tuple(point), values, (score(values),), 0.5, 9, 0.1, 0, 1.0, "done")
        )
    return Study(SPACE, SETTINGS, tuple(trials))


def test_importance_is_the_share_of_the_variance() -> None:
    """A third at each of −0.3, 0 and 0.3, and half at 0 or 0.2."""
    width = {8: -0.3, 16: 0.0, 32: 0.3}
    found = made(
        lambda values: width[values["network[0].units"]] + 0.2 * (values["optimizer"] == "sgd")  # type: ignore[index]
    ).importance()
    shares = dict(zip(found["path"], found["importance"], strict=True))
    by_width, by_optimizer = 0.3**2 * 2 / 3, 0.1**2
    truth = by_width / (by_width + by_optimizer)
    assert shares["network[0].units"] == pytest.approx(truth, abs=0.05)
    assert shares["optimizer"] == pytest.approx(1 - truth, abs=0.05)
    assert shares["optimizer|sgd.learning_rate"] < 0.02
    assert found["path"][0] == "network[0].units"


def test_importance_of_nothing_is_nothing() -> None:
    for study in (made(lambda _: 0.5), made(lambda _: 0.5, count=2)):
        assert study.importance()["importance"].is_nan().all()
        assert "Nothing that was varied" in concluded(study).report("en")


def test_brackets_that_end_together_are_compared_whatever_their_rungs() -> None:
    """Hyperband's last bracket trains whole at its first rung, its first one at its last."""
    scores = [(0.90, 2, 1.0), (0.95, 0, 1.0), (0.99, 1, 1 / 3), (0.94, 1, 1.0)]
    trials = tuple(
        dataclasses.replace(trial, scores=(score,), rung=rung, share=share)
        for trial, (score, rung, share) in zip(made(lambda _: 0.5, 4).trials, scores, strict=True)
    )
    assert [trial.number for trial in finalists(trials)] == [1, 3, 0]
    study = Study(SPACE, SETTINGS, trials)
    assert study.winner is trials[1]
    assert tied(study) == 1  # of 100 rows: 0.94, not 0.90


def test_a_value_that_was_not_drawn_is_null() -> None:
    table = made(lambda _: 0.5).table
    is_sgd = table["optimizer"] == "sgd"
    assert (table["optimizer|sgd.learning_rate"].is_null() == ~is_sgd).all()


def concluded(study: Study) -> Study:
    assert study.winner is not None
    confirmed = Confirmed(study.winner.number, study.winner.score, (0.4, 0.45, 0.5))
    return dataclasses.replace(study, confirmed=confirmed)


def test_ties_are_told() -> None:
    """Of 100 rows, 90% right is known to ±3%."""
    scores = iter([0.9, 0.88, 0.86, 0.5, 0.9] + [0.1] * 20)
    study = made(lambda _: next(scores), count=25)
    assert study.winner is study.trials[0]
    assert tied(study) == 2
    assert "2 other trials are as good" in concluded(study).report("en")
    assert "다른 시행 2개" in concluded(study).report("ko")


def test_the_report_tells_score_interval_and_luck() -> None:
    study = concluded(made(lambda values: 0.9 if values["optimizer"] == "sgd" else 0.3))
    told = study.report("en")
    assert "300 trials over 3 dimensions" in told
    # 4.303 · 0.05 / √3 to either side
    assert "On 3 fresh seeds its accuracy is 0.45 (95%: 0.3258 to 0.5742)." in told
    assert "it was 0.9: 0.45 of that was the luck" in told
    assert "  optimizer = sgd\n" in told
    assert study.confirmed is not None
    assert study.confirmed.optimism == pytest.approx(0.45)


def test_members_fill_whole_lanes_on_each_device() -> None:
    from jaram.searches.cohort import _shared_out
    from jaram.training.layout import Plan

    plan = Plan(
        task=None,  # type: ignore[arg-type]
        takes_vitals=False,
        is_short=True,
        has_valid=True,
        train_blocks=1,
        chunks=2,
        lanes=2,
        devices=2,
        capacity=1,
    )
    assert _shared_out(4, plan).tolist() == [0, 1, 4, 5]  # a lane of each device
    assert _shared_out(3, plan).tolist() == [0, 1, 4]
    assert _shared_out(8, plan).tolist() == list(range(8))


def test_a_search_whose_trials_all_explode_says_that_none_is_worth_choosing() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(80, 3))
    data = jr.Data(x, x.sum(axis=1), task="regression")
    space = jr.Recipe(
        network=(jr.Dense(4),),
        optimizer=jr.Adam(jr.LogUniform(1e6, 1e9)),
        batch_size=32,
        epochs=2,
        stop=None,
    )
    study = jr.search(space, data, trials=3, confirm=2)
    assert study.winner is not None
    assert study.winner.score == -1
    told = study.report("en")
    assert "is ≤ -1" in told
    assert "far worse than always answering with the mean" in told
    assert "luck" not in told
    assert "늘 평균으로만" in study.report("ko")
