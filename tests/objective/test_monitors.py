"""Device metrics against the host's, by blocks and with padding."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaram.data.task import Task
from jaram.network.activations import ActivationFunction, Identity, Sigmoid, Softmax
from jaram.objective.losses import (
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    Loss,
    MeanSquaredError,
)
from jaram.objective.metrics import evaluate
from jaram.objective.monitors import MOST_CLASSES, from_sums, monitors, partial_sums
from jaram.objective.targets import encode

MANY = tuple(str(k) for k in range(MOST_CLASSES + 1))
CASES: list[tuple[Task, Loss, ActivationFunction, int]] = [
    (Task("regression", (), 2), MeanSquaredError(), Identity(), 2),
    (Task("binary", ("no", "yes"), 1), BinaryCrossEntropy(), Sigmoid(), 1),
    (Task("binary", ("no", "yes"), 1), CategoricalCrossEntropy(), Softmax(), 2),
    (Task("multiclass", ("a", "b", "c"), 3), CategoricalCrossEntropy(), Softmax(), 3),
    (Task("multiclass", ("a", "b", "c"), 3), MeanSquaredError(), Identity(), 1),
    (Task("multiclass", MANY, len(MANY)), CategoricalCrossEntropy(), Softmax(), len(MANY)),
    (Task("multilabel", ("a", "b", "c"), 3), BinaryCrossEntropy(), Sigmoid(), 3),
]
ROWS = 40


def example(task: Task, outputs: int) -> tuple[Any, Any]:
    """Outputs ``(ROWS, outputs)`` and prepared targets."""
    rng = np.random.default_rng(0)
    z = rng.standard_normal((ROWS, outputs)).astype(np.float32)
    if task.kind == "regression":
        return z, rng.standard_normal((ROWS, outputs)).astype(np.float32)
    if task.kind == "multilabel":
        return z, rng.integers(0, 2, (ROWS, outputs)).astype(np.float32)
    return z, rng.integers(0, len(task.classes), ROWS).astype(np.int32)


def on_host(task: Task, z: Any, y: Any, outputs: int) -> dict[str, float]:
    if task.kind == "regression":
        return evaluate(task, y, z)
    if task.kind == "multilabel":
        return evaluate(task, y, (z > 0).astype(int))
    if outputs > 1:
        return evaluate(task, y, z.argmax(axis=1))
    if task.kind == "binary":
        return evaluate(task, y, (z[:, 0] > 0).astype(int))
    return evaluate(task, y, np.clip(np.round(z[:, 0]), 0, 2).astype(int))


@pytest.mark.parametrize(("task", "loss", "activation", "outputs"), CASES)
class TestEveryTask:
    def test_equals_the_metrics_of_the_host(
        self, task: Task, loss: Loss, activation: ActivationFunction, outputs: int
    ) -> None:
        z, y = example(task, outputs)
        target = encode(y, task, outputs)
        sums = partial_sums(task, loss, jnp.asarray(z), activation, target, real=jnp.ones(ROWS))
        found = from_sums(sums)
        assert tuple(found) == monitors(task)
        expected = on_host(task, z, y, outputs)
        expected["loss"] = float(jnp.mean(loss(jnp.asarray(z), activation, target)))
        for name, value in found.items():
            # float32 sums of 40 rows
            np.testing.assert_allclose(value, expected[name], rtol=1e-4, err_msg=name)

    def test_sums_add_up_over_blocks_and_padding_does_not_count(
        self, task: Task, loss: Loss, activation: ActivationFunction, outputs: int
    ) -> None:
        z, y = example(task, outputs)
        target = encode(y, task, outputs)
        whole = partial_sums(task, loss, jnp.asarray(z), activation, target, real=jnp.ones(ROWS))
        padded = jnp.concatenate([z, jnp.full((5, outputs), jnp.nan)]).reshape(3, 15, outputs)
        targets = jnp.concatenate([target, target[:5]]).reshape(3, 15, outputs)
        real = jnp.concatenate([jnp.ones(ROWS), jnp.zeros(5)]).reshape(3, 15)

        @jax.jit
        def by_blocks(z: jax.Array, target: jax.Array, real: jax.Array) -> Any:
            blocks = jax.lax.map(
                lambda block: partial_sums(
                    task, loss, block[0], activation, block[1], real=block[2]
                ),
                (z, target, real),
            )
            return jax.tree.map(lambda leaf: leaf.sum(axis=0), blocks)

        added = by_blocks(padded, targets, real)
        for name, value in from_sums(whole).items():
            np.testing.assert_allclose(from_sums(added)[name], value, rtol=1e-4, err_msg=name)


def test_weights_touch_the_loss_alone() -> None:
    task, loss, activation, outputs = CASES[3]
    z, y = example(task, outputs)
    target, weight = encode(y, task, outputs), np.random.default_rng(1).random(ROWS)
    given = (task, loss, jnp.asarray(z), activation, target)
    plain = from_sums(partial_sums(*given, real=jnp.ones(ROWS)))
    weighted = from_sums(partial_sums(*given, real=jnp.ones(ROWS), weight=jnp.asarray(weight)))
    losses = loss(jnp.asarray(z), activation, target)
    np.testing.assert_allclose(
        weighted["loss"], np.average(np.asarray(losses), weights=weight), rtol=1e-5
    )
    assert weighted["accuracy"] == plain["accuracy"]
    assert weighted["f1"] == plain["f1"]


def test_center_saves_r2_of_a_target_far_from_zero() -> None:
    rng = np.random.default_rng(2)
    y = (10_000 + rng.standard_normal((ROWS, 1))).astype(np.float32)
    z = (y + 0.5 * rng.standard_normal((ROWS, 1))).astype(np.float32)
    task = Task("regression")
    sums = partial_sums(
        task, MeanSquaredError(), jnp.asarray(z), Identity(), jnp.asarray(y),
        real=jnp.ones(ROWS), center=10_000.0,
    )  # fmt: skip
    np.testing.assert_allclose(from_sums(sums)["r2"], evaluate(task, y, z)["r2"], rtol=1e-3)


def test_constant_targets() -> None:
    task = Task("regression")
    y = jnp.full((4, 1), 2.0)
    for z, expected in ((y, 1.0), (y + 1, 0.0)):
        sums = partial_sums(task, MeanSquaredError(), z, Identity(), y, real=jnp.ones(4))
        assert from_sums(sums)["r2"] == expected
