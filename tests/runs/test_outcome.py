"""What a first user ran into, each told in a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import jaram as jr


def table(rows: int = 60) -> jr.Data:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, 3)).astype(np.float32)
    return jr.Data(x, (x[:, 0] > 0).astype(int))


def test_a_diverged_training_is_a_grave_finding_with_its_step(tmp_path: Path) -> None:
    recipe = jr.Recipe(
        network=(jr.Dense(8, "relu"),),
        output=jr.Dense(1),
        loss=jr.MeanSquaredError(),
        optimizer=jr.SGD(learning_rate=1e6),
        epochs=5,
    )
    run = jr.train(recipe, table(), out=tmp_path / "run")
    assert run.result == "diverged"
    found = run.findings[0]
    assert (found.name, found.severity) == ("diverged", "grave")
    first = int(np.flatnonzero(~np.isfinite(run.steps))[0]) + 1
    assert found.evidence["step"] == first
    assert str(first) in found.message("en") and str(first) in found.message("ko")
    assert jr.open(tmp_path / "run").findings[0] == found


def test_a_healthy_training_has_no_outcome_to_tell() -> None:
    run = jr.train(jr.Recipe(network=(jr.Dense(4, "relu"),), epochs=1), table())
    assert "diverged" not in [finding.name for finding in run.findings]


def test_recipe_and_data_the_wrong_way_round_are_told() -> None:
    anything: Any = table()
    with pytest.raises(jr.UsageError) as caught:
        jr.train(anything, jr.Recipe())
    assert caught.value.key == "runs.swapped"


def test_a_run_whose_report_can_not_be_written_is_saved_all_the_same(tmp_path: Path) -> None:
    run = jr.train(jr.Recipe(network=(jr.Dense(4, "relu"),), epochs=1), table())
    folder = tmp_path / "run"

    def refuse(*_: Any, **__: Any) -> None:
        raise jr.RunError("runs.not_written", path="report.html", detail="No space left on device")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("jaram.report.html.write_report", refuse)
        with pytest.raises(jr.RunError) as caught:
            run.save(folder)
    assert caught.value.key == "runs.no_report"
    assert jr.open(folder).metrics == run.metrics


def test_text_where_a_number_should_be_is_told_when_predicting() -> None:
    frame = pl.DataFrame(
        {
            "size": [None, *np.linspace(1, 2, 59)],
            "color": ["red", "blue"] * 30,
            "y": [0, 1] * 30,
        }
    )
    run = jr.train(jr.Recipe(network=(jr.Dense(4, "relu"),), epochs=1), jr.load(frame, target="y"))
    new = pl.DataFrame({"size": ["1.5", "heavy", None, "NA"], "color": ["red"] * 4})
    _, notices = run.preparation.apply(new)
    (told,) = [notice for notice in notices if notice.key == "data.unreadable_numbers"]
    assert told.values["count"] == 1
    assert told.values["example"] == "heavy"


def test_a_categorical_column_can_be_the_target() -> None:
    frame = pl.DataFrame(
        {
            "a": np.arange(40) % 7 * 1.5,
            "b": pl.Series(["u", "v"] * 20, dtype=pl.Categorical),
        }
    )
    run = jr.train(jr.Recipe(network=(jr.Dense(4, "relu"),), epochs=1), jr.load(frame, target="b"))
    assert set(run.predict(frame)) <= {"u", "v"}


def test_no_rows_to_predict_is_told() -> None:
    run = jr.train(jr.Recipe(network=(jr.Dense(4, "relu"),), epochs=1), jr.load("iris"))
    with pytest.raises(jr.DataError):
        run.predict(np.zeros((0, 4)))
