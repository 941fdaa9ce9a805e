"""The readings that courses teach, from loss curves alone."""

from __future__ import annotations

import json

import numpy as np
import pytest
from courses import Floats, alone, findings, names, noise, settled, the, time
from hypothesis import given
from hypothesis import strategies as st

from jaram.doctor.diagnosis import diagnose_evidence

T = time()
FALL = 2 * np.exp(-8 * T)


def jumping(back: float = 20.0) -> Floats:
    """A settled course with a jump in epoch 36, which is made good at the rate ``back``."""
    curve = settled()
    curve[35:] += np.exp(-back * (T[35:] - T[35]))
    return curve


SHAPES: dict[str, tuple[Floats, Floats | None, list[str]]] = {
    "settled": (settled(), settled() + 0.05, []),
    "one over the epochs": (2 / (1 + 20 * T), None, []),
    "noisy data, soon learned": (0.5 + 0.2 * np.exp(-20 * T) + noise(), None, []),
    "two rates": (0.2 + 0.4 * (T < 0.5) + 1.5 * np.exp(-20 * T), None, []),
    "straight": (2.3 - 0.8 * T + noise(), None, ["learning_rate_too_low"]),
    "still falling": (0.1 + 2 * np.exp(-1.2 * T) + noise(), None, ["too_few_epochs"]),
    "ends above its start": (1 + 2 * T, None, ["learning_rate_too_high"]),
    "swings as wide as it falls": (
        1 + 0.5 * np.exp(-5 * T) + noise(width=0.3),
        None,
        ["learning_rate_too_high", "oscillating_loss"],
    ),
    "swings a little": (0.3 + FALL + noise(width=0.3), None, ["oscillating_loss"]),
    "one jump": (jumping(), None, ["oscillating_loss"]),
    "a jump for good": (jumping(0.0), None, ["learning_rate_too_high", "oscillating_loss"]),
    "nothing learned": (0.693 + noise(width=0.002), 0.693 + noise(seed=1), ["plateau"]),
    "little learned": (
        2.15 + 0.15 * np.exp(-20 * T),
        2.16 + 0.15 * np.exp(-20 * T),
        ["plateau", "underfitting"],
    ),
    "parted": (0.05 + FALL, 0.5 + 0.9 * FALL + 0.8 * T, ["overfitting"]),
    "parted a little": (0.05 + FALL, 0.5 + 0.9 * FALL + 0.08 * T, []),
    "validation below": (0.5 + FALL, 0.35 + FALL, ["over_regularized"]),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_is_read(shape: str) -> None:
    train, valid, expected = SHAPES[shape]
    assert sorted(names(alone(train, valid))) == expected


@pytest.mark.parametrize("shape", SHAPES)
def test_curves_alone_tell_no_grave_finding_and_one_story(shape: str) -> None:
    train, valid, expected = SHAPES[shape]
    diagnosis = diagnose_evidence(alone(train, valid))
    assert len(diagnosis.findings) == min(1, len(expected))
    assert all(finding.severity != "grave" for finding in diagnosis)


@pytest.mark.parametrize("shape", SHAPES)
def test_findings_can_be_told_and_written(shape: str) -> None:
    train, valid, _ = SHAPES[shape]
    for finding in findings(alone(train, valid)):
        assert json.loads(json.dumps(finding.to_json(), allow_nan=False))
        for lang in ("en", "ko"):
            assert len(finding.explain(lang).split("\n")) == 3  # type: ignore[arg-type]


@given(st.sampled_from(sorted(SHAPES)), st.floats(1e-4, 1e4))
def test_the_unit_of_the_loss_changes_no_finding(shape: str, unit: float) -> None:
    train, valid, expected = SHAPES[shape]
    scaled = alone(train * unit, None if valid is None else valid * unit)
    assert sorted(names(scaled)) == expected


@pytest.mark.parametrize("times", [2, 3])
@pytest.mark.parametrize("shape", [name for name in SHAPES if "jump" not in name])
def test_more_epochs_of_the_same_shape_change_no_finding(shape: str, times: int) -> None:
    def longer(curve: Floats) -> Floats:
        count = times * len(curve)
        smooth = np.interp(np.linspace(0, 1, count), T, curve)
        return smooth + noise(count, 1e-4)

    train, valid, expected = SHAPES[shape]
    stretched = alone(longer(train), None if valid is None else longer(valid))
    assert sorted(names(stretched)) == expected


def test_a_jump_is_placed_and_a_recovered_one_is_minor() -> None:
    found = the("oscillating_loss", alone(jumping()))
    assert (found.case, found.evidence["epoch"], found.severity) == ("jump", 36, "minor")
    assert the("oscillating_loss", alone(jumping(2.0))).severity == "notable"


def test_a_validation_loss_alone_is_read_as_well() -> None:
    evidence = alone(2.3 - 0.8 * T)
    only = type(evidence)(type(evidence.curves)(valid_loss=2.3 - 0.8 * T))
    assert names(only) == ["learning_rate_too_low"]


@pytest.mark.parametrize("epochs", [1, 2, 3, 5])
def test_too_few_epochs_to_have_a_shape_are_not_read(epochs: int) -> None:
    assert names(alone(np.linspace(2.0, 1.9, epochs), np.linspace(2.0, 1.9, epochs))) in (
        [],
        ["too_few_epochs"],
    )


def test_a_loss_that_broke_is_a_rate_too_high_only_where_it_had_risen() -> None:
    grown = np.array([1.0, 30.0, 400.0, np.nan])
    assert the("learning_rate_too_high", alone(grown)).case == "diverged"
    assert names(alone(np.array([1.0, 0.8, 0.7, np.nan]))) == []
    assert names(alone(np.full(4, np.nan))) == []


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1, max_size=40))
def test_no_curve_breaks_a_rule(values: list[float]) -> None:
    with np.errstate(all="ignore"):
        evidence = alone(values, values[::-1])
        for finding in findings(evidence):
            finding.explain("en")
            json.dumps(finding.to_json(), allow_nan=False)
