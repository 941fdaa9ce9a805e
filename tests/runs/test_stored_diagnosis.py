"""The diagnosis is part of a finished run, and never costs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import jaram as jr
from jaram.doctor import patient
from jaram.doctor.diagnosis import Diagnosis
from jaram.doctor.finding import Finding, Picture
from jaram.errors import RunError
from jaram.runs import store
from jaram.runs.run import Run

RECIPE = jr.Recipe(network=(jr.Dense(4, "relu"),), batch_size=16, epochs=2)
SEEN = Diagnosis(
    (
        Finding(
            "unscaled_input",
            "notable",
            {"columns": ["a"]},
            ("scale_input",),
            symptoms=("slow_convergence",),
            picture=Picture.of({"train/loss": np.array([1.0, np.nan, 0.25])}, mark=2),
        ),
    ),
    (Finding("slow_convergence", "minor"),),
    ("leakage",),
)


def data() -> jr.Data:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(50, 3)).astype(np.float32)
    return jr.Data(x, (x[:, 0] > 0).astype(int))


def told(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    return content


def same(first: Diagnosis, second: Diagnosis) -> bool:
    return first.to_json() == second.to_json()


def test_json_and_back() -> None:
    there = json.loads(json.dumps(SEEN.to_json()))
    assert same(Diagnosis.from_json(there), SEEN)
    assert Diagnosis.from_json(there).findings == SEEN.findings


def test_a_finished_run_has_its_diagnosis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "diagnose_at_once", lambda run, answers_of: SEEN)
    run = jr.train(RECIPE, data(), out=tmp_path / "run")
    assert run.diagnosis is SEEN
    assert same(Diagnosis.from_json(told(tmp_path / "run")["diagnosis"]), SEEN)
    opened = jr.open(tmp_path / "run")
    assert same(opened.diagnosis, SEEN)
    opened.save(tmp_path / "copy")
    assert same(jr.open(tmp_path / "copy").diagnosis, SEEN)


def test_a_run_written_before_there_was_a_diagnosis_is_looked_at_when_asked(tmp_path: Path) -> None:
    jr.train(RECIPE, data(), out=tmp_path / "run")
    content = told(tmp_path / "run")
    del content["diagnosis"]
    (tmp_path / "run" / "run.json").write_text(json.dumps(content), encoding="utf-8")
    assert isinstance(jr.open(tmp_path / "run").diagnosis, Diagnosis)


def test_a_mistake_in_a_rule_is_raised_and_does_not_cost_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mistaken(run: Run, answers_of: object) -> Diagnosis:
        raise ZeroDivisionError

    monkeypatch.setattr(store, "diagnose_at_once", mistaken)
    with pytest.raises(ZeroDivisionError):
        jr.train(RECIPE, data(), out=tmp_path / "run")
    assert jr.open(tmp_path / "run").metrics
    assert "diagnosis" not in told(tmp_path / "run")
    assert (tmp_path / "run" / "report.html").is_file()


def test_the_answers_for_a_part_are_computed_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    examine = Run.examine

    def counted(run: Run, x: Any, y: Any = None) -> Any:
        asked.append(len(x))
        return examine(run, x, y)

    monkeypatch.setattr(Run, "examine", counted)
    run = jr.train(RECIPE, data(), out=tmp_path / "run")
    assert set(run.metrics) >= {"train/loss", "valid/loss"}
    assert asked.count(40) == 1  # the training part; permutation importance asks for 10 rows


ODD = {"findings": [{"name": "x", "severity": "odd"}], "symptoms": [], "unknown": []}


@pytest.mark.parametrize("damaged", [[], {"findings": []}, ODD])
def test_a_damaged_diagnosis_is_told(damaged: Any, tmp_path: Path) -> None:
    jr.train(RECIPE, data(), out=tmp_path / "run")
    content = told(tmp_path / "run") | {"diagnosis": damaged}
    (tmp_path / "run" / "run.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(RunError, match="damaged"):
        jr.open(tmp_path / "run")


def test_of_a_large_training_part_a_sample_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jaram.runs.run.MOST_TRAIN_ROWS", 16)
    run = jr.train(RECIPE, data())
    evidence = patient.of_run(run)
    assert evidence.prepared is not None
    assert evidence.answers is not None
    assert len(evidence.prepared.train) == len(evidence.answers["train"].loss) == 16
    assert evidence.batch_size == 16
    measured = float(np.mean(evidence.answers["train"].loss))
    assert run.metrics["train/loss"] == pytest.approx(measured)
