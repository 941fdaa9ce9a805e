"""Every activation function, and the truth about each against PyTorch and against its own slope."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads
from network_samples import ACTIVATIONS, float64

import jaram.network
from jaram.network.activations import ActivationFunction
from jaram.spec import describe, parse, registered, words

EVERY = sorted(registered("activation"))
GRID = np.linspace(-8, 8, 161).reshape(-1, 7) + 0.003  # (23, 7), none at a kink


@pytest.fixture(params=EVERY)
def name(request: pytest.FixtureRequest) -> str:
    assert request.param in ACTIVATIONS, f"give network_samples.py a sample of {request.param!r}"
    return str(request.param)


def start(name: str) -> tuple[Any, Any]:
    activation = parse("activation", ACTIVATIONS[name])
    return activation, activation.initial_params((7,))


def slope(activation: ActivationFunction, params: Any, x: Any) -> Any:
    return jax.grad(lambda x: activation(x, params).sum())(x)


def test_reads_back_and_is_exported(name: str) -> None:
    activation, _ = start(name)
    assert parse("activation", words(activation)) == activation
    assert parse("activation", describe(activation)) == activation
    assert getattr(jaram.network, type(activation).__name__) is type(activation)
    assert parse("initializer", activation.default_init) is not None


def test_jit_and_vmap_change_nothing(name: str) -> None:
    activation, params = start(name)
    x = jnp.asarray(GRID, jnp.float32)

    def run(activation: Any, params: Any) -> Any:
        return activation(x, params)

    alone = run(activation, params)
    assert alone.shape == x.shape
    assert alone.dtype == jnp.float32
    np.testing.assert_allclose(jax.jit(run)(activation, params), alone, rtol=1e-5, atol=1e-6)
    stack = partial(jax.tree.map, lambda leaf: jnp.stack([jnp.asarray(leaf)] * 2))
    both = jax.vmap(run, axis_size=2)(stack(activation), stack(params))
    np.testing.assert_allclose(both, jnp.stack([alone] * 2), rtol=1e-5, atol=1e-6)


def test_gradients_agree_with_finite_differences(name: str) -> None:
    with jax.enable_x64(True):
        activation, params = (float64(one) for one in start(name))
        x = jnp.asarray(GRID)
        check_grads(lambda x, params: activation(x, params), (x, params), order=1, modes=["rev"])


def test_extreme_inputs_stay_finite(name: str) -> None:
    activation, params = start(name)
    x = jnp.full((1, 7), 1e4, jnp.float32) * jnp.array([-1, 1, -1, 1, 0, 1, -1])
    assert bool(jnp.isfinite(activation(x, params)).all())
    assert bool(jnp.isfinite(slope(activation, params, x)).all())


def test_dead_means_that_the_slope_is_zero(name: str) -> None:
    activation, params = start(name)
    x = jnp.asarray(GRID, jnp.float32)
    dead = activation.is_dead(activation(x, params))
    if dead is not None:
        np.testing.assert_array_equal(dead, slope(activation, params, x) == 0)


def test_saturated_means_that_the_slope_is_below_a_twentieth_of_its_largest(name: str) -> None:
    activation, params = start(name)
    with jax.enable_x64(True):
        x = jnp.asarray(GRID)
        found = activation.is_saturated(activation(x, params))
        if found is not None:
            # The largest slope is reached at 0, from either side, or far above it.
            steepest = slope(activation, params, jnp.array([-1e-9, 0.0, 1e-9, 50.0])).max()
            np.testing.assert_array_equal(found, slope(activation, params, x) < 0.05 * steepest)
            assert 0 < found.mean() < 1


def test_step_is_zero_or_one_and_lets_no_gradient_pass() -> None:
    step, _ = start("step")
    np.testing.assert_array_equal(step(jnp.array([-2.0, 0.0, 0.5]), {}), [0, 0, 1])
    np.testing.assert_array_equal(slope(step, {}, jnp.array([-2.0, 0.5])), [0, 0])


def test_prelu_learns_a_slope_for_each_feature() -> None:
    prelu, params = start("prelu")
    np.testing.assert_array_equal(params["slope"], np.full(7, 0.3, np.float32))
    gradient = jax.grad(lambda params: prelu(-jnp.ones((2, 7)), params).sum())(params)
    np.testing.assert_array_equal(gradient["slope"], np.full(7, -2.0))


def test_selu_with_lecun_keeps_mean_and_variance_through_depth() -> None:
    selu = parse("activation", "selu")
    rng = np.random.default_rng(0)
    x = rng.standard_normal((500, 300), np.float32)
    for _ in range(10):
        weight = parse("initializer", selu.default_init).draw(rng, (300, 300), 300, 300)
        x = selu(x @ weight, {})
    # The fixed point is (0, 1); widths of 300 leave a few percent of play.
    assert abs(float(x.mean())) < 0.1
    assert abs(float(x.var()) - 1) < 0.2


TORCH = {
    "identity": "Identity()",
    "sigmoid": "Sigmoid()",
    "tanh": "Tanh()",
    "relu": "ReLU()",
    "leaky_relu": "LeakyReLU(0.2)",
    "prelu": "PReLU(7, init=0.3)",
    "elu": "ELU(1.5)",
    "selu": "SELU()",
    "gelu": "GELU()",
    "silu": "SiLU()",
    "softplus": "Softplus(beta=2)",
    "softmax": "Softmax(dim=-1)",
}


@pytest.mark.parametrize("name", TORCH)
def test_agrees_with_pytorch(name: str) -> None:
    torch = pytest.importorskip("torch")
    theirs = eval(f"torch.nn.{TORCH[name]}", {"torch": torch}).double()
    x = torch.tensor(GRID, requires_grad=True)
    direction = np.random.default_rng(0).standard_normal(GRID.shape)
    expected = theirs(x)
    expected.backward(torch.tensor(direction))
    with jax.enable_x64(True):
        activation, params = (float64(one) for one in start(name))
        found, pull = jax.vjp(lambda x: activation(x, params), jnp.asarray(GRID))
        (gradient,) = pull(jnp.asarray(direction))
    # Float64 throughout; PyTorch's Softplus becomes linear above 20, off by 1e-9. PReLU's 0.3 was
    # stored as float32.
    np.testing.assert_allclose(found, expected.detach().numpy(), rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(gradient, x.grad.numpy(), rtol=1e-6, atol=1e-8)
