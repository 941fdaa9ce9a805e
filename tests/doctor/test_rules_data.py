"""Leaks, parts that can't tell, classes passed over."""

from typing import Any

import numpy as np
import pytest
from answered import evidence_of, found, severities
from seeded import classes, inputs, labels, numbers, with_column

from jaram.data.data import Data
from jaram.doctor.rules.data import best_balance


def test_a_leak_stays_grave_however_good_the_score() -> None:
    x = inputs()
    y = labels(x)
    (leak,) = found("leakage", evidence_of(Data(with_column(x, y * 3.0 + 1), y)))
    assert leak.severity == "grave" and leak.remedies == ()
    assert found("leakage", evidence_of(classes())) == []


def test_a_validation_part_of_a_handful() -> None:
    assert severities("validation_too_small", evidence_of(classes(400), validation=0.01)) == [
        "notable"
    ]
    assert severities("validation_too_small", evidence_of(classes(400))) == []


def test_a_validation_part_with_other_classes() -> None:
    x = inputs(300)
    y = labels(x)
    apart = np.flatnonzero(y == 2)[:60]
    rest = np.setdiff1d(np.arange(300), apart)
    data = Data(x[rest], y[rest], valid=(x[apart], y[apart]))
    assert severities("unrepresentative_validation", evidence_of(data)) == ["grave"]


@pytest.mark.parametrize("how", ["moved", "one end of a column"])
def test_a_validation_part_with_other_inputs(how: str) -> None:
    x = np.random.default_rng(0).uniform(-1, 1, (500, 3))
    y = 3 * x[:, 0] * x[:, 1] + x[:, 2]
    apart = x[:, 0] > 0.6 if how == "one end of a column" else np.arange(500) >= 400
    other = x[apart] + (1.5 if how == "moved" else 0)
    data = Data(x[~apart], y[~apart], task="regression", valid=(other, y[apart]))
    (finding,) = found("unrepresentative_validation", evidence_of(data))
    assert finding.severity == "grave" and finding.case == "inputs"
    if how != "moved":
        assert finding.evidence["column"] == "x1" and finding.evidence["shift"] > 1


def test_parts_drawn_alike() -> None:
    x = inputs(400)
    y = labels(x)
    brought = Data(x[:300], y[:300], valid=(x[300:], y[300:]))
    for data in (brought, classes(400), Data(x, numbers(x), task="regression")):
        assert found("unrepresentative_validation", evidence_of(data)) == []


def rare(share: float, seed: int = 0, n: int = 1000) -> Data:
    """Two classes that differ, one of them rare."""
    rng = np.random.default_rng(seed)
    y = (rng.random(n) < share).astype(int)
    return Data(rng.normal(size=(n, 3)) + 1.5 * y[:, None], y)


def majority_only(part: Any) -> np.ndarray:
    """Probabilities that rank the classes but never reach a half."""
    likely = 0.4 / (1 + np.exp(-part.x.sum(axis=1)))
    return np.column_stack([1 - likely, likely])


def fair(part: Any) -> np.ndarray:
    likely = np.where(part.y == 1, 0.9, 0.1)
    return np.column_stack([1 - likely, likely])


@pytest.mark.parametrize("share", [0.02, 0.1])
def test_a_rare_class_that_is_never_answered(share: float) -> None:
    (finding,) = found("class_imbalance", evidence_of(rare(share), majority_only))
    assert finding.severity == "grave" and finding.evidence["recall"] == 0
    assert finding.remedies == ("class_weights",)
    (weighted,) = found(
        "class_imbalance", evidence_of(rare(share), majority_only, class_weight="balanced")
    )
    assert weighted.remedies == ()


def test_a_rare_class_that_is_answered_is_no_illness() -> None:
    assert severities("class_imbalance", evidence_of(rare(0.02), fair)) == ["minor"]  # was noted
    assert severities("class_imbalance", evidence_of(rare(0.1), fair)) == []
    assert severities("class_imbalance", evidence_of(rare(0.4), majority_only)) == []


def test_a_rare_class_that_only_simple_models_know() -> None:
    rng = np.random.default_rng(0)
    y = (rng.random(1000) < 0.1).astype(int)
    angle, radius = (
        rng.uniform(0, 6.28, 1000),
        np.where(y == 1, 0.3, 1) + 0.05 * rng.normal(size=1000),
    )
    data = Data(radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1), y)

    def blind(part: Any) -> np.ndarray:
        return np.tile([0.9, 0.1], (len(part.y), 1))

    assert severities("class_imbalance", evidence_of(data, blind)) == ["grave"]


def test_a_rare_class_that_nothing_tells_apart_is_not_passed_over() -> None:
    rng = np.random.default_rng(0)
    data = Data(rng.normal(size=(1000, 3)), (rng.random(1000) < 0.1).astype(int))
    assert found("class_imbalance", evidence_of(data, majority_only)) == []


def by_threshold(part: Any) -> np.ndarray:
    """Probabilities that rank the classes and reach a half for the plainest third of the rare."""
    likely = 1 / (1 + np.exp(-(part.x.sum(axis=1) - 5.5)))
    return np.column_stack([1 - likely, likely])


def test_a_threshold_that_hides_most_of_a_class() -> None:
    (finding,) = found("class_imbalance", evidence_of(rare(0.05, n=3000), by_threshold))
    assert finding.severity == "notable" and 0.2 < finding.evidence["recall"] < 0.5


def test_a_rare_class_that_is_known_by_heart_only() -> None:
    data = rare(0.05, n=3000)
    trained = evidence_of(data)
    assert trained.prepared is not None
    rows = len(trained.prepared.train.y)

    def by_heart(part: Any) -> np.ndarray:
        return fair(part) if len(part.y) == rows else majority_only(part)

    (finding,) = found("class_imbalance", evidence_of(data, by_heart))
    assert finding.evidence["count"] < 100  # of the validation rows


def test_the_best_balance_is_that_of_the_best_threshold() -> None:
    rng = np.random.default_rng(0)
    is_rare, score = rng.random(80) < 0.2, np.round(rng.normal(size=80), 1)
    by_hand = max(
        (np.mean(score[is_rare] >= at) + np.mean(score[~is_rare] < at)) / 2 for at in score
    )
    assert best_balance(is_rare, score) == pytest.approx(by_hand)
