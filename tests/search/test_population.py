"""Population-based training: decisions by hand, its lineage, and that a schedule is replayed."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from interrupted import interrupted

import jaram as jr
from jaram.searches.lineage import lineage, replayed
from jaram.searches.strategies import STRATEGIES
from jaram.searches.strategies.ask import Ask
from jaram.searches.strategies.population import PopulationBased
from jaram.searches.study import Settings, Trial

SPACE = jr.Space(
    jr.Recipe(
        network=(jr.Dense(jr.Choice(2, 4), "tanh"),),
        optimizer=jr.SGD(jr.LogUniform(1e-3, 1.0), momentum=jr.Uniform(0.0, 0.9)),
        penalties=(),
        batch_size=16,
        epochs=10,
        stop=None,
    )
)
SETTINGS = Settings("pbt", 10, 1, 0, "accuracy", "valid", 0.0, None, "")
PBT = PopulationBased()


def record(ask: Ask, score: float, status: str = "done", loss: float = 1.0) -> Trial:
    return Trial(
        *(ask.trial, ask.point, SPACE.at(np.array(ask.point)).values, (score,), loss, 1, 0.1),
        *(ask.rung, ask.share, status, ask.parent, (score,)),
    )


def first_round(scores: Sequence[float], units: Sequence[int]) -> list[Trial]:
    asks = [
        Ask(number, (0.25 if wide == 2 else 0.75, 0.5, 0.5), 0.1, 0)
        for number, wide in enumerate(units)
    ]
    return [record(ask, score) for ask, score in zip(asks, scores, strict=True)]


def test_the_worst_fifth_copies_the_best_fifth_and_moves_a_step() -> None:
    told = first_round([0.5, 0.9, 0.1, 0.6, 0.2, 0.8, 0.55, 0.65, 0.7, 0.75], [4] * 10)
    asks = {ask.trial: ask for ask in PBT.ask(SPACE, SETTINGS, told)}
    assert list(asks) == list(range(10))
    assert {ask.trial for ask in asks.values() if ask.parent is not None} == {2, 4}
    for number, ask in asks.items():
        assert (ask.rung, ask.share) == (1, 0.2)
        if number in (2, 4):
            assert ask.parent in (1, 5)
            assert ask.point[0] == 0.75  # structure stays
            np.testing.assert_allclose(np.abs(np.array(ask.point[1:]) - 0.5), 0.1)
        else:
            assert ask.point == told[number].point


def test_copies_stay_within_a_structure_and_the_lone_go_on() -> None:
    told = first_round([0.9, 0.1, 0.2, 0.3, 0.4], [4, 2, 2, 2, 2])
    asks = PBT.ask(SPACE, SETTINGS, told)
    assert [ask.parent for ask in asks] == [None, 4, None, None, None]
    alone = PBT.ask(SPACE, SETTINGS, first_round([0.5], [4]))
    assert [ask.parent for ask in alone] == [None]


def test_every_diverged_trial_is_replaced_and_a_family_of_them_ends() -> None:
    told = first_round([0.5, 0.6, 0.0, 0.0, 0.0], [4] * 5)
    told[2:] = [dataclasses.replace(one, status="diverged") for one in told[2:]]
    assert [ask.parent for ask in PBT.ask(SPACE, SETTINGS, told)] == [None, None, 1, 1, 1]
    lost = [dataclasses.replace(one, status="diverged") for one in told]
    assert PBT.ask(SPACE, SETTINGS, lost) == []


def test_equals_do_not_copy_one_another_and_knobs_turn_back_at_the_edge() -> None:
    assert {ask.parent for ask in PBT.ask(SPACE, SETTINGS, first_round([0.5] * 5, [4] * 5))} == {
        None
    }
    told = first_round([0.5, 0.6], [4, 4])
    told[1] = dataclasses.replace(told[1], point=(0.75, 0.0, 1.0))
    (child, _) = PBT.ask(SPACE, SETTINGS, told)
    np.testing.assert_allclose(child.point, (0.75, 0.1, 0.9))


def test_the_same_told_gives_the_same_asks_until_the_end() -> None:
    told: list[Trial] = []
    rounds = 0
    while asks := PBT.ask(SPACE, SETTINGS, told):
        assert asks == PBT.ask(SPACE, SETTINGS, list(told))
        told += [record(ask, 1 - abs(ask.point[1] - 0.6)) for ask in asks]
        rounds += 1
    assert rounds == 10
    assert told[-1].share == 1.0
    assert [one.share for one in told[::10]] == pytest.approx(np.arange(1, 11) / 10)
    short = jr.Space(dataclasses.replace(SPACE.recipe, epochs=3))
    assert PBT.ask(short, SETTINGS, [])[0].share == pytest.approx(1 / 3)


def test_a_lineage_is_the_knobs_that_the_weights_were_trained_with() -> None:
    low, high, between = (0.75, 0.1, 0.5), (0.75, 0.9, 0.5), (0.75, 0.8, 0.5)
    asks = [
        *(Ask(0, low, 0.25, 0), Ask(1, high, 0.25, 0)),
        *(Ask(0, between, 0.5, 1, parent=1), Ask(1, high, 0.5, 1)),
        *(Ask(0, between, 0.75, 2), Ask(1, low, 0.75, 2, parent=0)),
        *(Ask(0, between, 1.0, 3), Ask(1, low, 1.0, 3)),
    ]
    told = [record(ask, 0.5) for ask in asks]
    of_0, of_1 = lineage(told, told[-2]), lineage(told, told[-1])
    assert [(one.since, one.until, one.point) for one in of_0] == [
        (0.0, 0.25, high),
        (0.25, 1.0, between),
    ]
    assert [(one.since, one.until, one.point) for one in of_1] == [
        (0.0, 0.25, high),
        (0.25, 0.5, between),
        (0.5, 1.0, low),
    ]
    assert len(lineage(told, told[1])) == 1


def data() -> jr.Data:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(160, 4)).astype(np.float32)
    return jr.Data(x, (x[:, 0] * x[:, 1] > 0).astype(int))


def test_a_replay_without_a_change_is_the_plain_training() -> None:
    recipe = jr.Recipe(
        network=(jr.Dense(4, "tanh"),), optimizer=jr.SGD(0.1), batch_size=16, epochs=6, stop=None
    )
    (replay,) = replayed([[recipe]] * 3, [1 / 3, 2 / 3, 1.0], data())
    plain = jr.train(recipe, data())
    assert replay.history.drop("seconds").equals(plain.history.drop("seconds"))
    assert replay.metrics == plain.metrics
    slower = dataclasses.replace(recipe, optimizer=jr.SGD(1e-6))
    (stopped,) = replayed([[recipe], [slower]], [1 / 2, 1.0], data())
    rates = stopped.history["learning_rate"].to_list()
    assert rates == pytest.approx([0.1] * 3 + [1e-6] * 3)
    assert stopped.history["train/loss"][:3].equals(plain.history["train/loss"][:3])


@dataclasses.dataclass(frozen=True)
class Fixed:
    """The same population without exploit and explore."""

    def ask(self, space: jr.Space, settings: Settings, told: Sequence[Trial]) -> list[Ask]:
        return (
            []
            if told
            else [dataclasses.replace(ask, share=1.0) for ask in PBT.ask(space, settings, [])]
        )


def noisy_slope(seed: int) -> tuple[jr.Space, jr.Data]:
    """Least squares through noise in minibatches of one, with directions of unequal slope, judged
    without the noise: a high rate is quick and stays restless, a low one is calm and late; a rate
    that falls is both (Robbins & Monro, 1951)."""
    rng = np.random.default_rng(seed)
    rng.normal(size=8)
    turn = np.linalg.qr(np.random.default_rng(5).normal(size=(8, 8)))[0]

    def drawn(rows: int) -> np.ndarray:
        spread = rng.normal(size=(rows, 8)) @ (np.linspace(1, 1 / 3, 8)[:, None] * turn)
        return np.asarray(spread, np.float32)

    x, valid, slope = drawn(400), drawn(200), np.linspace(1, 8, 8)
    recipe = jr.Recipe(
        network=(),
        optimizer=jr.SGD(jr.LogUniform(1e-5, 0.05)),
        penalties=(),
        averaging=None,
        batch_size=1,
        epochs=10,
        stop=None,
        scale="none",
    )
    y = x @ slope + 10 * rng.normal(size=400)
    return jr.Space(recipe), jr.Data(x, y, valid=(valid, valid @ slope))


def test_on_a_noisy_slope_it_beats_fixed_rates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Same first points, same epochs: what the best leaves unexplained at the end, and that its
    rate fell."""
    monkeypatch.setitem(STRATEGIES, "fixed", Fixed())
    left: dict[str, list[float]] = {"pbt": [], "fixed": []}
    for seed in range(3):
        space, slope = noisy_slope(seed)
        for name in left:
            study = jr.search(space, slope, strategy=name, trials=20, seed=seed, confirm=2)
            best = max((one for one in study.trials if one.curve), key=lambda one: one.curve[-1])
            left[name].append(1 - best.curve[-1])
            if name == "pbt":
                course = lineage(study.records, best)
                assert course[-1].point < course[0].point
    assert all(moving < fixed for moving, fixed in zip(left["pbt"], left["fixed"], strict=True))


