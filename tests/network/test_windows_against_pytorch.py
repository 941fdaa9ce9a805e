"""Convolutions and pooling against PyTorch over random shapes, in double precision."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaram.network.layer import Context
from jaram.spec import parse

torch = pytest.importorskip("torch")

TOLERANCE = {"rtol": 1e-8, "atol": 1e-9}
SEEDS = range(6)


def to_torch(x: Any) -> Any:
    """``(batch, *places, channels)`` as PyTorch has it, channels second."""
    return torch.tensor(np.moveaxis(np.asarray(x), -1, 1).copy(), requires_grad=True)


def from_torch(x: Any) -> Any:
    return np.moveaxis(x.detach().numpy(), 1, -1)


def ours(layer: Any, params: Any, x: Any, direction: Any) -> Any:
    with jax.enable_x64(True):
        params = jax.tree.map(jnp.asarray, params)
        y, pull = jax.vjp(lambda p, x: layer.apply(p, {}, x, Context())[0], params, jnp.asarray(x))
        return y, *pull(jnp.asarray(direction))


def kernel_from(weight: Any) -> Any:
    """PyTorch's (outputs, inputs, *kernel) as (*kernel, inputs, outputs)."""
    return np.moveaxis(weight.detach().numpy(), (0, 1), (-1, -2))


def places(rng: np.random.Generator, axes: int) -> tuple[int, ...]:
    return tuple(int(size) for size in rng.integers(7, 12, axes))


@pytest.mark.parametrize("axes", [1, 2])
@pytest.mark.parametrize("seed", SEEDS)
def test_conv(seed: int, axes: int) -> None:
    rng = np.random.default_rng([seed, axes])
    groups = int(rng.choice([1, 1, 2]))
    channels, filters = groups * int(rng.integers(1, 4)), groups * int(rng.integers(1, 4))
    size, stride, dilation, padding = (int(rng.integers(low, 4)) for low in (1, 1, 1, 0))
    x = rng.standard_normal((3, *places(rng, axes), channels))
    module = {1: torch.nn.Conv1d, 2: torch.nn.Conv2d}[axes](
        channels, filters, size, stride, padding, dilation, groups
    ).double()
    given = to_torch(x)
    expected = module(given)
    direction = rng.standard_normal(from_torch(expected).shape)
    expected.backward(torch.tensor(np.moveaxis(direction, -1, 1).copy()))
    layer = parse(
        "layer",
        f"conv {filters} {size} stride={stride} padding={padding} dilation={dilation} "
        f"groups={groups}",
    )
    params = {"weight": kernel_from(module.weight), "bias": module.bias.detach().numpy()}
    y, found, found_x = ours(layer, params, x, direction)
    np.testing.assert_allclose(y, from_torch(expected), **TOLERANCE)
    np.testing.assert_allclose(found_x, from_torch(given.grad), **TOLERANCE)
    np.testing.assert_allclose(found["weight"], kernel_from(module.weight.grad), **TOLERANCE)
    np.testing.assert_allclose(found["bias"], module.bias.grad.numpy(), **TOLERANCE)
    assert y.shape[1:] == layer.output_shape(x.shape[1:])


@pytest.mark.parametrize("multiplier", [1, 2])
@pytest.mark.parametrize("axes", [1, 2])
def test_depthwise_conv(axes: int, multiplier: int) -> None:
    rng = np.random.default_rng(axes)
    x = rng.standard_normal((2, *places(rng, axes), 3))
    module = {1: torch.nn.Conv1d, 2: torch.nn.Conv2d}[axes](
        3, 3 * multiplier, 3, 2, 1, groups=3
    ).double()
    given = to_torch(x)
    expected = module(given)
    direction = rng.standard_normal(from_torch(expected).shape)
    expected.backward(torch.tensor(np.moveaxis(direction, -1, 1).copy()))
    layer = parse("layer", f"depthwise_conv 3 multiplier={multiplier} stride=2")
    params = {"weight": kernel_from(module.weight), "bias": module.bias.detach().numpy()}
    y, found, found_x = ours(layer, params, x, direction)
    np.testing.assert_allclose(y, from_torch(expected), **TOLERANCE)
    np.testing.assert_allclose(found_x, from_torch(given.grad), **TOLERANCE)
    np.testing.assert_allclose(found["weight"], kernel_from(module.weight.grad), **TOLERANCE)


