"""A run that was cut off: what there is of it, and the one command that goes on with it."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from jaram.cli.main import run
from jaram.runs import train as training


@pytest.fixture(autouse=True)
def _in_tmp_and_english(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JARAM_LANG", "en")


@pytest.fixture
def cut_off(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """The command that is advised after Ctrl-C in a training whose columns were said by hand."""
    rows = "".join(f"{i % 7};{i % 3};{'ab'[i % 2]}\n" for i in range(80))
    Path("t.csv").write_text("level;size;y\n" + rows)
    add, calls = training.Member.add, []

    def interrupted(self: Any, *arguments: Any) -> None:
        calls.append(1)
        if len(calls) > 2:
            raise KeyboardInterrupt
        add(self, *arguments)

    told = ["train", "t.csv", "--target", "y", "--kind", "level=category", "--quiet"]
    told += ["--network", "dense 4 relu", "--epochs", "4000", "--set", "stop=none"]
    with monkeypatch.context() as patch:
        patch.setattr(training.Member, "add", interrupted)
        assert run([*told, "--out", "my run"]) == 130
    return capsys.readouterr().err.splitlines()[-1].strip()


def test_the_command_goes_on_with_what_was_said_of_the_data(cut_off: str) -> None:
    """Without --kind in it, the columns were read otherwise and refused."""
    assert cut_off == "jaram train --resume 'my run'"
    assert run([*shlex.split(cut_off)[1:], "--budget", "0.1s", "--quiet"]) == 0
    told = json.loads(Path("my run/data.json").read_text(encoding="utf-8"))
    kinds = {column["name"]: column["kind"] for column in told["summary"]["columns"]}
    assert kinds["level"] == "category"


def test_it_is_shown_and_says_the_same_command(
    cut_off: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It was an error, with another form of the command."""
    assert run(["show", "my run"]) == 0
    told = capsys.readouterr().out
    assert cut_off in told and "train/loss" in told and "dense" in told
    assert run(["show", "my run", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["epochs"] >= 1 and found["result"] == "interrupted"
    assert "train/loss" in found["metrics"]
    assert run(["show", "my run", "--lang", "ko"]) == 0
    assert "이어서 학습하려면" in capsys.readouterr().out


def test_a_folder_of_runs_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """It was looked at for pictures."""
    assert run(["train", "iris", "--network", "dense 2", "--epochs", "1", "--quiet"]) == 0
    assert run(["show", "runs"]) == 0
    assert "iris-1" in capsys.readouterr().out
    assert run(["show", "runs", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["count"] == 1


def test_a_file_is_no_run(capsys: pytest.CaptureFixture[str]) -> None:
    """It said that there was no such folder."""
    Path("t.csv").write_text("a,b\n1,2\n")
    assert run(["train", "t.csv", "--from", "t.csv"]) == 2
    assert "t.csv is a file; a run is a folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("--kfold", "jr.kfold"),
        ("--cv", "jr.kfold"),
        ("--epoch", "Did you mean '--epochs'"),
        ("--targt", "Did you mean '--target'"),
        ("--zzzz", "'jaram train --help' lists them"),
    ],
)
def test_what_an_unknown_option_may_have_meant(
    option: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Cross-validation was taken for --kind: dashes make any two options alike."""
    assert run(["train", "iris", option, "5"]) == 2
    error = capsys.readouterr().err
    assert told in error and "--kind" not in error
