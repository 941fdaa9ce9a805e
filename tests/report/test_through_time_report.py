"""The gradient through time in the report: arranged, drawn, and left out where it is damaged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import made_up_runs
import pytest

from jaram.report import write_pngs, write_report
from jaram.report.through_time import arrange_through_time

LAYER: dict[str, Any] = {
    "layer": 0,
    "name": "rnn 8",
    "first": [None, 1e-30, 1e-2, 1.0],
    "best": [0.0, 0.1, 0.2, 0.3],
}


def test_steps_are_counted_from_the_last() -> None:
    (found,) = arrange_through_time({"layers": [LAYER]})
    assert (found.number, found.name, found.steps) == (1, "rnn 8", [-3, -2, -1, 0])
    assert found.first == [None, 1e-30, 1e-2, 1.0]


def test_a_long_series_is_thinned_with_both_ends_kept() -> None:
    values = [float(step) for step in range(5000)]
    (found,) = arrange_through_time({"layers": [LAYER | {"first": values, "best": values}]})
    assert len(found.steps) == 2000
    assert (found.steps[0], found.first[-1]) == (-4999, 4999.0)


@pytest.mark.parametrize(
    "damage",
    [{"layer": None}, {"first": None}, {"first": [1.0]}, {"first": [], "best": []}, {"best": 3}],
)
def test_a_layer_that_is_damaged_is_left_out(damage: dict[str, Any]) -> None:
    whole = LAYER | {"layer": 1}
    (found,) = arrange_through_time({"layers": [LAYER | damage, whole, "no table"]})
    assert found.number == 2
    assert arrange_through_time({"layers": 3}) == arrange_through_time({}) == ()


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_it_becomes_a_picture(multiclass_folder: Path, tmp_path: Path, lang: Any) -> None:
    made_up_runs.write_json(multiclass_folder / "through_time.json", {"layers": [LAYER, LAYER]})
    names = {path.stem for path in write_pngs(multiclass_folder, tmp_path / "p", lang=lang)}
    assert "through_time" in names


def test_the_page_carries_it(multiclass_folder: Path) -> None:
    made_up_runs.write_json(multiclass_folder / "through_time.json", {"layers": [LAYER]})
    page = write_report(multiclass_folder, lang="en").read_text(encoding="utf-8")
    assert json.dumps("rnn 8") in page and "throughTimeSection" in page
