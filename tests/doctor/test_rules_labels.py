"""No signal, and wrong labels."""

from typing import Any

import numpy as np
import pytest
from answered import evidence_of, found, guess
from seeded import classes, inputs, labels, regression

from jaram.data.data import Data
from jaram.data.load import load


def by_heart(part: Any) -> np.ndarray:
    """Right on the training part, which is the larger, and guessed elsewhere."""
    if len(part.y) > 200:
        return np.eye(int(part.y.max()) + 1)[part.y] if part.y.dtype.kind == "i" else part.y
    return guess(part)


def with_wrong_labels(data: Data, share: float, seed: int = 0) -> Data:
    rng = np.random.default_rng(seed)
    y = np.unique(np.asarray(data.y), return_inverse=True)[1]
    wrong, k = rng.random(len(y)) < share, int(y.max()) + 1
    return Data(data.x, np.where(wrong, (y + rng.integers(1, k, len(y))) % k, y))


@pytest.mark.parametrize("answer", [guess, by_heart])
@pytest.mark.parametrize("kind", ["classes", "numbers"])
def test_noise_carries_no_signal(answer: Any, kind: str) -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 400) if kind == "classes" else rng.normal(size=400)
    (finding,) = found("no_signal", evidence_of(Data(rng.normal(size=(400, 5)), y), answer))
    assert finding.severity == "grave" and finding.remedies == ()
    assert 0 < finding.evidence["visible"] < 0.1


def test_a_signal_that_the_network_missed_is_one() -> None:
    weak = inputs(600)
    noise = np.random.default_rng(1).normal(size=600)
    parity = np.random.default_rng(0).integers(0, 2, (400, 4)).astype(float)
    for data in (
        classes(300),
        regression(300),
        load("circles"),
        Data(weak, 0.3 * weak[:, 0] + noise, task="regression"),
        Data(parity, parity.sum(axis=1).astype(int) % 2),
    ):
        assert found("no_signal", evidence_of(data, guess)) == []


def test_nothing_is_claimed_of_few_rows() -> None:
    rng = np.random.default_rng(0)
    data = Data(rng.normal(size=(40, 12)), rng.integers(0, 2, 40))
    assert found("no_signal", evidence_of(data, guess)) == []


@pytest.mark.parametrize("name", ["digits", "breast_cancer", "blobs", "circles", "spirals"])
@pytest.mark.parametrize("share", [0.2, 0.35])
def test_wrong_labels_are_counted_and_found(name: str, share: float) -> None:
    clean = load(name)
    noisy = with_wrong_labels(clean, share)
    (finding,) = found("label_noise", evidence_of(noisy))
    truth = np.unique(np.asarray(clean.y), return_inverse=True)[1]
    assert finding.evidence["rate"] == pytest.approx(np.mean(truth != noisy.y), abs=0.05)
    assert finding.severity == ("grave" if finding.evidence["rate"] >= 0.2 else "notable")
    rows = finding.evidence["rows"]
    assert len(rows) == 20
    assert np.mean(truth[rows] != np.asarray(noisy.y)[rows]) > 0.75
    assert [str(y) for y in np.asarray(noisy.y)[rows]] == finding.evidence["given"]


def test_wrong_labels_of_the_training_part_alone() -> None:
    clean = load("digits")
    assert clean.x is not None
    noisy = with_wrong_labels(Data(clean.x[:1400], clean.y[:1400]), 0.25)
    data = Data(noisy.x, noisy.y, valid=(clean.x[1400:], np.asarray(clean.y[1400:], int)))
    (finding,) = found("label_noise", evidence_of(data, by_heart))
    assert max(finding.evidence["rows"]) < 1400


@pytest.mark.parametrize("name", ["iris", "breast_cancer", "digits", "circles", "spirals"])
def test_sound_labels_are_not_doubted(name: str) -> None:
    assert found("label_noise", evidence_of(load(name), guess)) == []


@pytest.mark.parametrize("overlap", [0.5, 1.0, 2.0])
def test_classes_that_overlap_have_no_wrong_labels(overlap: float) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(800, 4))
    y = (x[:, 0] + x[:, 1] + overlap * rng.normal(size=800) > 0).astype(int)
    assert found("label_noise", evidence_of(Data(x, y))) == []
    assert found("label_noise", evidence_of(Data(x, labels(x)))) == []


def test_numbers_far_from_those_of_like_rows() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (500, 2))
    y = np.sin(3 * x[:, 0]) + x[:, 1] + 0.05 * rng.normal(size=500)
    wrong = rng.choice(500, 20, replace=False)
    broken = y.copy()
    broken[wrong] += 5
    (finding,) = found("label_noise", evidence_of(Data(x, broken, task="regression")))
    assert finding.case == "numbers" and set(finding.evidence["rows"]) <= set(wrong.tolist())
    heavy = np.sin(3 * x[:, 0]) + x[:, 1] + 0.1 * rng.standard_t(4, 500)
    skewed = np.exp(x[:, 0] + 0.5 * rng.normal(size=500))
    uneven = x[:, 1] + np.exp(2 * x[:, 0]) * rng.normal(size=500)
    for sound in (y, heavy, skewed, uneven):
        assert found("label_noise", evidence_of(Data(x, sound, task="regression"))) == []
