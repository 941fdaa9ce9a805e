"""Optuna's samplers as strategies, and the study of Optuna that follows a search."""

from __future__ import annotations

import builtins
import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from interrupted import interrupted

import jaram as jr
from jaram.cli.main import run
from jaram.searches.optuna_params import as_optuna, params_of, share_of, suggested
from jaram.searches.optuna_storage import Follower
from jaram.searches.strategies import STRATEGIES
from jaram.searches.strategies.ask import Ask
from jaram.searches.study import Settings, Trial

optuna = pytest.importorskip("optuna")

SPACE = jr.Space(
    jr.Recipe(
        network=(jr.Dense(jr.IntLogUniform(2, 64), "tanh"), jr.Dropout(jr.Uniform(0.0, 0.5))),
        optimizer=jr.Choice(
            jr.SGD(jr.LogUniform(1e-3, 1.0), momentum=1 - jr.LogUniform(0.01, 0.5)),
            jr.Adam(jr.LogUniform(1e-4, 0.1)),
        ),
        epochs=jr.IntUniform(2, 9),
    )
)
SMALL = jr.Recipe(
    network=(jr.Dense(4, "tanh"),),
    optimizer=jr.Choice(jr.SGD(jr.LogUniform(1e-3, 1.0)), jr.Adam(jr.LogUniform(1e-4, 0.1))),
    penalties=(),
    epochs=3,
    stop=None,
)
SETTINGS = Settings("tpe", 64, 1, 0, "accuracy", "valid", 0.0, None, "")


def trial(ask: Ask, score: float, space: jr.Space = SPACE) -> Trial:
    """The record of an ask that came to ``score``."""
    values = space.at(np.array(ask.point)).values
    return Trial(ask.trial, ask.point, values, (score,), 1.0, 5, 0.1, ask.rung, ask.share, "done")


@given(st.lists(st.floats(0, 1), min_size=7, max_size=7))
def test_a_point_goes_to_optuna_and_back(point: list[float]) -> None:
    """Values survive the way there and back, and unused dimensions are not on it."""
    drawn = SPACE.at(np.array(point))
    params, distributions = params_of(SPACE, drawn.values)
    assert len(params) == len(drawn.values) < len(SPACE.dimensions)
    fixed = optuna.trial.FixedTrial(params)
    again = SPACE.at(np.array(suggested(SPACE, fixed))).values
    assert again.keys() == drawn.values.keys()
    for path, value in drawn.values.items():
        assert again[path] == (
            pytest.approx(value, rel=1e-9) if isinstance(value, float) else value
        )
    assert fixed.distributions == distributions


@pytest.mark.parametrize("value", range(2, 65))
def test_every_whole_number_has_a_share_of_its_own(value: int) -> None:
    for distribution in (jr.IntLogUniform(2, 64), jr.IntUniform(2, 64)):
        assert distribution.at(share_of(distribution, value)) == value


def test_distributions_are_the_same_values() -> None:
    momentum = as_optuna(1 - jr.LogUniform(0.01, 0.5))
    assert (momentum.low, momentum.high, momentum.log) == (0.01, 0.5, True)
    assert as_optuna(jr.Choice("relu", "tanh")).choices == ("relu", "tanh")
    assert set(SPACE.dimensions) >= {"optimizer|sgd.momentum", "optimizer|adam.learning_rate"}


@pytest.mark.parametrize("name", ["tpe", "gp"])
def test_the_same_told_gives_the_same_asks(name: str) -> None:
    if name == "gp":
        pytest.importorskip("torch")
    strategy, space = STRATEGIES[name], SPACE if name == "tpe" else jr.Space(SMALL)
    first = strategy.ask(space, SETTINGS, [])
    assert [ask.trial for ask in first] == list(range(8))
    assert len({ask.point for ask in first}) == 8
    told = [trial(ask, 0.1 * ask.trial, space) for ask in first]
    second = strategy.ask(space, SETTINGS, told)
    assert [ask.trial for ask in second] == list(range(8, 16))
    told += [trial(ask, 0.5, space) for ask in second]
    third = strategy.ask(space, SETTINGS, told)
    assert third == strategy.ask(space, SETTINGS, told)
    assert third != strategy.ask(space, dataclasses.replace(SETTINGS, seed=1), told)
    full = [dataclasses.replace(told[0], number=number) for number in range(64)]
    assert strategy.ask(space, SETTINGS, full) == []
    assert len(strategy.ask(space, SETTINGS, full[:61])) == 3


def test_tpe_looks_where_it_was_good() -> None:
    """Of 64 trials random ones would have 13 ± 3 within a tenth of the best place."""
    space = jr.Space(jr.Recipe(optimizer=jr.SGD(jr.LogUniform(1e-5, 10.0))))
    told: list[Trial] = []
    while asks := STRATEGIES["tpe"].ask(space, SETTINGS, told):
        told += [trial(ask, 1 - abs(ask.point[0] - 0.3), space) for ask in asks]
    assert len(told) == 64
    assert sum(one.score > 0.9 for one in told) >= 26


