"""Care leaves a healthy training alone to the bit, and turns a sick one round on the way."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import jaram as jr
from jaram.cli.main import run as command
from jaram.doctor.care import MOST_INTERVENTIONS, train_with_care
from jaram.progress import EpochReport


def recipe(rate: float, **fields: object) -> jr.Recipe:
    given = {"network": (jr.Dense(16, "relu"),), "epochs": 15, "stop": None} | fields
    return jr.Recipe(optimizer=jr.SGD(learning_rate=rate), **given)


@pytest.fixture(scope="module")
def digits() -> jr.Data:
    return jr.load("digits")


def test_a_healthy_training_is_the_same_to_the_bit(digits: jr.Data) -> None:
    cared = train_with_care(recipe(0.1), digits)
    plain = jr.train(recipe(0.1), digits)
    assert cared.log == ()
    assert np.array_equal(cared.run.steps, plain.steps)
    assert cared.run.metrics == plain.metrics
    assert cared.run.recipe == plain.recipe


def test_a_training_that_diverges_goes_back_and_on_with_the_best(
    tmp_path: Path, digits: jr.Data
) -> None:
    cared = train_with_care(recipe(20.0), digits, out=tmp_path / "run")
    assert cared.run.metrics["valid/accuracy"] > 0.85
    first = cared.log[0]
    assert first.chosen
    assert {name: score for name, _, score in first.tried}[""] < 0.5
    assert len(cared.log) <= MOST_INTERVENTIONS
    told = json.loads((tmp_path / "run" / "care.json").read_text())
    assert [done["finding"] for done in told["log"]] == [done.finding for done in cared.log]
    again = jr.open(tmp_path / "run")
    assert again.recipe == cared.run.recipe
    assert again.recipe != recipe(20.0)


def test_it_goes_back_to_the_last_good_state(digits: jr.Data) -> None:
    """A schedule that lets the rate grow until the training breaks: what was learnt is kept."""
    grows = recipe(0.1, schedule=jr.Exponential(4.0), epochs=12)
    cared = train_with_care(grows, digits)
    assert cared.log
    assert cared.log[0].back_to > 0
    assert len(cared.run.history) <= 12
    assert cared.run.metrics["valid/accuracy"] > 0.85


def test_ctrl_c_leaves_a_whole_run(tmp_path: Path, digits: jr.Data) -> None:
    def interrupt(report: EpochReport) -> None:
        if report.epoch > 1:
            raise KeyboardInterrupt

    class Interrupting:
        def __call__(self, report: EpochReport) -> None:
            interrupt(report)

        def close(self) -> None:
            pass

    with pytest.raises(KeyboardInterrupt):
        train_with_care(recipe(0.1), digits, out=tmp_path / "run", progress=Interrupting())
    kept = jr.open(tmp_path / "run")
    assert kept.result == "interrupted"
    assert kept.best_epoch >= 1


def test_the_command_tells_what_was_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = ["train", "digits", "--network", "dense 16 relu", "--set", "optimizer=sgd 20"]
    assert command([*arguments, "--epochs", "10", "--care", "--out", "run"]) == 0
    told = capsys.readouterr().out
    assert "Went back to epoch 0" in told
    assert (tmp_path / "run" / "care.json").is_file()


def test_an_interrupted_command_says_how_to_train_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Interrupting:
        def __call__(self, report: EpochReport) -> None:
            if report.epoch > 1:
                raise KeyboardInterrupt

        def close(self) -> None:
            pass

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("jaram.progress.live", lambda quiet: Interrupting())
    arguments = ["train", "digits", "--network", "dense 16 relu", "--care", "--out", "run"]
    monkeypatch.setattr("sys.argv", ["jaram", *arguments])
    assert command(arguments) == 130
    told = capsys.readouterr().err
    assert "can't be resumed" in told
    again = told.splitlines()[-1].split()
    assert again == ["jaram", "train", "digits", "--care", "--recipe", str(Path("run/recipe.toml"))]
    assert jr.open("run").result == "interrupted"


def test_a_resumed_training_has_no_care(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert command(["train", "digits", "--resume", "run", "--care"]) == 2
    assert "--care" in capsys.readouterr().err


def test_a_training_that_stops_early_is_looked_at_once_more(digits: jr.Data) -> None:
    lazy = jr.Recipe(
        network=(jr.Dense(16, "relu"),),
        optimizer=jr.RMSProp(learning_rate=100.0),
        epochs=200,
        stop="early_stopping 3",
    )
    assert jr.train(lazy, digits).result == "stopped"
    cared = train_with_care(lazy, digits)
    assert cared.log and cared.run.metrics["valid/accuracy"] > 0.85
