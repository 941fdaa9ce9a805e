"""Panda: its rules by hand, that it recovers from a hopeless rate, and its log."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from interrupted import interrupted

import jaram as jr
from jaram.searches.strategies.panda import PANDA, Panda
from jaram.searches.study import Settings, Trial

SPACE = jr.Space(
    jr.Recipe(
        network=(jr.Dense(4, "tanh"), jr.Dropout(jr.Uniform(0.0, 0.5))),
        optimizer=jr.SGD(jr.LogUniform(1e-4, 1.0)),
        penalties=(jr.L2(jr.LogUniform(1e-6, 1e-2)),),
        epochs=10,
    )
)
SETTINGS = Settings("panda", 64, 1, 0, "accuracy", "valid", 0.0, None, "")
RATE = "optimizer.learning_rate"


def stretch(
    number: int,
    epochs: int,
    ends: tuple[float, float] | None,
    parent: int | None = None,
    point: tuple[float, ...] = (0.5, 0.5, 0.5),
) -> Trial:
    status = "done" if ends else "diverged"
    return Trial(
        *(number, point, SPACE.at(np.array(point)).values, (0.5,), 1.0, 1, 0.1),
        *(0, epochs / 10, status, parent, (0.5,) * epochs, ends),
    )


FIRST = stretch(0, 1, (1.0, 1.2))


@pytest.mark.parametrize(
    ("ends", "seen", "factor", "regularized", "back"),
    [
        (None, "diverged", 0.1, 0.0, 0),
        ((1.2, 1.3), "rising", 1 / 3, 0.0, 0),
        ((1.05, 1.3), "plateau", 0.5, 0.0, 1),  # up, but by less than a tenth
        ((0.8, 1.25), "overfitting", 1.0, 0.1, 1),
        ((0.999, 1.1), "plateau", 0.5, 0.0, 1),
        ((0.98, 1.1), "slow", 1.5, 0.0, 1),
        ((0.8, 1.1), "steady", 1.0, 0.0, 1),
    ],
)
def test_each_rule_by_hand(
    ends: tuple[float, float] | None, seen: str, factor: float, regularized: float, back: int
) -> None:
    told = [FIRST, stretch(1, 2, ends, parent=0)]
    decision = PANDA.decided(SPACE, told)
    assert (decision.seen, decision.back_to) == (seen, back)
    values = SPACE.at(np.array(decision.point)).values
    assert values[RATE] == pytest.approx(0.01 * factor)
    rates = list(SPACE.dimensions).index(RATE)
    others = [share for place, share in enumerate(decision.point) if place != rates]
    assert others == pytest.approx([0.5 + regularized] * 2)
    (ask,) = PANDA.ask(SPACE, SETTINGS, told)
    assert (ask.trial, ask.rung, ask.parent) == (2, 0, back)
    assert ask.share == pytest.approx(0.2 if back == 0 else 0.3)
    assert ask.point == decision.point


def test_it_begins_in_the_middle_and_starts_over_where_nothing_is_good_yet() -> None:
    (first,) = PANDA.ask(SPACE, SETTINGS, [])
    assert (first.point, first.share, first.parent) == ((0.5,) * 3, 0.1, None)
    (again,) = PANDA.ask(SPACE, SETTINGS, [stretch(0, 1, None)])
    assert (again.trial, again.parent, again.share) == (1, None, 0.1)
    assert SPACE.at(np.array(again.point)).values[RATE] == pytest.approx(0.001)


def test_a_rate_that_was_given_up_is_not_tried_again() -> None:
    lost = stretch(1, 2, None, parent=0)  # at 0.01
    near = SPACE.at(np.array((0.5,) * 3))
    assert near.values[RATE] == pytest.approx(0.01)
    fine = (0.5, np.log(0.005 / 1e-4) / np.log(1e4), 0.5)
    told = [FIRST, lost, stretch(2, 2, (0.98, 1.1), parent=0, point=fine)]
    assert PANDA.decided(SPACE, told).seen == "steady"  # slow, but 0.0075 is too near to 0.01
    low = (0.5, np.log(0.002 / 1e-4) / np.log(1e4), 0.5)
    told[2] = stretch(2, 2, (0.98, 1.1), parent=0, point=low)
    assert PANDA.decided(SPACE, told).seen == "slow"


def test_knobs_stay_within_their_ranges() -> None:
    ends = {"high": (1.0, 1.0, 1.0), "low": (0.0, 0.0, 0.0)}
    told = [FIRST, stretch(1, 2, (0.8, 1.25), parent=0, point=ends["high"])]
    assert PANDA.decided(SPACE, told).point == ends["high"]
    told[1] = stretch(1, 2, (0.999, 1.1), parent=0, point=ends["low"])
    assert PANDA.decided(SPACE, told).point == pytest.approx(ends["low"])


def test_a_rise_that_is_no_fault_of_the_rate_is_let_pass() -> None:
    rates = list(SPACE.dimensions).index(RATE)
    more = tuple(0.5 if place == rates else 0.6 for place in range(3))
    held_back = [FIRST, stretch(1, 2, (1.2, 1.3), parent=0, point=more)]
    assert PANDA.decided(SPACE, held_back).seen == "steady"
    tiny = [FIRST, stretch(1, 2, (0.001, 0.1), parent=0), stretch(2, 3, (0.002, 0.1), parent=1)]
    assert PANDA.decided(SPACE, tiny).seen == "steady"
    lowest = tuple(0.0 if place == rates else 0.5 for place in range(3))
    no_lower = [FIRST, stretch(1, 2, (1.2, 1.3), parent=0, point=lowest)]
    assert (PANDA.decided(SPACE, no_lower).seen, PANDA.decided(SPACE, no_lower).back_to) == (
        "steady",
        1,
    )
    hopeless = [stretch(0, 1, None, point=lowest)]
    assert PANDA.ask(SPACE, SETTINGS, hopeless) == []


def test_it_ends_at_the_whole_length_at_the_last_trial_and_when_stopped() -> None:
    done = [FIRST, stretch(1, 10, (0.5, 0.6), parent=0)]
    assert PANDA.ask(SPACE, SETTINGS, done) == []
    few = dataclasses.replace(SETTINGS, trials=2)
    (last,) = PANDA.ask(SPACE, few, [FIRST])
    assert last.share == 1.0
    assert PANDA.ask(SPACE, few, [FIRST, FIRST]) == []
    stopped = dataclasses.replace(stretch(1, 2, (0.5, 0.6), parent=0), share=0.5)
    assert PANDA.ask(SPACE, SETTINGS, [FIRST, stopped]) == []
    assert Panda(looks=4).ask(SPACE, SETTINGS, [])[0].share == 0.25


def line() -> tuple[jr.Recipe, jr.Data]:
    """Least squares: descent diverges beyond a rate of 2 over the largest curvature."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 6)).astype(np.float32)
    recipe = jr.Recipe(
        network=(), penalties=(), averaging=None, batch_size="full", epochs=40, stop=None
    )
    return recipe, jr.Data(x, x @ np.arange(1.0, 7.0))


