"""Every initializer against what theory says of its mean, variance and shape."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest
from network_samples import INITIALIZERS

import jaram.network
from jaram.network import Activation, Dense
from jaram.network.initializers import weights_for
from jaram.network.network import apply, initial_params, initial_state
from jaram.spec import describe, lookup, parse, registered, words

EVERY = sorted(registered("initializer"))
SHAPE = (300, 200)


@pytest.fixture(params=EVERY)
def sample(request: pytest.FixtureRequest) -> tuple[Any, float]:
    assert request.param in INITIALIZERS, f"give network_samples.py a sample of {request.param!r}"
    line, variance = INITIALIZERS[request.param]
    return parse("initializer", line), variance


def draw(initializer: Any, seed: int = 0, shape: tuple[int, ...] = SHAPE) -> Any:
    return initializer.draw(np.random.default_rng(seed), shape, 300, 200)


def test_reads_back_and_is_exported(sample: tuple[Any, float]) -> None:
    initializer, _ = sample
    assert parse("initializer", words(initializer)) == initializer
    assert parse("initializer", describe(initializer)) == initializer
    assert getattr(jaram.network, type(initializer).__name__) is type(initializer)
    assert Dense(3, init=words(initializer)).init == initializer


def test_is_float32_and_seeded(sample: tuple[Any, float]) -> None:
    initializer, _ = sample
    for shape in ((4,), (3, 4), (2, 3, 4, 5)):
        weights = draw(initializer, shape=shape)
        assert weights.shape == shape
        assert weights.dtype == np.float32
        np.testing.assert_array_equal(weights, draw(initializer, shape=shape))


def test_variance_is_that_of_theory(sample: tuple[Any, float]) -> None:
    initializer, variance = sample
    weights = draw(initializer).astype(np.float64)
    # 60,000 draws: the standard error of a normal's variance is sqrt(2 / 60000) = 0.6% of it.
    assert weights.var() == pytest.approx(variance, rel=0.03, abs=1e-12)
    if variance:
        assert abs(weights.mean()) < 5 * np.sqrt(variance / weights.size)
        assert not np.array_equal(weights, draw(initializer, seed=1))


@pytest.mark.parametrize("name", [name for name in EVERY if name.endswith("_uniform")])
def test_uniform_fills_its_interval_and_does_not_leave_it(name: str) -> None:
    line, variance = INITIALIZERS[name]
    weights, limit = draw(parse("initializer", line)), np.sqrt(3 * variance)
    assert np.abs(weights).max() <= limit * (1 + 1e-6)
    assert np.abs(weights).max() > 0.99 * limit


@pytest.mark.parametrize("name", [name for name in EVERY if name.endswith("_normal")])
def test_normal_has_the_tails_of_one(name: str) -> None:
    line, variance = INITIALIZERS[name]
    beyond = np.mean(np.abs(draw(parse("initializer", line))) > 2 * np.sqrt(variance))
    assert beyond == pytest.approx(0.0455, rel=0.1)


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (5, 5), (2, 3, 4), (7,)])
def test_orthogonal_is_orthogonal(shape: tuple[int, ...]) -> None:
    weights = draw(parse("initializer", "orthogonal 2"), shape=shape).reshape(-1, shape[-1])
    short = weights if weights.shape[0] <= weights.shape[1] else weights.T
    np.testing.assert_allclose(short @ short.T, 4 * np.eye(len(short)), atol=1e-5)


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("normal", "random_normal"),
        ("uniform", "random_uniform"),
        ("xavier_normal", "glorot_normal"),
        ("xavier_uniform", "glorot_uniform"),
        ("kaiming_normal", "he_normal"),
        ("kaiming_uniform", "he_uniform"),
    ],
)
def test_other_names(alias: str, name: str) -> None:
    assert lookup("initializer", alias) is registered("initializer")[name]


@pytest.mark.parametrize(
    ("activation", "name"),
    [
        ("relu", "he_normal"),
        ("prelu", "he_normal"),
        ("gelu", "he_normal"),
        ("selu", "lecun_normal"),
        ("tanh", "glorot_uniform"),
        ("sigmoid", "glorot_uniform"),
        ("identity", "glorot_uniform"),
    ],
)
def test_default_suits_the_activation(activation: str, name: str) -> None:
    assert describe(weights_for(None, parse("activation", activation))) == name


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "tanh", "selu", "elu", "maxout"])
def test_default_keeps_signals_alive_through_twenty_layers(activation: str) -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((64, 128), np.float32)
    layer = parse("layer", "maxout 128" if activation == "maxout" else f"dense 128 {activation}")
    network = (layer,) * 20
    params = initial_params(network, 0, (128,))
    y, _ = apply(network, params, initial_state(network, (128,)), jax.numpy.asarray(x))
    # Under 0.01 * randn the mean square would be below 1e-30 here.
    assert 0.01 < float((y**2).mean()) < 100


def test_layers_draw_from_streams_of_their_own() -> None:
    wide = initial_params((Dense(50), Activation("relu"), Dense(4)), 0, (3,))
    narrow = initial_params((Dense(50, bias=False), Activation("tanh"), Dense(4)), 0, (3,))
    np.testing.assert_array_equal(wide[2]["weight"], narrow[2]["weight"])
    assert not np.array_equal(wide[0]["weight"][:, :4], wide[2]["weight"][:3])
