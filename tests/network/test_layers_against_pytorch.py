"""Values and gradients of layers against PyTorch, in double precision, over random shapes."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from network_samples import float64

from jaram.network.layer import Context
from jaram.spec import parse

torch = pytest.importorskip("torch")

TOLERANCE = {"rtol": 1e-9, "atol": 1e-10}  # both sides compute in float64
SEEDS = (0, 1, 2)


def random_shape(seed: int) -> tuple[int, ...]:
    """``(batch, ..., features)`` with none to two axes between."""
    rng = np.random.default_rng(seed)
    return (int(rng.integers(2, 7)), *rng.integers(1, 5, seed), int(rng.integers(2, 9)))


def ours(layer: Any, params: Any, state: Any, x: Any, direction: Any, training: bool) -> Any:
    """Outputs, gradients of params, gradient of x, next state."""
    y, pull, next_state = jax.vjp(
        lambda params, x: layer.apply(params, state, x, Context(training)), params, x, has_aux=True
    )
    return y, *pull(direction), next_state


def theirs(module: Any, x: Any, direction: Any) -> tuple[Any, Any]:
    """Outputs and gradient of x; the module's parameters then hold theirs."""
    inputs = torch.tensor(x, requires_grad=True)
    y = module(inputs)
    y.backward(torch.tensor(direction))
    return y.detach().numpy(), inputs.grad.numpy()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("activation", "function"), [("tanh", "tanh"), ("relu", "relu")])
def test_dense(seed: int, activation: str, function: str) -> None:
    rng, shape = np.random.default_rng(seed), random_shape(seed)
    units = int(rng.integers(1, 9))
    x, direction = rng.standard_normal(shape), rng.standard_normal((*shape[:-1], units))
    linear = torch.nn.Linear(shape[-1], units).double()
    expected, expected_x = theirs(lambda x: getattr(torch, function)(linear(x)), x, direction)
    with jax.enable_x64(True):
        params = {
            "weight": jnp.asarray(linear.weight.detach().numpy().T),
            "bias": jnp.asarray(linear.bias.detach().numpy()),
        }
        layer = parse("layer", f"dense {units} {activation}")
        y, found, found_x, _ = ours(layer, params, {}, x, direction, training=True)
    np.testing.assert_allclose(y, expected, **TOLERANCE)
    np.testing.assert_allclose(found_x, expected_x, **TOLERANCE)
    np.testing.assert_allclose(found["weight"], linear.weight.grad.numpy().T, **TOLERANCE)
    np.testing.assert_allclose(found["bias"], linear.bias.grad.numpy(), **TOLERANCE)


@pytest.mark.parametrize("seed", SEEDS)
def test_layer_norm(seed: int) -> None:
    rng, shape = np.random.default_rng(seed), random_shape(seed)
    x, direction = rng.standard_normal(shape), rng.standard_normal(shape)
    scale, shift = rng.standard_normal((2, shape[-1]))
    module = torch.nn.LayerNorm(shape[-1], eps=0.01).double()
    module.weight.data, module.bias.data = torch.tensor(scale), torch.tensor(shift)
    expected, expected_x = theirs(module, x, direction)
    with jax.enable_x64(True):
        layer = parse("layer", "layer_norm 0.01")
        params = {"scale": scale, "shift": shift}
        y, found, found_x, _ = ours(layer, params, {}, x, direction, training=True)
    np.testing.assert_allclose(y, expected, **TOLERANCE)
    np.testing.assert_allclose(found_x, expected_x, **TOLERANCE)
    np.testing.assert_allclose(found["scale"], module.weight.grad.numpy(), **TOLERANCE)
    np.testing.assert_allclose(found["shift"], module.bias.grad.numpy(), **TOLERANCE)


@pytest.mark.parametrize("seed", SEEDS)
def test_batch_norm_and_its_running_statistics(seed: int) -> None:
    rng, shape = np.random.default_rng(seed), random_shape(seed)
    features = shape[-1]
    scale, shift = rng.standard_normal((2, features))
    # PyTorch's momentum is the share of the new statistics, ours that of the old ones.
    module = torch.nn.BatchNorm1d(features, eps=0.01, momentum=0.2).double()
    module.weight.data, module.bias.data = torch.tensor(scale), torch.tensor(shift)
    with jax.enable_x64(True):
        layer = parse("layer", "batch_norm 0.8 0.01")
        params, state = {"scale": scale, "shift": shift}, float64(layer.initial_state(shape[1:]))
        for _ in range(3):
            module.zero_grad()
            x, direction = 2 + 3 * rng.standard_normal(shape), rng.standard_normal(shape)
            expected, expected_x = theirs(
                lambda x: module(x.reshape(-1, features)).reshape(x.shape), x, direction
            )
            y, found, found_x, state = ours(layer, params, state, x, direction, training=True)
            np.testing.assert_allclose(y, expected, **TOLERANCE)
            np.testing.assert_allclose(found_x, expected_x, **TOLERANCE)
            np.testing.assert_allclose(found["scale"], module.weight.grad.numpy(), **TOLERANCE)
            np.testing.assert_allclose(found["shift"], module.bias.grad.numpy(), **TOLERANCE)
        np.testing.assert_allclose(state["mean"], module.running_mean.numpy(), **TOLERANCE)
        np.testing.assert_allclose(state["variance"], module.running_var.numpy(), **TOLERANCE)
        module.eval()
        expected, _ = theirs(
            lambda x: module(x.reshape(-1, features)).reshape(x.shape), x, direction
        )
        y, *_ = ours(layer, params, state, x, direction, training=False)
    np.testing.assert_allclose(y, expected, **TOLERANCE)


@pytest.mark.parametrize("seed", SEEDS)
def test_embedding(seed: int) -> None:
    rng, shape = np.random.default_rng(seed), random_shape(seed)
    tokens, direction = rng.integers(0, 11, shape), rng.standard_normal((*shape, 4))
    module = torch.nn.Embedding(11, 4).double()
    expected = module(torch.tensor(tokens))
    expected.backward(torch.tensor(direction))
    with jax.enable_x64(True):
        layer = parse("layer", "embedding 11 4")
        params = {"weight": jnp.asarray(module.weight.detach().numpy())}
        y, pull = jax.vjp(lambda params: layer.apply(params, {}, tokens, Context())[0], params)
        (found,) = pull(jnp.asarray(direction))
    np.testing.assert_allclose(y, expected.detach().numpy(), **TOLERANCE)
    np.testing.assert_allclose(found["weight"], module.weight.grad.numpy(), **TOLERANCE)
