"""``jaram search``: what it prints, writes, refuses, and goes on with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jaram.cli.main import run
from jaram.searches.study import Study

FAST = ["--epochs", "3", "--network", "dense 4 tanh", "--trials", "4"]
RATE = ["--vary", "optimizer.learning_rate=log:1e-3..1e-1"]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JARAM_LANG", "en")


def test_json_says_what_was_found(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["search", "iris", *FAST, *RATE, "--json", "--out", "study"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["study"] == "study"
    assert told["metric"] == "valid/accuracy"
    assert told["trials"] == 4
    assert set(told["best"]) == {"optimizer.learning_rate"}
    assert told["low"] <= told["score"] <= told["high"]
    assert told["report"] == str(Path("study") / "search.html")
    assert run(["report", "study", "--png", "png", "--out", "again.html"]) == 0
    assert Path("again.html").stat().st_size > 50_000
    assert (Path("png") / "curves.png").is_file()
    study = Study.open("study")
    assert study.values == told["best"]
    assert study.space.recipe.epochs == 3
    for name in ("study.json", "space.toml", "trials.jsonl", "best/recipe.toml"):
        assert (Path("study") / name).is_file()


def test_the_usual_space_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["search", "iris", "--epochs", "2", "--trials", "3"]) == 0
    printed = capsys.readouterr().out
    assert "  optimizer.learning_rate = log:0.0001..0.1\n" in printed
    assert "  network[1].units = 32|64|128\n" in printed
    assert "5 fresh seeds" in printed
    assert Path("searches/iris-1/best/run.json").is_file()


def test_a_file_may_hold_the_space(capsys: pytest.CaptureFixture[str]) -> None:
    Path("space.toml").write_text(
        '[recipe]\nepochs = 3\nnetwork = ["dense 4 tanh"]\n'
        '[recipe.optimizer]\ntype = "adam"\nlearning_rate = {log = [1e-3, 1e-1]}\n'
        '[vary]\n"network[0].activation" = "relu|tanh"\n',
        encoding="utf-8",
    )
    assert run(["search", "iris", "--recipe", "space.toml", "--trials", "3", "--lang", "ko"]) == 0
    printed = capsys.readouterr().out
    assert "network[0].activation = relu|tanh" in printed
    assert "optimizer.learning_rate = log:0.001..0.1" in printed
    assert "검증 데이터로 비교했습니다" in printed


def test_an_interrupted_search_says_how_to_go_on(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["search", "iris", *FAST, *RATE, "--out", "study"]
    monkeypatch.setattr("sys.argv", ["jaram", *arguments])
    with monkeypatch.context() as patched:
        patched.setattr("jaram.searches.search.confirmation", _press_ctrl_c)
        assert run(arguments) == 130
    told = capsys.readouterr().err
    assert "jaram search iris --resume study" in told
    assert Study.open("study").table.height == 4
    assert run(["search", "iris", "--resume", "study"]) == 0
    assert "4 trials" in capsys.readouterr().out
    assert Study.open("study").confirmed is not None


def _press_ctrl_c(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize(
    ("arguments", "mentions"),
    [
        (["--vary", "optimizer.learning_rat=log:1e-4..1"], "'learning_rate'"),
        (["--vary", "network[9].units=8|16"], "9"),
        (["--vary", "seed=int:1..3"], "seed"),
        (["--vary", "optimizer.beta1=0..2"], "optimizer.beta1"),
        (["--strategy", "grid", "--trials", "2"], "24"),
        (["--resume", "nowhere"], "nowhere"),
        (["--recipe", "nowhere.toml"], "nowhere.toml"),
    ],
)
def test_a_wrong_space_is_one_line_and_exit_code_2(
    arguments: list[str],
    mentions: str,
    lang: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    assert run(["search", "iris", *arguments, "--quiet", "--lang", lang]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert mentions in printed.err
    assert list(tmp_path.iterdir()) == []  # no empty folder is left behind
