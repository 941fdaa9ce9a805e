"""Vital signs and the data's summary, arranged for the report."""

from __future__ import annotations

from pathlib import Path

import made_up_runs

from jaram.report.evidence import MOST_POINTS, read_evidence, thinned
from jaram.report.palette import layer_colours
from jaram.report.summary import MOST_COLUMNS, arrange_summary
from jaram.report.vitals import arrange


def test_vital_signs_become_a_curve_for_each_layer() -> None:
    lines = [
        {"epoch": 2, "layer": 3, "name": "dense 1", "dead": 0.5},
        {"epoch": 1, "layer": 0, "name": "dense 8", "dead": 0.1, "saturated": None},
        {"epoch": 1, "layer": 3, "name": "dense 1", "dead": float("nan")},
        {"epoch": None, "layer": 7},
        {},
    ]
    vitals = arrange(lines)
    assert vitals.epochs == [1, 2]
    assert vitals.layers == ["dense 8", "dense 1"]
    assert vitals.numbers == [1, 4]
    assert vitals.signs == {"dead": [[0.1, None], [None, 0.5]]}


def test_a_summary_of_arrays_needs_no_source(tmp_path: Path) -> None:
    columns = [{"name": f"x{i}", "kind": "number", "role": "feature"} for i in range(300)]
    summary = {"rows": 9, "columns": columns, "source": {"kind": "arrays"}, "name": None}
    made_up_runs.write_json(tmp_path / "run.json", {})
    made_up_runs.write_json(tmp_path / "data.json", {"summary": summary})
    arranged = arrange_summary(read_evidence(tmp_path))
    assert arranged["source"] is None
    assert arranged["column_count"] == 300
    assert len(arranged["columns"]) == MOST_COLUMNS
    assert arranged["parts"] == {}
    assert arranged["classes"] == []


def test_the_target_is_no_column_and_its_classes_are_counted(multiclass_folder: Path) -> None:
    arranged = arrange_summary(read_evidence(multiclass_folder))
    assert arranged["source"] == "passengers.csv"
    assert arranged["parts"] == {"train": 275, "valid": 69}
    assert arranged["classes"][0] == ["고양이", 40]
    assert all(column["role"] != "target" for column in arranged["columns"] if "role" in column)
    assert arranged["notices"][0]["ko"].startswith("cabin")


def test_thinning_keeps_the_ends() -> None:
    assert thinned(3) == [0, 1, 2]
    places = thinned(100_003)
    assert len(places) == MOST_POINTS
    assert places[0] == 0
    assert places[-1] == 100_002
    assert places == sorted(set(places))


def test_layers_lie_on_one_ramp() -> None:
    assert layer_colours(1) == layer_colours(9)[:1] == ["#1b4fa8"]
    assert len(set(layer_colours(9))) == 9
    assert layer_colours(5)[4] == "#b98a00"