def test_the_winner_is_confirmed_with_its_changes_and_told_of(tmp_path: Path) -> None:
    study = jr.search(SPACE, data(), strategy="pbt", trials=6, confirm=2, out=tmp_path / "s")
    assert study.best is not None
    rates = study.best.history["learning_rate"].to_list()
    expected = [
        stretch.values["optimizer.learning_rate"]
        for stretch in study.schedule
        for _ in range(math.ceil(stretch.since * 10), math.ceil(stretch.until * 10))
    ]
    assert rates == pytest.approx(expected, rel=1e-5)
    told = study.report("en")
    if len(study.schedule) > 1:
        assert "changed on the way, after epoch" in told
    assert jr.Study.open(tmp_path / "s").schedule == study.schedule


def test_an_interrupted_population_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {"strategy": "pbt", "trials": 5, "confirm": 2}
    whole = jr.search(SPACE, data(), **asked)  # type: ignore[arg-type]
    interrupted(monkeypatch, 5, lambda: jr.search(SPACE, data(), out=tmp_path / "s", **asked))
    resumed = jr.search(SPACE, data(), out=tmp_path / "s", **asked)  # type: ignore[arg-type]
    assert resumed.table.drop("seconds").equals(whole.table.drop("seconds"))
    assert resumed.schedule == whole.schedule
