"""Tasks with steps: losses and metrics count every step that has an answer, and no other."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaram.data.task import Task
from jaram.network.activations import Softmax
from jaram.network.dense import Dense
from jaram.network.network import apply, initial_params, initial_state
from jaram.network.recurrent import GRU
from jaram.objective.losses import CategoricalCrossEntropy
from jaram.objective.metrics import evaluate
from jaram.objective.monitors import from_sums, partial_sums
from jaram.objective.steps import example_losses, side_by_side
from jaram.objective.targets import encode

CLASSES = 4
TASK = Task("tagging", tuple("abcd"), CLASSES, ("y",))


def drawn(seed: int, batch: int, steps: int):
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(batch, steps, CLASSES)).astype(np.float32) * 3
    return z, rng.integers(-1, CLASSES, (batch, steps)).astype(np.int32)


def losses(z, y):
    target = encode(y, TASK, CLASSES)
    return example_losses(CategoricalCrossEntropy(), jnp.asarray(z), Softmax(), target, y)


@given(st.integers(0, 10_000), st.integers(1, 5), st.integers(1, 6))
@settings(max_examples=20, deadline=None)
def test_an_examples_loss_is_the_mean_over_its_steps_with_an_answer(seed, batch, steps):
    z, y = drawn(seed, batch, steps)
    p = np.exp(z.astype(np.float64))
    p /= p.sum(axis=-1, keepdims=True)
    wanted = [
        np.mean([-np.log(p[i, t, y[i, t]]) for t in range(steps) if y[i, t] >= 0] or [0.0])
        for i in range(batch)
    ]
    np.testing.assert_allclose(losses(z, y), wanted, rtol=2e-5, atol=1e-6)


def test_it_is_pytorchs_cross_entropy_that_ignores_an_index():
    torch = pytest.importorskip("torch")
    z, y = drawn(1, 3, 7)
    wanted = [
        torch.nn.functional.cross_entropy(
            torch.tensor(z[i]), torch.tensor(y[i], dtype=torch.long), ignore_index=-1
        ).item()
        for i in range(3)
    ]
    np.testing.assert_allclose(losses(z, y), wanted, rtol=1e-5)


def test_padding_changes_no_loss_and_no_gradient():
    network = (GRU(3, return_sequences=True), Dense(CLASSES, Softmax()))
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 5, 2)).astype(np.float32)
    y = rng.integers(0, CLASSES, (2, 5)).astype(np.int32)
    longer_x = np.concatenate([x, rng.normal(size=(2, 3, 2)).astype(np.float32) * 9], axis=1)
    longer_y = np.concatenate([y, np.full((2, 3), -1, np.int32)], axis=1)
    params, state = initial_params(network, 0, (5, 2)), initial_state(network, (5, 2))
    logits = (network[0], Dense(CLASSES))

    def loss(params, x, y):
        z, _ = apply(logits, params, state, x)
        return jnp.sum(losses(z, y))

    short = jax.value_and_grad(loss)(params, x, y)
    long = jax.value_and_grad(loss)(params, longer_x, longer_y)
    for one, other in zip(jax.tree.leaves(short), jax.tree.leaves(long), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_the_metrics_of_an_epoch_are_those_of_the_evaluation():
    z, y = drawn(3, 6, 5)
    real = np.array([1, 1, 1, 1, 0, 0], np.float32)
    z_steps, y_steps, real_steps, _ = side_by_side(jnp.asarray(z), jnp.asarray(y), real, None)
    loss = CategoricalCrossEntropy()
    target = encode(y_steps, TASK, CLASSES)
    found = from_sums(partial_sums(TASK, loss, z_steps, Softmax(), target, real=real_steps))
    p = np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)
    of_truth = np.take_along_axis(p, np.maximum(y, 0)[..., None], -1)[..., 0]
    wanted = evaluate(TASK, y[:4], of_truth[:4], answer=z[:4].argmax(-1))
    for name in ("accuracy", "balanced_accuracy", "f1"):
        assert float(found[name]) == pytest.approx(wanted[name], abs=1e-6)
    assert float(found["loss"]) == pytest.approx(wanted["log_loss"], rel=1e-5)


def test_a_language_models_perplexity_is_two_to_its_bits():
    task = Task("language", tuple("abcd"), 4, ("next",))
    y = np.array([[0, 1, -1], [3, 3, 2]])
    p = np.array([[0.5, 0.25, 0.9], [0.125, 0.5, 0.5]], np.float32)
    found = evaluate(task, y, p, answer=np.array([[0, 0, 0], [3, 3, 0]]))
    assert found["bits_per_unit"] == pytest.approx((1 + 2 + 3 + 1 + 1) / 5, rel=1e-6)
    assert found["perplexity"] == pytest.approx(2 ** found["bits_per_unit"], rel=1e-6)
    assert found["accuracy"] == pytest.approx(3 / 5)