def records_of(rounds: Sequence[Sequence[tuple[int, int, float, float, str]]]) -> list[Trial]:
    space = jr.Space(SMALL)
    return [
        Trial(
            number,
            (0.1, 0.5, 0.5),
            space.at(np.array((0.1, 0.5, 0.5))).values,
            (score,),
            1.0,
            round(9 * share),
            0.1,
            rung,
            share,
            status,
            curve=(score,) * round(9 * share),
        )
        for one in rounds
        for number, rung, share, score, status in one
    ]


def test_rungs_are_intermediate_values_and_the_dropped_are_pruned(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/o.db"
    follower = Follower(url, "halving", jr.Space(SMALL), SETTINGS)
    first = records_of([[(0, 0, 1 / 3, 0.5, "done"), (1, 0, 1 / 3, 0.6, "done")]])
    follower.follow(first)
    running = optuna.load_study(study_name="halving", storage=url)
    assert [one.state.name for one in running.trials] == ["RUNNING", "RUNNING"]
    last = [dataclasses.replace(first[0], status="dropped"), first[1]]
    last += records_of([[(1, 1, 1.0, 0.8, "done"), (2, 0, 1 / 3, 0.0, "diverged")]])
    again = Follower(url, "halving", jr.Space(SMALL), SETTINGS)  # another process goes on
    for _ in range(2):  # and writing twice changes nothing
        again.follow(last)
    found = optuna.load_study(study_name="halving", storage=url).trials
    assert [one.state.name for one in found] == ["PRUNED", "COMPLETE", "COMPLETE"]
    assert found[1].intermediate_values == {3: 0.6, 9: 0.8}
    assert [one.value for one in found] == [0.5, 0.8, 0.0]
    assert found[0].params == {
        "optimizer": "sgd",
        "optimizer|sgd.learning_rate": pytest.approx(0.0316, rel=1e-2),
    }


def test_a_search_is_followed_by_a_study_of_optuna(tmp_path: Path) -> None:
    study = jr.search(
        SMALL, jr.load("iris"), strategy="tpe", trials=10, confirm=2, out=tmp_path / "s"
    )
    followed = optuna.load_study(study_name="s", storage=f"sqlite:///{tmp_path}/s/optuna.db")
    assert len(followed.trials) == 10
    for own, theirs in zip(study.trials, followed.trials, strict=True):
        assert theirs.value == pytest.approx(own.score)
        assert theirs.params == {
            path: pytest.approx(v) if isinstance(v, float) else v for path, v in own.values.items()
        }
        assert theirs.intermediate_values == {3: pytest.approx(own.score)}
    assert followed.best_value == max(one.score for one in study.trials)


def test_an_interrupted_search_goes_on_with_the_same_trials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Any] = {"strategy": "tpe", "trials": 6, "confirm": 2}
    whole = jr.search(SMALL, jr.load("iris"), **asked)
    interrupted(
        monkeypatch, 3, lambda: jr.search(SMALL, jr.load("iris"), out=tmp_path / "s", **asked)
    )
    half = optuna.load_study(study_name="s", storage=f"sqlite:///{tmp_path}/s/optuna.db")
    assert len(half.trials) == 3
    resumed = jr.search(SMALL, jr.load("iris"), out=tmp_path / "s", **asked)
    assert resumed.table.drop("seconds").equals(whole.table.drop("seconds"))
    assert len(half.trials) == 6


def test_another_strategy_is_followed_where_a_storage_is_named(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/all.db"
    asked: dict[str, Any] = {"strategy": "caviar", "trials": 3, "confirm": 2, "storage": url}
    jr.search(SMALL, jr.load("iris"), **asked)
    jr.search(SMALL, jr.load("iris"), **asked)  # the same again
    (name,) = optuna.get_all_study_names(url)
    states = [one.state.name for one in optuna.load_study(study_name=name, storage=url).trials]
    assert states == ["PRUNED", "PRUNED", "COMPLETE"] or sorted(states) == [
        "COMPLETE",
        "PRUNED",
        "PRUNED",
    ]
    with pytest.raises(jr.RunError, match=r"another search \(it differs in: seed\)"):
        jr.search(SMALL, jr.load("iris"), seed=1, **asked)


def test_wrong_storages_and_missing_extras_are_told_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JARAM_LANG", "en")
    for url in ("nonsense", "sqlite:///no/such/folder/o.db", "oracle+none://x/y"):
        assert run(["search", "iris", "--trials", "2", "--storage", url]) == 2
        assert "can't be opened" in capsys.readouterr().err
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.partition(".")[0] == "optuna":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    assert run(["search", "iris", "--strategy", "tpe", "--trials", "2"]) == 2
    assert "pip install 'jaram[optuna]'" in capsys.readouterr().err
    assert not (tmp_path / "searches").exists()


def test_the_command_names_the_dashboard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["--epochs", "2", "--network", "dense 4 tanh", "--trials", "3", "--strategy", "tpe"]
    rate = ["--vary", "optimizer.learning_rate=log:1e-3..1e-1"]
    assert run(["search", "iris", *words, *rate, "--out", "s"]) == 0
    assert "optuna-dashboard sqlite:///s/optuna.db" in capsys.readouterr().out
    card = json.loads((tmp_path / "s" / "study.json").read_text(encoding="utf-8"))
    assert card["settings"]["strategy"] == "tpe"
