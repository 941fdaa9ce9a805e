"""Encoding of targets."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

from jaram.data.task import Task
from jaram.objective.targets import classes_of, encode

THREE = Task("multiclass", ("a", "b", "c"), 3)
TWO = Task("binary", ("no", "yes"), 1)


@pytest.mark.parametrize(
    ("task", "outputs", "expected"),
    [
        (THREE, 3, [[1, 0, 0], [0, 0, 1]]),
        (THREE, 1, [[0], [2]]),
        (THREE, 2, [[1, 0], [0, 0]]),  # too few outputs: the third class has none
        (THREE, 4, [[1, 0, 0, 0], [0, 0, 1, 0]]),
    ],
)
def test_classes(task: Task, outputs: int, expected: list[list[float]]) -> None:
    encoded = encode(np.array([0, 2], np.int32), task, outputs)
    assert encoded.dtype == jnp.float32
    np.testing.assert_array_equal(encoded, expected)


def test_two_classes_with_one_output_or_two() -> None:
    y = np.array([1, 0, 1], np.int32)
    np.testing.assert_array_equal(encode(y, TWO, 1), [[1], [0], [1]])
    np.testing.assert_array_equal(encode(y, TWO, 2), [[0, 1], [1, 0], [0, 1]])
    for outputs in (1, 2):
        np.testing.assert_array_equal(classes_of(encode(y, TWO, outputs)), y)


def test_numbers_and_labels_are_taken_as_they_are() -> None:
    y = np.array([0.5, -2.0], np.float32)
    np.testing.assert_array_equal(encode(y, Task("regression"), 1), y[:, None])
    labels = np.array([[0, 1, 1], [1, 0, 0]], np.float32)
    task = Task("multilabel", ("a", "b", "c"), 3)
    np.testing.assert_array_equal(encode(labels, task, 3), labels)
