"""Losses against PyTorch, scikit-learn, SciPy and finite differences, and what all of them
promise.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special
from jax.test_util import check_grads
from numpy.typing import NDArray
from sklearn.metrics import hinge_loss

import jaram.network
from jaram.network.activations import ActivationFunction, Identity, Sigmoid, Softmax
from jaram.objective.losses import (
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    Hinge,
    Huber,
    Loss,
    MeanAbsoluteError,
    MeanSquaredError,
    PerceptronLoss,
    SquaredHinge,
    SumSquaredError,
)
from jaram.spec import describe, parse, registered, words

assert jaram.network  # defines the activations

SAMPLES: dict[str, tuple[Loss, Loss]] = {
    "mean_squared_error": (MeanSquaredError(), MeanSquaredError()),
    "sum_squared_error": (SumSquaredError(), SumSquaredError()),
    "mean_absolute_error": (MeanAbsoluteError(), MeanAbsoluteError()),
    "huber": (Huber(), Huber(delta=0.3)),
    "binary_cross_entropy": (BinaryCrossEntropy(), BinaryCrossEntropy(label_smoothing=0.2)),
    "categorical_cross_entropy": (CategoricalCrossEntropy(), CategoricalCrossEntropy(0.2)),
    "perceptron": (PerceptronLoss(), PerceptronLoss()),
    "hinge": (Hinge(), Hinge()),
    "squared_hinge": (SquaredHinge(), SquaredHinge()),
}
"""Two of each, with different knobs where there are any."""

NAMES = sorted(registered("loss"))
WITHOUT_PARAMS = sorted(
    name
    for name, cls in registered("activation").items()
    if not cls().initial_params((3,))  # one with parameters of its own stays in the network
)


def outputs_and_targets(outputs: int, seed: int = 0) -> tuple[NDArray[Any], NDArray[Any]]:
    """Float64 ``z`` (8, outputs) and targets: one-hot rows, or 0 and 1 for one output."""
    rng = np.random.default_rng(seed)
    z = 2 * rng.standard_normal((8, outputs))
    if outputs == 1:
        return z, rng.integers(0, 2, (8, 1)).astype(float)
    return z, np.eye(outputs)[rng.integers(0, outputs, 8)]


def paired(loss: Loss) -> ActivationFunction:
    activation: ActivationFunction = parse("activation", loss.pairs_with)
    return activation


@pytest.mark.parametrize("name", NAMES)
class TestEveryLoss:
    def test_has_a_sample(self, name: str) -> None:
        assert name in SAMPLES

    def test_survives_being_written_down(self, name: str) -> None:
        for loss in SAMPLES[name]:
            assert parse("loss", describe(loss)) == loss
            assert parse("loss", words(loss)) == loss

    def test_compiled_is_the_same(self, name: str) -> None:
        loss = SAMPLES[name][1]
        z, target = (jnp.asarray(a, jnp.float32) for a in outputs_and_targets(3))
        compiled = jax.jit(lambda loss, z, target: loss(z, paired(loss), target))
        np.testing.assert_allclose(
            compiled(loss, z, target), loss(z, paired(loss), target), rtol=1e-5
        )

    def test_population_is_the_same_as_one_by_one(self, name: str) -> None:
        z, target = (jnp.asarray(a, jnp.float32) for a in outputs_and_targets(3))
        stacked = jax.tree.map(lambda *knobs: np.stack(knobs), *SAMPLES[name])
        activation = paired(SAMPLES[name][0])

        def value(loss: Loss) -> jax.Array:
            return loss(z, activation, target)

        together = jax.vmap(value, axis_size=2)(stacked)
        for alone, row in zip(SAMPLES[name], together, strict=True):
            np.testing.assert_allclose(value(alone), row, rtol=1e-5, atol=1e-7)

    def test_gives_one_number_per_example(self, name: str) -> None:
        for outputs in (1, 4):
            z, target = (jnp.asarray(a, jnp.float32) for a in outputs_and_targets(outputs))
            for loss in SAMPLES[name]:
                assert loss(z, paired(loss), target).shape == (8,)

    def test_gradient_matches_finite_differences(self, name: str) -> None:
        with jax.enable_x64(True):
            z, target = (jnp.asarray(a) for a in outputs_and_targets(3, seed=1))
            for loss in SAMPLES[name]:
                activation = paired(loss) if loss.pairs_with != "step" else Identity()
                # Random z is nowhere near a kink, so central differences are exact to eps^2.
                check_grads(
                    lambda z, loss=loss, activation=activation: loss(z, activation, target),
                    (z,),
                    order=1,
                    modes=["rev"],
                    rtol=1e-6,
                    atol=1e-6,
                )

    @pytest.mark.parametrize("activation", WITHOUT_PARAMS)
    def test_wrong_pairings_stay_finite(self, name: str, activation: str) -> None:
        function = parse("activation", activation)
        for outputs in (1, 3):
            z, target = (jnp.asarray(a, jnp.float32) for a in outputs_and_targets(outputs))
            z = z.at[0].set(0.0).at[1].set(-3.0).at[2].set(20.0)  # dead rows, saturated rows
            for loss in SAMPLES[name]:
                value, gradient = jax.value_and_grad(
                    lambda z, loss=loss, target=target: loss(z, function, target).sum()
                )(z)
                assert np.isfinite(value)
                assert np.isfinite(gradient).all()


def test_regression_losses_match_pytorch() -> None:
    torch = pytest.importorskip("torch")
    z, target = np.random.default_rng(2).standard_normal((2, 8, 3))
    t_z, t_target = torch.tensor(z), torch.tensor(target)
    functional = torch.nn.functional
    theirs = {
        MeanSquaredError(): functional.mse_loss(t_z, t_target, reduction="none").mean(1),
        SumSquaredError(): functional.mse_loss(t_z, t_target, reduction="none").sum(1),
        MeanAbsoluteError(): functional.l1_loss(t_z, t_target, reduction="none").mean(1),
        Huber(0.7): functional.huber_loss(t_z, t_target, reduction="none", delta=0.7).mean(1),
    }
    with jax.enable_x64(True):
        for loss, expected in theirs.items():
            np.testing.assert_allclose(
                loss(jnp.asarray(z), Identity(), jnp.asarray(target)), expected, rtol=1e-12
            )


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_cross_entropies_match_pytorch(smoothing: float) -> None:
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    z, target = outputs_and_targets(4, seed=3)
    with jax.enable_x64(True):
        ours = CategoricalCrossEntropy(smoothing)(jnp.asarray(z), Softmax(), jnp.asarray(target))
        theirs = functional.cross_entropy(
            torch.tensor(z), torch.tensor(target), reduction="none", label_smoothing=smoothing
        )
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)
        ours = BinaryCrossEntropy(smoothing)(jnp.asarray(z), Sigmoid(), jnp.asarray(target))
        smoothed = torch.tensor(target * (1 - smoothing) + smoothing / 2)
        theirs = functional.binary_cross_entropy_with_logits(
            torch.tensor(z), smoothed, reduction="none"
        ).mean(1)
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_logits_and_probabilities_agree_where_both_are_exact() -> None:
    """The clipped formula for wrong pairings, given the same probabilities."""
    z, target = outputs_and_targets(3, seed=4)
    with jax.enable_x64(True):
        p = scipy.special.expit(z)
        ours = BinaryCrossEntropy()(jnp.asarray(p), Identity(), jnp.asarray(target))
        closed = -(scipy.special.xlogy(target, p) + scipy.special.xlog1py(1 - target, -p)).mean(1)
        np.testing.assert_allclose(ours, closed, rtol=1e-12)
        np.testing.assert_allclose(
            BinaryCrossEntropy()(jnp.asarray(z), Sigmoid(), jnp.asarray(target)), closed, rtol=1e-9
        )
        p = scipy.special.softmax(z, axis=1)
        scaled = 5 * p  # is divided by its sum
        ours = CategoricalCrossEntropy()(jnp.asarray(scaled), Identity(), jnp.asarray(target))
        np.testing.assert_allclose(ours, -np.log((p * target).sum(1)), rtol=1e-12)


def test_cross_entropies_are_exact_far_out() -> None:
    """In float32, where exp overflows beyond 88."""
    z = jnp.array([[-1000.0], [1000.0]])
    target = jnp.array([[1.0], [0.0]])
    value, gradient = jax.value_and_grad(
        lambda z: BinaryCrossEntropy()(z, Sigmoid(), target).sum()
    )(z)
    assert value == 2000
    np.testing.assert_array_equal(gradient, [[-1.0], [1.0]])
    z, target = jnp.array([[1000.0, -1000.0]]), jnp.array([[0.0, 1.0]])
    value, gradient = jax.value_and_grad(
        lambda z: CategoricalCrossEntropy()(z, Softmax(), target).sum()
    )(z)
    assert value == 2000
    np.testing.assert_array_equal(gradient, [[1.0, -1.0]])


def test_hinge_matches_sklearn() -> None:
    z, target = outputs_and_targets(1, seed=5)
    ours = Hinge()(jnp.asarray(z, jnp.float32), Identity(), jnp.asarray(target, jnp.float32))
    np.testing.assert_allclose(ours.mean(), hinge_loss(target[:, 0], z[:, 0]), rtol=1e-5)
    squared = SquaredHinge()(
        jnp.asarray(z, jnp.float32), Identity(), jnp.asarray(target, jnp.float32)
    )
    np.testing.assert_allclose(squared, ours**2, rtol=1e-5)


def test_perceptron_steps_are_rosenblatts() -> None:
    """Descending the loss of one example is weight += rate · (t - step(z)) · x, also from weights
    0.
    """
    rng = np.random.default_rng(6)
    step = parse("activation", "step")
    for weight in (jnp.zeros((5, 2)), jnp.asarray(rng.standard_normal((5, 2)), jnp.float32)):
        x = jnp.asarray(rng.standard_normal((1, 5)), jnp.float32)
        target = jnp.array([[1.0, 0.0]])
        gradient = jax.grad(lambda w, x=x, t=target: PerceptronLoss()(x @ w, step, t)[0])(weight)
        np.testing.assert_allclose(-gradient, x.T @ (target - step(x @ weight, {})), rtol=1e-6)


def test_perceptron_learns_and() -> None:
    """The perceptron convergence theorem (Novikoff, 1962), on AND."""
    x = jnp.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], jnp.float32)  # with a bias input
    target = jnp.array([[0.0], [0.0], [0.0], [1.0]])
    step = parse("activation", "step")
    weight = jnp.zeros((3, 1))
    for _ in range(20):
        for row in range(4):
            weight -= jax.grad(
                lambda w, r=row: PerceptronLoss()(x[r : r + 1] @ w, step, target[r : r + 1])[0]
            )(weight)
    np.testing.assert_array_equal(step(x @ weight, {}), target)


def test_softmax_of_one_output_teaches_nothing() -> None:
    """The classical mistake: it is 1 whatever z is."""
    z, target = (jnp.asarray(a, jnp.float32) for a in outputs_and_targets(1))
    for loss in (MeanSquaredError(), BinaryCrossEntropy(), CategoricalCrossEntropy()):
        gradient = jax.grad(lambda z, loss=loss: loss(z, Softmax(), target).sum())(z)
        np.testing.assert_array_equal(gradient, 0)
