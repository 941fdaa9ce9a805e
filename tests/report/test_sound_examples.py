"""Examples of somebody's run are drawn whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import made_up_runs
import pytest

from jaram.report import write_report
from jaram.report.evidence import read_evidence
from jaram.report.examples import sound_augmented, sound_examples


@pytest.fixture(params=made_up_runs.EXAMPLES)
def told(request: pytest.FixtureRequest, multiclass_folder: Path) -> dict[str, Any]:
    folder = made_up_runs.make_examples(multiclass_folder, request.param)
    found: dict[str, Any] = made_up_runs.read_json(folder / "examples.json")
    return found


def test_what_a_run_wrote_is_sound(told: dict[str, Any]) -> None:
    assert sound_examples(told) == told


def test_anything_replaced_by_something_else_never_raises(told: dict[str, Any]) -> None:
    """Each value of the file in turn is a number, a text, a list, a table."""
    for path in paths(told):
        for other in (-1, "<b>", [1], {"height": 1}):
            changed = json.loads(json.dumps(told))
            place = changed
            for key in path[:-1]:
                place = place[key]
            place[path[-1]] = other
            assert sound_examples(changed) in ({}, changed)


def paths(value: Any, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for key, item in inner:
        found.append((*before, key))
        if isinstance(item, dict | list):
            found += paths(item, (*before, key))
    return found


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"kind": "pictures"},
        {"kind": "pictures", "examples": [{}]},
        {"kind": "pictures", "examples": [], "maps": {"pictures": []}},
        {"kind": "text", "examples": [{"units": [["a", "b"]]}], "between": " "},
        {"kind": "series", "examples": [{"lines": [[1], [1, 2]]}]},
        {"kind": "forecast", "examples": [{"past": [1]}], "errors": {}},
        {"kind": "other", "examples": []},
    ],
)
def test_what_cannot_be_drawn_is_left_out(told: dict[str, Any]) -> None:
    assert sound_examples(told) == {}
    assert sound_augmented(told) == {}


def test_a_damaged_file_costs_the_report_nothing_else(multiclass_folder: Path) -> None:
    made_up_runs.make_examples(multiclass_folder, "pictures")
    (multiclass_folder / "examples.json").write_text('{"kind": "pict')
    evidence = read_evidence(multiclass_folder)
    assert evidence.examples == {}
    assert evidence.augmented["augment"] == ["random_shift 0.1"]
    assert write_report(multiclass_folder).exists()
