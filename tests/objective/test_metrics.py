"""Metrics against scikit-learn, on random inputs with and without weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sklearn.metrics as theirs
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from jaram.data.task import Task
from jaram.errors import DataError
from jaram.messages import LANGUAGES
from jaram.objective.metrics import evaluate, full_name, higher_is_better, roc_auc

REGRESSION = Task("regression", (), 2, ("a", "b"))
BINARY = Task("binary", ("no", "yes"), 1, ("a",))
THREE = Task("multiclass", ("a", "b", "c"), 3, ("a",))
LABELS = Task("multilabel", ("a", "b", "c"), 3, ("a", "b", "c"))

seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(4, 40)


def weights(rng: np.random.Generator, n: int, weighted: bool) -> NDArray[Any] | None:
    return rng.random(n) + 0.1 if weighted else None


def coarse(rng: np.random.Generator, *shape: int) -> NDArray[Any]:
    """Probabilities with many ties, 0 and 1 among them."""
    return rng.integers(0, 6, shape) / 5


def rows_of(rng: np.random.Generator, n: int, classes: int) -> NDArray[Any]:
    """Rows of probabilities with many ties that sum to 1."""
    raw = rng.integers(0, 4, (n, classes)) + 0.5
    return raw / raw.sum(axis=1, keepdims=True)


def all_classes(rng: np.random.Generator, n: int, classes: int) -> NDArray[Any]:
    """Class numbers in which every class occurs, so that scikit-learn defines every metric."""
    return rng.permutation(np.arange(n) % classes)


@settings(deadline=None)  # a busy machine is no fault of a metric
@given(seed=seeds, n=sizes, weighted=st.booleans())
def test_regression(seed: int, n: int, weighted: bool) -> None:
    rng = np.random.default_rng(seed)
    y, predicted = 100 + 5 * rng.standard_normal((2, n, 2))
    weight = weights(rng, n, weighted)
    assert evaluate(REGRESSION, y, predicted, weight) == pytest.approx(
        {
            "r2": theirs.r2_score(y, predicted, sample_weight=weight),
            "rmse": theirs.root_mean_squared_error(y, predicted, sample_weight=weight),
            "mae": theirs.mean_absolute_error(y, predicted, sample_weight=weight),
        }
    )


@settings(deadline=None)  # a busy machine is no fault of a metric
@given(seed=seeds, n=sizes, weighted=st.booleans())
def test_two_classes(seed: int, n: int, weighted: bool) -> None:
    rng = np.random.default_rng(seed)
    y, p = all_classes(rng, n, 2), coarse(rng, n)
    weight = weights(rng, n, weighted)
    predicted = (p > 0.5).astype(int)
    expected = {
        "accuracy": theirs.accuracy_score(y, predicted, sample_weight=weight),
        "balanced_accuracy": theirs.balanced_accuracy_score(y, predicted, sample_weight=weight),
        "f1": theirs.f1_score(y, predicted, sample_weight=weight, zero_division=0),
        "roc_auc": theirs.roc_auc_score(y, p, sample_weight=weight),
        "log_loss": theirs.log_loss(y, p, sample_weight=weight, labels=[0, 1]),
    }
    assert evaluate(BINARY, y, p, weight) == pytest.approx(expected)
    assert evaluate(BINARY, y, np.stack([1 - p, p], axis=1), weight) == pytest.approx(expected)
    del expected["roc_auc"], expected["log_loss"]
    assert evaluate(BINARY, y, predicted, weight) == pytest.approx(expected)


@settings(deadline=None)  # a busy machine is no fault of a metric
@given(seed=seeds, n=sizes, weighted=st.booleans())
def test_more_classes(seed: int, n: int, weighted: bool) -> None:
    rng = np.random.default_rng(seed)
    y, p = all_classes(rng, n, 3), rows_of(rng, n, 3)
    weight = weights(rng, n, weighted)
    predicted = p.argmax(axis=1)
    areas = [theirs.roc_auc_score(y == k, p[:, k], sample_weight=weight) for k in range(3)]
    assert evaluate(THREE, y, p, weight) == pytest.approx(
        {
            "accuracy": theirs.accuracy_score(y, predicted, sample_weight=weight),
            "balanced_accuracy": theirs.balanced_accuracy_score(y, predicted, sample_weight=weight),
            "f1": theirs.f1_score(
                y, predicted, sample_weight=weight, average="macro", zero_division=0
            ),
            "roc_auc": np.mean(areas),  # its own one-vs-rest takes no sample weights
            "log_loss": theirs.log_loss(y, p, sample_weight=weight, labels=[0, 1, 2]),
        }
    )
    if weight is None:
        assert np.mean(areas) == pytest.approx(theirs.roc_auc_score(y, p, multi_class="ovr"))


@settings(deadline=None)  # a busy machine is no fault of a metric
@given(seed=seeds, n=sizes, weighted=st.booleans())
def test_labels(seed: int, n: int, weighted: bool) -> None:
    rng = np.random.default_rng(seed)
    y = np.stack([all_classes(rng, n, 2) for _ in range(3)], axis=1)
    p = coarse(rng, n, 3)
    weight = weights(rng, n, weighted)
    predicted = (p > 0.5).astype(int)
    losses = [
        theirs.log_loss(y[:, k], p[:, k], sample_weight=weight, labels=[0, 1]) for k in range(3)
    ]
    assert evaluate(LABELS, y, p, weight) == pytest.approx(
        {
            "label_accuracy": 1 - theirs.hamming_loss(y, predicted, sample_weight=weight),
            "exact_match": theirs.accuracy_score(y, predicted, sample_weight=weight),
            "f1": theirs.f1_score(
                y, predicted, sample_weight=weight, average="macro", zero_division=0
            ),
            "roc_auc": theirs.roc_auc_score(y, p, sample_weight=weight, average="macro"),
            "log_loss": np.mean(losses),
        }
    )


@settings(deadline=None)  # a busy machine is no fault of a metric
@given(seed=seeds, n=sizes)
def test_weights_are_repetitions(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    y, p = all_classes(rng, n, 3), rows_of(rng, n, 3)
    times = rng.integers(1, 4, n)
    assert evaluate(THREE, y, p, times) == pytest.approx(
        evaluate(THREE, np.repeat(y, times), np.repeat(p, times, axis=0))
    )


def test_area_is_the_chance_that_a_pair_is_in_order() -> None:
    """The definition, over all pairs."""
    rng = np.random.default_rng(0)
    y, score = all_classes(rng, 30, 2), coarse(rng, 30)
    pairs = [(a > b) + 0.5 * (a == b) for a in score[y == 1] for b in score[y == 0]]
    assert roc_auc(y, score) == pytest.approx(np.mean(pairs))


def test_what_is_not_defined_is_left_out() -> None:
    found = evaluate(BINARY, [1, 1, 1], [0.9, 0.8, 0.3])
    assert "roc_auc" not in found
    assert found["balanced_accuracy"] == pytest.approx(2 / 3)
    assert "r2" not in evaluate(Task("regression"), [1.0], [2.0])


def test_a_constant_target() -> None:
    task = Task("regression")
    assert evaluate(task, [2.0, 2.0], [2.0, 2.0])["r2"] == 1
    assert evaluate(task, [2.0, 2.0], [2.0, 3.0])["r2"] == 0


def test_classes_that_do_not_occur_do_not_count() -> None:
    found = evaluate(THREE, [0, 0, 1, 1], [0, 0, 1, 0])
    assert found["balanced_accuracy"] == pytest.approx(0.75)
    assert found["f1"] == pytest.approx((4 / 5 + 2 / 3) / 2)


def test_a_certain_mistake_costs_much_but_not_infinitely() -> None:
    found = evaluate(BINARY, [1, 0], np.array([0.0, 0.0], np.float32))
    assert 7 < found["log_loss"] < 9  # half of -log(float32 epsilon) = 15.9


def test_answers_may_be_given_beside_the_probabilities() -> None:
    tie = np.full((2, 3), 1 / 3)
    assert evaluate(THREE, [1, 1], tie)["accuracy"] == 0
    found = evaluate(THREE, [1, 1], tie, answer=[1, 1])
    assert found["accuracy"] == 1
    assert found["log_loss"] == pytest.approx(np.log(3))
    labels = np.array([[0, 1, 1]])
    assert evaluate(LABELS, labels, tie[:1], answer=labels)["exact_match"] == 1


def test_wrong_shapes_are_told() -> None:
    with pytest.raises(DataError, match="3 true values for 2 outputs"):
        evaluate(BINARY, [1, 0, 1], [0.1, 0.2])
    with pytest.raises(DataError, match="one number for each of the 2 rows"):
        evaluate(BINARY, [1, 0], [0.1, 0.2], [1.0])


def test_every_metric_has_a_full_name_and_a_direction() -> None:
    rng = np.random.default_rng(0)
    names = {"loss"}
    for task, y, given_ in (
        (REGRESSION, rng.random((9, 2)), rng.random((9, 2))),
        (THREE, np.arange(9) % 3, rows_of(rng, 9, 3)),
        (LABELS, (np.arange(27) % 2).reshape(9, 3), coarse(rng, 9, 3)),
    ):
        names |= set(evaluate(task, y, given_))
    for name in names:
        for lang in LANGUAGES:
            assert full_name(name, lang)
    lower = {name for name in names if not higher_is_better(f"valid/{name}")}
    assert lower == {"loss", "log_loss", "rmse", "mae"}
