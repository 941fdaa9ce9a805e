"""Teams at a terminal: trained, made of runs, asked, shown."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import jaram as jr
from jaram.cli.main import run

TRAIN = ["train", "wine", "--network", "dense 6 relu", "--epochs", "3", "--set", "test=0.2"]


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("teams") / "wine"
    assert run([*TRAIN, "--ensemble", "4", "--seed", "7", "--out", str(folder), "--quiet"]) == 0
    return folder


@pytest.fixture(autouse=True)
def _in_tmp_and_english(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JARAM_LANG", "en")


def told(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, object]:
    assert run([*map(str, arguments), "--json"]) == 0
    return dict(json.loads(capsys.readouterr().out))


def test_trained_it_holds_its_members(team: Path) -> None:
    opened = jr.open(team)
    assert isinstance(opened, jr.Ensemble)
    assert [member.recipe.seed for member in opened.members] == [7, 8, 9, 10]
    assert sorted(folder.name for folder in (team / "members").iterdir()) == ["1", "2", "3", "4"]
    assert all((folder / "report.html").is_file() for folder in (team / "members").iterdir())


@pytest.mark.parametrize(("lang", "word"), [("en", "calibration error"), ("ko", "보정 오차")])
def test_training_tells_the_gain(lang: str, word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*TRAIN, "--ensemble", "2", "--lang", lang]) == 0
    printed = capsys.readouterr().out
    assert word in printed
    assert "runs/wine-1/members/2" in printed
    assert "jaram predict runs/wine-1 NEW.csv" in printed


def test_predict_evaluate_and_show_take_a_team(
    team: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    opened = jr.open(team)
    assert isinstance(opened, jr.Ensemble)
    data = jr.load("wine")
    assert run(["predict", str(team), "wine", "--out", "said.csv", "--quiet"]) == 0
    with Path("said.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [int(row["y"]) for row in rows] == opened.predict(data).tolist()
    share = [float(row["probability_class_1"]) for row in rows]
    np.testing.assert_allclose(share, opened.predict_proba(data)[:, 1], rtol=1e-5)
    assert told(capsys, "evaluate", team, "wine")["metrics"] == opened.evaluate(data)
    assert told(capsys, "show", team)["metrics"] == opened.metrics
    assert run(["show", str(team)]) == 0
    assert "two members answer" in capsys.readouterr().out


def test_runs_are_made_a_team(team: Path, capsys: pytest.CaptureFixture[str]) -> None:
    members = sorted((team / "members").iterdir())
    found = told(capsys, "ensemble", *members, "--vote", "weighted", "--out", "weighted")
    opened, trained = jr.open("weighted"), jr.open(team)
    assert isinstance(opened, jr.Ensemble)
    assert isinstance(trained, jr.Ensemble)
    wanted = jr.Ensemble(trained.members, "weighted")
    assert opened.weights == pytest.approx(wanted.weights)
    assert found["metrics"] == opened.metrics == pytest.approx(wanted.metrics)
    assert told(capsys, "ensemble", team)["metrics"] == pytest.approx(trained.metrics)
    assert isinstance(jr.open("runs/ensemble-1"), jr.Ensemble)


def test_a_team_is_chosen_from_runs(team: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ensemble", str(team), "--size", "3", "--out", "chosen"]) == 0
    assert "Chosen by validation" in capsys.readouterr().out
    opened, trained = jr.open("chosen"), jr.open(team)
    assert isinstance(opened, jr.Ensemble)
    assert isinstance(trained, jr.Ensemble)
    wanted = jr.Ensemble.chosen(trained.members, 3)
    assert opened.weights == pytest.approx(wanted.weights)


def test_runs_that_do_not_fit_are_refused_and_nothing_is_left(
    team: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["train", "iris", "--epochs", "1", "--out", "iris", "--quiet"]) == 0
    for arguments in (["ensemble", str(team), "iris"], ["ensemble", "iris", "--out", str(team)]):
        assert run(arguments) == 2
        assert capsys.readouterr().err.count("\n") == 1
    assert not Path("runs").exists()


def test_what_only_a_run_has_is_refused_in_one_line(
    team: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in ("report", "doctor"):
        assert run([command, str(team)]) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_interrupted_it_says_what_is_left(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "jaram", "train", "wine", "--ensemble", "3"]
    command += ["--epochs", "1000000", "--set", "stop=none", "--out", "team"]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, cwd=tmp_path
    )
    history = tmp_path / "team" / "members" / "1" / "history.jsonl"
    until = time.monotonic() + 120
    while not (history.is_file() and history.stat().st_size) and time.monotonic() < until:
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGINT)
    _, told_on_error = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "team/members" in told_on_error
    assert not (tmp_path / "team" / "ensemble.json").exists()
    card = json.loads((history.parent / "run.json").read_text())
    assert card["status"] == "interrupted"


def test_a_team_whose_members_all_diverged_is_said_to_be_worth_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows = np.random.default_rng(0).normal(size=(60, 3))
    lines = ["a,b,y", *(f"{a:.4f},{b:.4f},{a + b + c:.4f}" for a, b, c in rows)]
    Path("num.csv").write_text("\n".join(lines))
    words = ["train", "num.csv", "--target", "y", "--ensemble", "3", "--epochs", "3"]
    words += ["--network", "dense 8", "--set", "optimizer=sgd"]
    assert run([*words, "--set", "optimizer.learning_rate=1e9"]) == 0
    assert "All 3 members diverged" in capsys.readouterr().out
