"""Answers and probabilities from outputs."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

import jaram.network
from jaram.data.task import Task
from jaram.objective.decisions import decide, is_probability, probabilities
from jaram.objective.losses import (
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    Hinge,
    Loss,
    MeanSquaredError,
    PerceptronLoss,
)
from jaram.spec import parse, registered

assert jaram.network  # defines the activations

BINARY = Task("binary", ("no", "yes"), 1, ("a",))
THREE = Task("multiclass", ("a", "b", "c"), 3, ("a",))
LABELS = Task("multilabel", ("a", "b", "c"), 3, ("a", "b", "c"))
WITHOUT_PARAMS = sorted(
    name for name, cls in registered("activation").items() if not cls().initial_params((3,))
)


def activation(name: str) -> Any:
    return parse("activation", name)


@pytest.mark.parametrize(
    ("loss", "name", "z", "expected"),
    [
        (BinaryCrossEntropy(), "sigmoid", [-0.1, 0.1], [0, 1]),
        (MeanSquaredError(), "sigmoid", [-0.1, 0.1], [0, 1]),
        (MeanSquaredError(), "identity", [0.4, 0.6], [0, 1]),  # targets are 0 and 1
        (MeanSquaredError(), "tanh", [0.3, 1.0], [0, 1]),
        (Hinge(), "identity", [-0.1, 0.1], [0, 1]),  # targets are -1 and 1
        (Hinge(), "tanh", [-0.1, 0.1], [0, 1]),
        (Hinge(), "sigmoid", [-0.1, 0.1], [0, 1]),
        (PerceptronLoss(), "step", [-0.1, 0.1], [0, 1]),
        (PerceptronLoss(), "identity", [-0.1, 0.1], [0, 1]),
        (BinaryCrossEntropy(), "softmax", [-0.1, 0.1], [1, 1]),  # always 1
    ],
)
def test_one_output_for_two_classes(
    loss: Loss, name: str, z: list[float], expected: list[int]
) -> None:
    answer = decide(jnp.array(z)[:, None], activation(name), loss, BINARY)
    np.testing.assert_array_equal(answer, expected)
    assert answer.dtype == jnp.int32


def test_several_outputs_for_classes() -> None:
    z = jnp.array([[0.1, 0.3, 0.2], [2.0, 3.0, -1.0], [-1.0, -3.0, -2.0]])
    for loss, name in (
        (CategoricalCrossEntropy(), "softmax"),
        (PerceptronLoss(), "step"),  # equal steps: the clearest of them
        (MeanSquaredError(), "relu"),
    ):
        np.testing.assert_array_equal(decide(z, activation(name), loss, THREE), [1, 1, 0])
    np.testing.assert_array_equal(
        decide(z[:, :2], activation("softmax"), CategoricalCrossEntropy(), BINARY), [1, 1, 0]
    )


def test_one_output_for_more_classes_is_a_class_number() -> None:
    z = jnp.array([[-3.0], [0.6], [1.7], [9.0]])
    answer = decide(z, activation("identity"), MeanSquaredError(), THREE)
    np.testing.assert_array_equal(answer, [0, 1, 2, 2])


def test_labels_and_numbers() -> None:
    z = jnp.array([[-1.0, 2.0, 0.3]])
    np.testing.assert_array_equal(
        decide(z, activation("sigmoid"), BinaryCrossEntropy(), LABELS), [[0, 1, 1]]
    )
    np.testing.assert_array_equal(
        decide(z, activation("relu"), MeanSquaredError(), Task("regression", (), 3)),
        [[0.0, 2.0, np.float32(0.3)]],
    )


def test_probabilities_are_the_networks_own_where_it_has_them() -> None:
    z = jnp.array([[0.3, -1.0, 2.0]])
    softmax, sigmoid = activation("softmax"), activation("sigmoid")
    own = probabilities(z, softmax, CategoricalCrossEntropy(), THREE)
    np.testing.assert_array_equal(own, softmax(z, {}))
    own = probabilities(z, sigmoid, BinaryCrossEntropy(), LABELS)
    np.testing.assert_array_equal(own, sigmoid(z, {}))
    yes = float(sigmoid(z[:, 0], {})[0])
    own = probabilities(z[:, :1], sigmoid, BinaryCrossEntropy(), BINARY)
    np.testing.assert_allclose(own, [[1 - yes, yes]], rtol=1e-6)
    assert is_probability(softmax, THREE, 3)
    assert is_probability(sigmoid, LABELS, 3)
    assert is_probability(sigmoid, BINARY, 1)
    assert not is_probability(softmax, BINARY, 1)
    assert not is_probability(sigmoid, THREE, 3)
    assert not is_probability(activation("identity"), Task("regression"), 1)


@pytest.mark.parametrize("name", WITHOUT_PARAMS)
@pytest.mark.parametrize("loss", ["mean_squared_error", "hinge"])  # by value, by margin
@pytest.mark.parametrize(
    ("task", "outputs"),
    [(BINARY, 1), (BINARY, 2), (THREE, 3), (THREE, 1), (THREE, 2), (THREE, 5), (LABELS, 3)],
    ids=lambda value: getattr(value, "kind", str(value)),
)
def test_probabilities_are_such_and_agree_with_the_answers(
    name: str, loss: str, task: Task, outputs: int
) -> None:
    z = jnp.asarray(2 * np.random.default_rng(0).standard_normal((50, outputs)), jnp.float32)
    function, chosen = activation(name), parse("loss", loss)
    found = np.asarray(probabilities(z, function, chosen, task))
    answer = np.asarray(decide(z, function, chosen, task))
    assert found.shape == (50, len(task.classes))
    assert (found >= 0).all()
    assert (found <= 1).all()
    if task.kind == "multilabel":
        np.testing.assert_array_equal(found > 0.5, answer)
        return
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    # The answer is among the most probable; equal steps have equal probabilities.
    rows = np.arange(50)
    if outputs <= len(task.classes):
        np.testing.assert_allclose(found[rows, answer], found.max(axis=1), rtol=1e-6)