@pytest.mark.parametrize("axes", [1, 2])
@pytest.mark.parametrize(
    ("size", "stride", "padding"), [(4, 2, 1), (3, 1, 0), (2, 3, 0), (5, 2, 2)]
)
def test_conv_transpose(axes: int, size: int, stride: int, padding: int) -> None:
    rng = np.random.default_rng(axes)
    x = rng.standard_normal((2, *places(rng, axes), 3))
    module = {1: torch.nn.ConvTranspose1d, 2: torch.nn.ConvTranspose2d}[axes](
        3, 4, size, stride, padding
    ).double()
    given = to_torch(x)
    expected = module(given)
    direction = rng.standard_normal(from_torch(expected).shape)
    expected.backward(torch.tensor(np.moveaxis(direction, -1, 1).copy()))
    layer = parse("layer", f"conv_transpose 4 {size} stride={stride} padding={padding}")
    # PyTorch's weight is (inputs, outputs, *kernel); ours (*kernel, outputs, inputs).
    params = {"weight": kernel_from(module.weight), "bias": module.bias.detach().numpy()}
    y, found, found_x = ours(layer, params, x, direction)
    np.testing.assert_allclose(y, from_torch(expected), **TOLERANCE)
    np.testing.assert_allclose(found_x, from_torch(given.grad), **TOLERANCE)
    np.testing.assert_allclose(found["weight"], kernel_from(module.weight.grad), **TOLERANCE)
    assert y.shape[1:] == layer.output_shape(x.shape[1:])
    if padding * 2 == size - stride:
        same = parse("layer", f"conv_transpose 4 {size} stride={stride}")
        np.testing.assert_allclose(ours(same, params, x, direction)[0], y, **TOLERANCE)


@pytest.mark.parametrize("kind", ["max", "avg"])
@pytest.mark.parametrize("axes", [1, 2])
@pytest.mark.parametrize("seed", SEEDS)
def test_pooling(seed: int, axes: int, kind: str) -> None:
    rng = np.random.default_rng([seed, axes])
    size, stride = int(rng.integers(2, 4)), int(rng.integers(1, 4))
    padding = int(rng.integers(0, size // 2 + 1))
    # Rounded, so that there are equal values in a window: the first one takes the gradient.
    x = np.round(rng.standard_normal((3, *places(rng, axes), 2)) * 2)
    name = f"{kind}_pool{axes}d"
    more = {"count_include_pad": False} if kind == "avg" else {}
    given = to_torch(x)
    expected = getattr(torch.nn.functional, name)(given, size, stride, padding, **more)
    direction = rng.standard_normal(from_torch(expected).shape)
    expected.backward(torch.tensor(np.moveaxis(direction, -1, 1).copy()))
    layer = parse("layer", f"{kind}_pool {size} {stride} {padding}")
    y, _, found_x = ours(layer, {}, x, direction)
    np.testing.assert_allclose(y, from_torch(expected), **TOLERANCE)
    np.testing.assert_allclose(found_x, from_torch(given.grad), **TOLERANCE)


@pytest.mark.parametrize("axes", [1, 2])
def test_up_sample(axes: int) -> None:
    rng = np.random.default_rng(axes)
    x = rng.standard_normal((2, *places(rng, axes), 3))
    for method, theirs in (("nearest", "nearest"), ("linear", ["linear", "bilinear"][axes - 1])):
        given = to_torch(x)
        expected = torch.nn.functional.interpolate(given, scale_factor=3, mode=theirs)
        direction = rng.standard_normal(from_torch(expected).shape)
        expected.backward(torch.tensor(np.moveaxis(direction, -1, 1).copy()))
        y, _, found_x = ours(parse("layer", f"up_sample 3 {method}"), {}, x, direction)
        # jax.image takes its weights in single precision
        np.testing.assert_allclose(y, from_torch(expected), rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(found_x, from_torch(given.grad), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("axes", [1, 2])
def test_group_and_instance_norm(axes: int) -> None:
    rng = np.random.default_rng(axes)
    x = 2 + 3 * rng.standard_normal((2, *places(rng, axes), 6))
    scale, shift = rng.standard_normal((2, 6))
    instance = {1: torch.nn.InstanceNorm1d, 2: torch.nn.InstanceNorm2d}[axes]
    for words, module in (
        ("group_norm 3 0.01", torch.nn.GroupNorm(3, 6, eps=0.01)),
        ("instance_norm 0.01", instance(6, eps=0.01, affine=True)),
    ):
        module = module.double()
        module.weight.data, module.bias.data = torch.tensor(scale), torch.tensor(shift)
        given = to_torch(x)
        expected = module(given)
        direction = rng.standard_normal(x.shape)
        expected.backward(torch.tensor(np.moveaxis(direction, -1, 1).copy()))
        y, found, found_x = ours(
            parse("layer", words), {"scale": scale, "shift": shift}, x, direction
        )
        np.testing.assert_allclose(y, from_torch(expected), **TOLERANCE)
        np.testing.assert_allclose(found_x, from_torch(given.grad), **TOLERANCE)
        np.testing.assert_allclose(found["scale"], module.weight.grad.numpy(), **TOLERANCE)