def test_it_recovers_from_a_rate_a_hundred_times_too_large(tmp_path: Path) -> None:
    recipe, data = line()
    x = np.asarray(jr.train(dataclasses.replace(recipe, epochs=1), data).prepared.train.x)  # type: ignore[union-attr]
    curvature = np.linalg.eigvalsh(2 * x.T @ x / len(x))[-1]  # of the mean squared error
    edge = 2 / float(curvature)
    middle = 100 * edge
    lost = jr.train(dataclasses.replace(recipe, optimizer=jr.SGD(middle)), data)
    assert lost.result == "diverged"
    varied = jr.SGD(jr.LogUniform(middle / 1e4, middle * 1e4))
    space = jr.Space(dataclasses.replace(recipe, optimizer=varied))
    study = jr.search(space, data, strategy="panda", confirm=2, out=tmp_path / "s")
    assert study.values[RATE] < edge
    assert study.interval.low > 0.99
    log = PANDA.log(space, study.records)
    assert any(decision.goes_back for decision in log)
    told = study.report("en")
    assert "What was done on the way:" in told
    assert "back to the last look. optimizer.learning_rate" in told
    assert "dropped early" not in told
    assert "학습 도중에 한 일:" in study.report("ko")
    assert jr.Study.open(tmp_path / "s").report("en").splitlines()[:5] == told.splitlines()[:5]


def test_an_interrupted_panda_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe, data = line()
    space = jr.Space(dataclasses.replace(recipe, optimizer=jr.SGD(jr.LogUniform(1e-3, 10.0))))
    whole = jr.search(space, data, strategy="panda", trials=9, confirm=2)
    interrupted(
        monkeypatch,
        5,
        lambda: jr.search(space, data, strategy="panda", trials=9, confirm=2, out=tmp_path / "s"),
    )
    resumed = jr.search(space, data, strategy="panda", trials=9, confirm=2, out=tmp_path / "s")
    assert resumed.table.drop("seconds").equals(whole.table.drop("seconds"))
    assert PANDA.log(space, resumed.records) == PANDA.log(space, whole.records)


def test_without_a_rate_to_adjust_it_says_so() -> None:
    recipe, data = line()
    space = jr.Space(dataclasses.replace(recipe, penalties=(jr.L2(jr.LogUniform(1e-4, 0.1)),)))
    with pytest.raises(jr.UsageError, match=r"vary optimizer\.learning_rate"):
        jr.search(space, data, strategy="panda", confirm=2)
