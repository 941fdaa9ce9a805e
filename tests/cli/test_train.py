"""From a table to a run, and what can be asked of the run, as a person at a terminal does it."""

from __future__ import annotations

import csv
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import jaram
from jaram.cli.main import run

PENGUINS = Path(jaram.__file__).parent / "data" / "sets" / "penguins.csv"
TRAIN = ["train", str(PENGUINS), "--target", "species", "--network", "dense 8 relu"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "first"
    assert run([*TRAIN, "--epochs", "12", "--out", str(folder), "--quiet"]) == 0
    return folder


@pytest.fixture(autouse=True)
def _in_tmp_and_english(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JARAM_LANG", "en")


def test_it_tells_what_was_read_chosen_and_found(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*TRAIN, "--epochs", "3"]) == 0
    printed = capsys.readouterr()
    for part in ("344 rows, 8 columns", "utf-8", "bill_length_mm", "Adelie", "optimizer = "):
        assert part in printed.out
    for part in ("accuracy", "validation", "runs/penguins-1", "report.html", "jaram predict"):
        assert part in printed.out
    assert printed.err == ""
    assert Path("runs/penguins-1/report.html").is_file()


def test_json_is_one_object_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*TRAIN, "--epochs", "2", "--json", "--out", "here"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["run"] == "here"
    assert {"metrics", "findings", "best_epoch", "result"} <= set(told)
    assert 0 <= told["metrics"]["valid/accuracy"] <= 1


def test_quiet_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*TRAIN, "--epochs", "2", "--quiet"]) == 0
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "")


def test_predictions_are_csv(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["predict", str(trained), str(PENGUINS)]) == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert len(rows) == 344
    assert set(rows[0]) == {
        "species",
        *(f"probability_{name}" for name in ("Adelie", "Chinstrap", "Gentoo")),
    }
    shares = [float(value) for name, value in rows[0].items() if name != "species"]
    assert sum(shares) == pytest.approx(1, abs=1e-5)  # six digits are printed


def test_predictions_in_a_file_and_in_json_are_the_same(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["predict", str(trained), str(PENGUINS), "--out", "p.csv", "--quiet"]) == 0
    assert run(["predict", str(trained), str(PENGUINS), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    with Path("p.csv").open(encoding="utf-8") as file:
        assert [row["species"] for row in csv.DictReader(file)] == told["species"]
    assert os.listdir() == ["p.csv"]  # noqa: PTH208 (nothing half-written beside it)


def test_the_data_is_never_overwritten(trained: Path) -> None:
    Path("mine.csv").write_bytes(PENGUINS.read_bytes())
    assert run(["predict", str(trained), "mine.csv", "--out", "./mine.csv"]) == 2
    assert Path("mine.csv").read_bytes() == PENGUINS.read_bytes()


def test_evaluate_show_and_report(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", str(trained), str(PENGUINS), "--json"]) == 0
    assert 0 <= json.loads(capsys.readouterr().out)["metrics"]["accuracy"] <= 1
    assert run(["show", str(trained)]) == 0
    assert "dense 8 relu" in capsys.readouterr().out
    assert run(["show", str(trained / "recipe.toml"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["recipe"]["epochs"] == 12
    assert run(["show", str(PENGUINS), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["columns"]) == 8
    assert run(["report", str(trained), "--out", "page.html"]) == 0
    assert Path("page.html").stat().st_size > 10_000


def test_a_run_is_never_overwritten(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (trained / "run.json").read_bytes()
    assert run([*TRAIN, "--out", str(trained)]) == 2
    assert "first-2" in capsys.readouterr().err
    assert (trained / "run.json").read_bytes() == before


def test_what_does_not_start_leaves_nothing_behind() -> None:
    assert run([*TRAIN, "--set", "split=group"]) == 2
    assert run([*TRAIN, "--set", "optimiser=sgd"]) == 2
    assert run([*TRAIN, "--network", "dens 3", "--out", "deep/er"]) == 2
    assert os.listdir() == []  # noqa: PTH208


def test_a_recipe_file_is_the_start_and_options_change_it(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = str(trained / "recipe.toml")
    told = [*TRAIN[:4], "--recipe", recipe, "--epochs", "2", "--json", "--out", "again"]
    assert run([*told, "--set", "optimizer.learning_rate=0.5"]) == 0
    capsys.readouterr()
    text = Path("again/recipe.toml").read_text(encoding="utf-8")
    assert "epochs = 2" in text
    assert "learning_rate = 0.5" in text


@pytest.mark.skipif(os.name == "nt", reason="Windows sends Ctrl-C otherwise")
def test_ctrl_c_keeps_what_was_trained_and_says_how_to_go_on() -> None:
    begin = [sys.executable, "-c", "from jaram.cli.main import main; main()"]
    endless = ["--epochs", "1000000", "--set", "stop=none"]
    process = subprocess.Popen(
        [*begin, *TRAIN, *endless, "--out", "long"], stderr=subprocess.PIPE, text=True
    )
    history, until = Path("long/history.jsonl"), time.monotonic() + 60
    while not (history.exists() and history.stat().st_size) and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors
    command = shlex.split(errors.strip().splitlines()[-1])
    assert command[:2] == ["jaram", "train"]
    assert command[-2:] == ["--resume", "long"]
    done = len(history.read_text(encoding="utf-8").splitlines())
    assert run([*command[1:], "--budget", "0.2s", "--quiet"]) == 0
    assert len(history.read_text(encoding="utf-8").splitlines()) > done - 1
