"""``jaram scale`` as a user meets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jaram.cli.main import run

FAST = ["--epochs", "3", "--seeds", "2", "--sizes", "1", "--shares", "0.25,0.5,1"]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JARAM_LANG", "en")


def test_json_says_what_was_found(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["scale", "iris", *FAST, "--json", "--out", "grown"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["trainings"] == 6
    assert told["metric"] == "valid/accuracy"
    assert set(told["baselines"]) == {"constant", "linear", "neighbours", "kernel", "trees"}
    names = {path.name for path in Path("grown").iterdir()}
    assert names >= {"scale.json", "scale.html", "error_by_rows.png", "curves_by_rows.png"}
    assert len(json.loads(Path("grown/scale.json").read_text())["points"]) == 6


@pytest.mark.parametrize(
    "arguments",
    [["scale"], ["scale", "iris", "--shares", "half"], ["scale", "iris", "--shares", "2"]],
)
def test_wrong_input_is_one_sentence(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    error = capsys.readouterr().err
    assert "Traceback" not in error
    assert not Path("scales").exists()
