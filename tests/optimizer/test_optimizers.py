"""Optimizers against PyTorch and SciPy, and what all of them promise."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import scipy.optimize
from numpy.typing import NDArray

from jaram.optimizer.optimizers import (
    LBFGS,
    SGD,
    AdaGrad,
    Adam,
    AdamW,
    AMSGrad,
    Lion,
    Momentum,
    Nesterov,
    Optimizer,
    RMSProp,
)
from jaram.spec import describe, parse, registered, words

SAMPLES: dict[str, tuple[Optimizer, Optimizer]] = {
    "sgd": (SGD(0.1, momentum=0.5), SGD(0.03, momentum=0.0)),
    "momentum": (Momentum(), Momentum(0.1, 0.8)),
    "nesterov": (Nesterov(), Nesterov(0.1, 0.8)),
    "adagrad": (AdaGrad(), AdaGrad(0.1, initial=0.1, epsilon=1e-7)),
    "rmsprop": (RMSProp(), RMSProp(0.01, decay=0.99, momentum=0.5)),
    "adam": (Adam(), Adam(0.1, beta1=0.8, beta2=0.99, epsilon=1e-6)),
    "adamw": (AdamW(), AdamW(0.1, weight_decay=0.1)),
    "amsgrad": (AMSGrad(), AMSGrad(0.1, beta2=0.9)),
    "lion": (Lion(), Lion(0.01, weight_decay=0.1)),
    "lbfgs": (LBFGS(), LBFGS(0.5)),
}
"""Two of each: the defaults, and other knobs of the same structure."""

NAMES = sorted(registered("optimizer"))
Params = dict[str, Any]


def bowl(params: Params) -> jax.Array:
    """A convex function with curvatures from 1 to 12."""
    curvature = jnp.arange(1, 13, dtype=params["weight"].dtype).reshape(4, 3)
    return jnp.sum(curvature * jnp.square(params["weight"] - 1)) + jnp.sum(params["bias"] ** 2)


def start(dtype: Any = np.float32) -> Params:
    rng = np.random.default_rng(0)
    return {
        "weight": jnp.asarray(rng.standard_normal((4, 3)), dtype),
        "bias": jnp.asarray(rng.standard_normal(3), dtype),
    }


def descend(optimizer: Optimizer, steps: int = 5) -> tuple[Params, jax.Array]:
    """The parameters after ``steps`` on the bowl, and the value before each."""
    rule = optimizer.transform(optimizer.learning_rate)

    def step(carry: Any, _: None) -> Any:
        params, state = carry
        value, gradient = jax.value_and_grad(bowl)(params)
        change, state = rule.update(
            gradient, state, params, value=value, grad=gradient, value_fn=bowl
        )
        return (optax.apply_updates(params, change), state), value

    params = start()
    (params, _), values = jax.lax.scan(step, (params, rule.init(params)), None, length=steps)
    return params, values


@pytest.mark.parametrize("name", NAMES)
class TestEveryOptimizer:
    def test_has_a_sample(self, name: str) -> None:
        assert name in SAMPLES

    def test_survives_being_written_down(self, name: str) -> None:
        for optimizer in SAMPLES[name]:
            assert parse("optimizer", describe(optimizer)) == optimizer
            assert parse("optimizer", words(optimizer)) == optimizer

    def test_population_compiled_is_the_same_as_one_by_one(self, name: str) -> None:
        stacked = jax.tree.map(lambda *knobs: np.stack(knobs), *SAMPLES[name])
        together = jax.jit(jax.vmap(descend))(stacked)
        for index, optimizer in enumerate(SAMPLES[name]):
            jax.tree.map(
                # float32 rounding of five steps, summed in another order
                lambda one, row, i=index: np.testing.assert_allclose(
                    one, row[i], rtol=1e-4, atol=1e-5
                ),
                descend(optimizer),
                together,
            )

    def test_goes_down(self, name: str) -> None:
        _, values = descend(SAMPLES[name][0], steps=10)
        assert values[-1] < values[0]

    def test_follows_a_schedule_given_as_a_function(self, name: str) -> None:
        optimizer = SAMPLES[name][0]
        params = start()
        gradient = jax.grad(bowl)(params)
        extra = {"value": bowl(params), "grad": gradient, "value_fn": bowl}
        changes = []
        for rate in (0.02, lambda done: 0.02 / (1 + done)):
            rule = optimizer.transform(rate)
            changes.append(rule.update(gradient, rule.init(params), params, **extra)[0])
        jax.tree.map(np.testing.assert_allclose, *changes)

    def test_only_a_line_search_needs_the_function(self, name: str) -> None:
        optimizer = SAMPLES[name][0]
        if not optimizer.uses_linesearch:
            rule = optimizer.transform(0.1)
            params = start()
            rule.update(params, rule.init(params), params)  # no value, grad or value_fn


GRADIENTS = np.random.default_rng(1).standard_normal((20, 6))


def ours(optimizer: Optimizer) -> NDArray[np.float64]:
    """The parameters after each of 20 steps along given random gradients, float64."""
    with jax.enable_x64(True):
        rule = optimizer.transform(optimizer.learning_rate)
        params = {"weight": jnp.linspace(-1.0, 1.0, 6)}
        state = rule.init(params)
        path = []
        for gradient in GRADIENTS:
            change, state = rule.update({"weight": jnp.asarray(gradient)}, state, params)
            params = optax.apply_updates(params, change)
            path.append(np.asarray(params["weight"]))
    return np.array(path)


def theirs(make: str, **settings: Any) -> NDArray[np.float64]:
    torch = pytest.importorskip("torch")
    params = torch.linspace(-1.0, 1.0, 6, dtype=torch.float64, requires_grad=True)
    optimizer = getattr(torch.optim, make)([params], **settings)
    path = []
    for gradient in GRADIENTS:
        params.grad = torch.tensor(gradient)
        optimizer.step()
        path.append(params.detach().numpy().copy())
    return np.array(path)


@pytest.mark.parametrize(
    ("optimizer", "make", "settings"),
    [
        (SGD(0.1), "SGD", {"lr": 0.1}),
        (SGD(0.1, 0.9, nesterov=True), "SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
        (Momentum(0.1, 0.8), "SGD", {"lr": 0.1, "momentum": 0.8}),
        (Nesterov(0.1, 0.8), "SGD", {"lr": 0.1, "momentum": 0.8, "nesterov": True}),
        (
            RMSProp(0.1, 0.9, 0.5, 1e-8),
            "RMSprop",
            {"lr": 0.1, "alpha": 0.9, "momentum": 0.5, "eps": 1e-8},
        ),
        (Adam(0.1), "Adam", {"lr": 0.1}),
        (AdamW(0.1, 0.05), "AdamW", {"lr": 0.1, "weight_decay": 0.05}),
    ],
    ids=lambda value: words(value) if isinstance(value, Optimizer) else None,
)
def test_matches_pytorch(optimizer: Optimizer, make: str, settings: dict[str, Any]) -> None:
    """The same formulas, so equal up to rounding in float64."""
    np.testing.assert_allclose(ours(optimizer), theirs(make, **settings), rtol=1e-9, atol=1e-12)


def test_adagrad_matches_pytorch_but_for_epsilon() -> None:
    """Epsilon stands under the root here and outside there; both are tiny beside the gradients."""
    np.testing.assert_allclose(
        ours(AdaGrad(0.1)), theirs("Adagrad", lr=0.1, eps=1e-10), rtol=0, atol=1e-7
    )


def test_amsgrad_matches_pytorch_but_for_epsilon() -> None:
    """Epsilon is added before the correction of v here and after it there: a factor of 32 at
    first.
    """
    np.testing.assert_allclose(
        ours(AMSGrad(0.1, epsilon=1e-12)),
        theirs("Adam", lr=0.1, eps=1e-12, amsgrad=True),
        rtol=0,
        atol=1e-8,
    )


def test_lion_matches_its_paper() -> None:
    """Algorithm 2 of Chen et al. (2023), written out."""
    weight, average = np.linspace(-1, 1, 6), np.zeros(6)
    path = []
    for gradient in GRADIENTS:
        sign = np.sign(0.9 * average + 0.1 * gradient)
        weight = weight - 0.01 * (sign + 0.1 * weight)
        average = 0.99 * average + 0.01 * gradient
        path.append(weight)
    np.testing.assert_allclose(ours(Lion(0.01, 0.1)), path, rtol=1e-12)


@pytest.mark.parametrize("optimizer", [AdamW(0.1, 0.5), Lion(0.1, 0.5)], ids=words)
def test_weight_decay_spares_biases(optimizer: Optimizer) -> None:
    params = start()
    rule = optimizer.transform(0.1)
    flat = jax.tree.map(jnp.zeros_like, params)
    change, _ = rule.update(flat, rule.init(params), params)
    np.testing.assert_allclose(change["weight"], -0.05 * params["weight"], rtol=1e-5)
    np.testing.assert_array_equal(change["bias"], 0)


def test_lbfgs_reaches_scipys_minimum() -> None:
    """Logistic regression with a penalty: strictly convex, so there is one minimum."""
    rng = np.random.default_rng(2)
    x = rng.standard_normal((80, 5)) @ np.diag([1.0, 2.0, 5.0, 0.5, 10.0])
    sign = np.sign(x @ rng.standard_normal(5) + rng.standard_normal(80))

    def cost(weight: Any) -> Any:
        return jnp.mean(jnp.logaddexp(0, -sign * (x @ weight))) + 0.05 * jnp.sum(weight**2)

    with jax.enable_x64(True):
        reference = scipy.optimize.minimize(
            cost, np.zeros(5), jac=jax.grad(cost), method="BFGS", options={"gtol": 1e-10}
        )
        rule = LBFGS().transform(1.0)
        weight = jnp.zeros(5)
        state = rule.init(weight)

        @jax.jit
        def step(weight: Any, state: Any) -> Any:
            value, gradient = jax.value_and_grad(cost)(weight)
            change, state = rule.update(
                gradient, state, weight, value=value, grad=gradient, value_fn=cost
            )
            return weight + change, state

        for _ in range(40):
            weight, state = step(weight, state)
        np.testing.assert_allclose(weight, reference.x, atol=1e-6)
