"""The rounds of a search: who goes on from what, and that a lost state changes no number."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from interrupted import interrupted

import jaram as jr
from jaram.errors import UsageError
from jaram.searches.loop import Loop
from jaram.searches.strategies import STRATEGIES
from jaram.searches.strategies.ask import Ask
from jaram.searches.study import Settings, Trial

SPACE = jr.Space(
    jr.Recipe(
        network=(jr.Dense(4, "tanh"),),
        optimizer=jr.SGD(jr.LogUniform(1e-3, 1.0), momentum=0.9),
        penalties=(),
        batch_size=16,
        epochs=6,
        stop=None,
    )
)


def data() -> jr.Data:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(160, 4)).astype(np.float32)
    return jr.Data(x, (x[:, 0] * x[:, 1] > 0).astype(int))


@dataclasses.dataclass(frozen=True)
class Scripted:
    """A strategy that asks what stands in a script."""

    rounds: tuple[tuple[Ask, ...], ...]

    def ask(self, space: jr.Space, settings: Settings, told: Sequence[Trial]) -> list[Ask]:
        sizes = np.cumsum([0, *(len(asks) for asks in self.rounds)]).tolist()
        done = sizes.index(len(told))
        return list(self.rounds[done]) if done < len(self.rounds) else []


LOW, MIDDLE, HIGH = (0.1,), (0.5,), (0.9,)
POPULATION = Scripted(
    (
        (Ask(0, LOW, 1 / 3, 0), Ask(1, MIDDLE, 1 / 3, 0), Ask(2, HIGH, 1 / 3, 0)),
        # 0 takes 2's state and knobs near its; 1 changes its own knobs.
        (Ask(0, (0.8,), 2 / 3, 1, parent=2), Ask(1, HIGH, 2 / 3, 1), Ask(2, HIGH, 2 / 3, 1)),
        (Ask(0, (0.8,), 1.0, 2), Ask(1, LOW, 1.0, 2, parent=0), Ask(2, HIGH, 1.0, 2)),
    )
)
"""Population-based training by hand."""


def found(
    monkeypatch: pytest.MonkeyPatch, strategy: Scripted, out: Path | None = None, **more: object
) -> jr.Study:
    monkeypatch.setitem(STRATEGIES, "scripted", strategy)
    return jr.search(SPACE, data(), strategy="scripted", trials=3, confirm=2, out=out, **more)  # type: ignore[arg-type]


def test_a_child_goes_on_from_its_parents_state(monkeypatch: pytest.MonkeyPatch) -> None:
    study = found(monkeypatch, POPULATION)
    by_key = {(trial.number, trial.rung): trial for trial in study.records}
    assert list(by_key) == [(trial, rung) for rung in range(3) for trial in range(3)]
    assert [by_key[0, 1].parent, by_key[1, 1].parent, by_key[1, 2].parent] == [2, None, 0]
    # What was seen of the state goes with it; what it was trained for does not.
    assert by_key[0, 1].curve[:2] == by_key[2, 0].curve
    assert by_key[1, 1].curve[:2] == by_key[1, 0].curve
    assert by_key[1, 2].curve[:4] == by_key[0, 1].curve
    assert by_key[0, 0].curve != by_key[2, 0].curve
    assert [trial.epochs for trial in study.trials] == [6, 6, 6]
    assert all(trial.status == "done" for trial in study.trials)
    assert len(study.trials[0].curve) == 6


def test_the_same_knobs_from_the_same_state_are_the_same_training(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A child with its parent's knobs is its parent."""
    twins = Scripted(
        (
            (Ask(0, LOW, 0.5, 0), Ask(1, HIGH, 0.5, 0)),
            (Ask(0, HIGH, 1.0, 1, parent=1), Ask(1, HIGH, 1.0, 1)),
        )
    )
    child, parent = found(monkeypatch, twins).trials
    assert child.curve == parent.curve
    assert child.loss == parent.loss


def test_a_state_that_is_gone_is_trained_again(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = found(monkeypatch, POPULATION)
    kept = Loop.make_room

    def forget(loop: Loop) -> None:
        kept(loop)
        loop.at_rest.clear()

    monkeypatch.setattr(Loop, "make_room", forget)
    again = found(monkeypatch, POPULATION)
    assert again.table.drop("seconds").equals(whole.table.drop("seconds"))
    assert [one.curve for one in again.trials] == [one.curve for one in whole.trials]


@pytest.mark.parametrize("rounds", [1, 2])
def test_an_interrupted_population_goes_on(
    rounds: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    whole = found(monkeypatch, POPULATION)
    interrupted(monkeypatch, rounds, lambda: found(monkeypatch, POPULATION, tmp_path / "s"))
    resumed = found(monkeypatch, POPULATION, tmp_path / "s")
    assert resumed.table.drop("seconds").equals(whole.table.drop("seconds"))
    assert [one.curve for one in resumed.trials] == [one.curve for one in whole.trials]
    opened = jr.Study.open(tmp_path / "s")
    assert opened.records == resumed.records


def test_a_parent_of_another_structure_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    space = jr.Space(
        dataclasses.replace(SPACE.recipe, network=(jr.Dense(jr.Choice(4, 8), "tanh"),))
    )
    mixed = Scripted(
        (
            (Ask(0, (0.1, 0.5), 0.5, 0), Ask(1, (0.9, 0.5), 0.5, 0)),
            (Ask(0, (0.1, 0.5), 1.0, 1, parent=1),),
        )
    )
    monkeypatch.setitem(STRATEGIES, "scripted", mixed)
    with pytest.raises(UsageError, match="Trial 0 cannot go on from trial 1"):
        jr.search(space, data(), strategy="scripted", trials=2, confirm=2)


def test_a_trial_that_is_not_asked_on_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    halves = Scripted(((Ask(0, LOW, 0.5, 0), Ask(1, HIGH, 0.5, 0)), (Ask(1, HIGH, 1.0, 1),)))
    study = found(monkeypatch, halves)
    assert [trial.status for trial in study.trials] == ["dropped", "done"]
    assert study.winner is study.trials[1]


@pytest.mark.parametrize("strategy", ["asha", "hyperband"])
def test_a_strategy_with_rungs_is_trained_and_gone_on_with(strategy: str, tmp_path: Path) -> None:
    """Each round's states serve the next; read back from the folder, the trials are the same."""
    asked = {"strategy": strategy, "trials": 20, "confirm": 2}
    study = jr.search(SPACE, data(), out=tmp_path / "s", **asked)  # type: ignore[arg-type]
    assert {trial.share for trial in study.records if trial.status == "done"} >= {1.0}
    for trial in study.trials:
        assert trial.epochs == np.ceil(trial.share * 6)
        assert len(trial.curve) == trial.epochs
    assert study.winner is not None
    assert study.winner.share == 1.0
    records = tmp_path / "s" / "trials.jsonl"
    records.write_text("".join(line + "\n" for line in records.read_text().splitlines()[:9]))
    (tmp_path / "s" / "study.json").write_text(
        (tmp_path / "s" / "study.json").read_text().replace('"confirmed"', '"unconfirmed"')
    )
    again = jr.search(SPACE, data(), out=tmp_path / "s", **asked)  # type: ignore[arg-type]
    assert [trial.curve for trial in again.trials] == [trial.curve for trial in study.trials]
