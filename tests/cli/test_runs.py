"""``jaram runs``: sorted, limited, and not stopped by what it can't read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jaram.cli.main import run
from jaram.errors import RunError
from jaram.runs.listing import list_runs, sort_by_metric


def make_run(folder: Path, **content: Any) -> None:
    folder.mkdir(parents=True)
    whole = {
        "format": 1,
        "status": "finished",
        "result": "completed",
        "created": "2026-01-01T00:00:00+00:00",
        "best_epoch": 3,
        "seconds": 1.5,
        "metrics": {},
        "findings": [],
    } | content
    (folder / "run.json").write_text(json.dumps(whole), encoding="utf-8")


@pytest.fixture
def three_runs(tmp_path: Path) -> Path:
    make_run(tmp_path / "a-1", metrics={"valid/accuracy": 0.5, "valid/loss": 1.0})
    make_run(tmp_path / "a-2", metrics={"valid/accuracy": 0.9, "valid/loss": 2.0})
    make_run(tmp_path / "group" / "a-10", metrics={"valid/loss": None}, result="diverged")
    return tmp_path


def test_sorting_knows_which_way_is_better(three_runs: Path) -> None:
    runs = list_runs(three_runs)
    assert [entry.folder.name for entry in runs] == ["a-1", "a-2", "a-10"]
    by_accuracy = sort_by_metric(runs, "valid/accuracy")
    assert [entry.folder.name for entry in by_accuracy] == ["a-2", "a-1", "a-10"]
    by_loss = sort_by_metric(runs, "valid/loss")
    assert [entry.folder.name for entry in by_loss] == ["a-1", "a-2", "a-10"]


def test_an_unknown_metric_suggests_the_nearest(three_runs: Path) -> None:
    with pytest.raises(RunError, match="'valid/accuracy'"):
        sort_by_metric(list_runs(three_runs), "valid/acuracy")


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"status": "finished", "findings": 3}', b"\xff\xfe", b"[" * 10000],
)
def test_a_damaged_run_is_listed_as_unreadable(
    three_runs: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    (three_runs / "a-2" / "run.json").write_bytes(content)
    assert run(["runs", str(three_runs), "--lang", "en"]) == 0
    table = capsys.readouterr().out
    assert "unreadable" in table
    assert "a-1" in table


def test_json_lists_what_the_table_does(
    three_runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["runs", str(three_runs), "--json", "--limit", "2"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert listed["count"] == 3
    assert len(listed["runs"]) == 2


def test_an_empty_folder_says_how_to_begin(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["runs", str(tmp_path)]) == 0
    assert "jaram train" in capsys.readouterr().out


def test_two_thousand_runs_are_listed(tmp_path: Path) -> None:
    findings = [{"name": "overfitting", "severity": "notable", "evidence": {"epoch": 3}}] * 5
    for count in range(2000):
        make_run(tmp_path / f"r-{count}", metrics={"valid/loss": count / 7}, findings=findings)
    assert len(list_runs(tmp_path)) == 2000
