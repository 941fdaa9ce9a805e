"""A treatment's record as the report draws it, also a damaged one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import made_up_runs
import pytest

import made_up_treatments
from jaram.doctor.diagnosis import Diagnosis
from jaram.doctor.record import record_of
from jaram.report import write_report
from jaram.report.treatment import arrange_treatment


def recorded(**fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        json.dumps(record_of(made_up_treatments.treatment(**fields)))
    )
    return found | {"runs": {"before": ".", "after": "../well"}}


def test_verdicts_curves_and_conclusion() -> None:
    told = arrange_treatment(recorded())
    assert told is not None
    assert told["control"] == "32.0 %"
    assert [verdict["accepted"] for verdict in told["verdicts"]] == [True, False, False]
    assert told["verdicts"][0]["remedies"]["ko"] == "학습률 낮추기 (÷ 100)"
    assert told["conclusion"]["en"][0] == "Accepted: lower the learning rate (÷ 100)."
    assert told["changes"]["en"] == ["learning rate 10 → 0.1"]
    assert told["runs"] == {"before": ".", "after": "../well"}
    curves = told["curves"]
    assert curves["epochs"] == [1, 2, 3]
    assert curves["control"]["mean"] == pytest.approx([0.08, 0.16, 0.24])
    ends = (curves["treated"][end] for end in ("low", "mean", "high"))
    for low, mean, high in zip(*ends, strict=True):
        assert 0 <= low <= mean <= high <= 1


def test_curves_of_different_length_share_one_axis() -> None:
    record = recorded()
    record["confirmation"]["treated"]["curve"] = {
        "epochs": [2, 5],
        "mean": [0.5, 1.0],
        "sd": [0, 1],
    }
    told = arrange_treatment(record)
    assert told is not None
    assert told["curves"]["epochs"] == [1, 2, 3, 5]
    assert told["curves"]["treated"]["mean"] == [None, 0.5, None, 1.0]
    assert told["curves"]["treated"]["high"][-1] == 1.0  # no accuracy is above 1


def test_nothing_tried_is_told_too() -> None:
    told = arrange_treatment(recorded(diagnosis=Diagnosis(()), verdicts=[]))
    assert told is not None
    assert told["conclusion"]["en"] == ["Nothing to treat: no finding that a recipe could change."]
    assert told["curves"] is None
    assert told["control"] is None


def test_no_treatment_is_none() -> None:
    assert arrange_treatment({}) is None


@pytest.mark.parametrize("version", [2, "1", None])
def test_a_record_of_another_version_is_left_out(version: object) -> None:
    assert arrange_treatment(recorded() | {"format": version}) is None


@pytest.mark.parametrize("key", ["verdicts", "confirmation", "metric", "changes", "diagnosis"])
@pytest.mark.parametrize("value", [7, "x", [1], {"mean": 1}])
def test_a_damaged_record_is_left_out_or_drawn(key: str, value: object, tmp_path: Path) -> None:
    record = recorded()
    folder = made_up_runs.make_run(tmp_path / "run", "binary", epochs=3)
    for damaged in (record | {key: value}, {k: v for k, v in record.items() if k != key}):
        made_up_runs.write_json(folder / "treatment.json", damaged)
        assert write_report(folder).is_file()


@pytest.mark.parametrize("content", [b"", b'{"format": 1, ', b"\xff\xfe", b"[" * 100_000])
def test_a_record_that_is_no_json_is_left_out(content: bytes, tmp_path: Path) -> None:
    folder = made_up_runs.make_run(tmp_path / "run", "binary", epochs=3)
    (folder / "treatment.json").write_bytes(content)
    assert '"treatment":null' in write_report(folder).read_text(encoding="utf-8")


def test_the_curves_tell_how_many_fresh_seeds_they_are_of() -> None:
    """The trial's are half as many."""
    record = recorded()
    record["confirmation"]["gain"]["seeds"] = 14
    told = arrange_treatment(record)
    assert told is not None and told["seeds"] == 14
