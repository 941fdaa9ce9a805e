"""The engine against the same training written out by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from by_hand import ByHand, adam, momentum

import jaram as jr
from jaram.network.network import initial_params

EPOCHS, BATCH, ROWS = 4, 16, 40
STEPS = 3  # an epoch: 16 + 16 + 16, the last filled up from the epoch's start
TOTAL = EPOCHS * STEPS

# float32 has 24 bits: each of the 12 steps errs by a few 6e-8 of what is of size 1, against the
# float64 of the reference. The largest differences measured, in losses and weights, were 1.3e-7 for
# gradient descent and 6e-7 for Adam, which divides small gradients by their size and so enlarges
# their error. Another processor may sum in another order.
CLOSE = {"rtol": 5e-6, "atol": 5e-6}


def data(task: str, weighted: bool = False) -> jr.Data:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(ROWS, 3)).astype(np.float32)
    signal = x[:, 0] * x[:, 1] + 0.3 * x[:, 2]
    y = signal if task == "regression" else (signal > 0.2).astype(int)
    weight = rng.uniform(0.2, 3.0, ROWS) if weighted else None
    return jr.Data(x, y, weight=weight)


def recipe(task: str, **fields: Any) -> jr.Recipe:
    loss = jr.MeanSquaredError() if task == "regression" else jr.BinaryCrossEntropy()
    last = "identity" if task == "regression" else "sigmoid"
    chosen: dict[str, Any] = {
        "network": (jr.Dense(4, "tanh"), jr.Dense(1, last)),
        "output": None,
        "loss": loss,
        "penalties": (),
        "averaging": None,
        "epochs": EPOCHS,
        "batch_size": BATCH,
        "stop": None,
        "validation": 0.0,
        "scale": "none",
        "seed": 5,
        "order_seed": 9,
    }
    return jr.Recipe(**(chosen | fields))


def step_decay(step: int) -> float:
    return 0.5 ** (step // STEPS // 2)


def cosine(step: int) -> float:
    return 0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * step / TOTAL))


def warm_up(step: int) -> float:
    return min(1.0, (step + 1) / (0.5 * TOTAL))


def inverse_time(step: int) -> float:
    return 1 / (1 + 0.5 * step / STEPS)


def ema(step: int, mean: Any, new: Any) -> Any:
    d = min(0.9, (1 + step) / (10 + step))
    return [d * a + (1 - d) * b for a, b in zip(mean, new, strict=True)]


def swa(step: int, mean: Any, new: Any) -> Any:
    count = max(0, step - TOTAL // 2) + 1
    return [a + (b - a) / count for a, b in zip(mean, new, strict=True)]


SGD = jr.SGD(learning_rate=0.5)
CASES: dict[str, tuple[str, dict[str, Any], ByHand]] = {
    "gradient descent": (
        "binary",
        {"optimizer": SGD},
        ByHand("binary", momentum(0), 0.5),
    ),
    "momentum, step decay, clipping, layer rates": (
        "binary",
        {
            "optimizer": jr.Momentum(learning_rate=0.3, momentum=0.8),
            "schedule": jr.StepDecay(drop=0.5, every_epochs=2),
            "clip": jr.ClipNorm(0.2),
            "layer_rates": (0.25, 2.0),
        },
        ByHand(
            "binary",
            momentum(0.8),
            0.3,
            factor=step_decay,
            clip_norm=0.2,
            layer_rates=(0.25, 2.0),
        ),
    ),
    "Nesterov, L1, L2, inverse time": (
        "regression",
        {
            "optimizer": jr.SGD(learning_rate=0.05, momentum=0.7, nesterov=True),
            "schedule": jr.InverseTime(decay=0.5),
            "penalties": (jr.L1(0.02), jr.L2(0.1)),
        },
        ByHand(
            "regression", momentum(0.7, nesterov=True), 0.05, factor=inverse_time, l1=0.02, l2=0.1
        ),
    ),
    "Adam, warm-up, decoupled L2, average, sample weights": (
        "binary",
        {
            "optimizer": jr.Adam(learning_rate=0.05),
            "schedule": jr.WarmUp(share=0.5),
            "penalties": (jr.L2(0.3, decoupled=True),),
            "averaging": jr.ExponentialAverage(decay=0.9),
        },
        ByHand("binary", adam(), 0.05, factor=warm_up, decay=0.3, average=ema),
    ),
    "AdamW, cosine, max-norm, stochastic weight average": (
        "regression",
        {
            "optimizer": jr.AdamW(learning_rate=0.1, weight_decay=0.2),
            "schedule": jr.Cosine(final=0.1),
            "penalties": (jr.MaxNorm(0.8),),
            "averaging": jr.StochasticWeightAverage(start_share=0.5),
        },
        ByHand(
            "regression",
            adam(weight_decay=0.2),
            0.1,
            factor=cosine,
            max_norm=0.8,
            average=swa,
        ),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_engine_trains_as_by_hand(case: str) -> None:
    task, fields, by_hand = CASES[case]
    wanted = recipe(task, **fields)
    run = jr.train(wanted, data(task, weighted="sample weights" in case))
    first = initial_params(wanted.network, wanted.seed, (3,))
    by_hand.train(first, run.prepared.train, EPOCHS, BATCH, order_seed=9)
    assert run.result == "completed"
    assert len(run.steps) == TOTAL
    np.testing.assert_allclose(run.steps, by_hand.step_losses, **CLOSE)
    np.testing.assert_allclose(run.history["learning_rate"], by_hand.rates, rtol=1e-6)
    np.testing.assert_allclose(run.history["train/loss"], by_hand.epoch_losses, **CLOSE)
    assert run.best_epoch == 1 + int(np.argmin(by_hand.epoch_losses))
    found = [layer[name] for layer in run.params for name in ("weight", "bias")]
    for got, expected in zip(found, by_hand.epoch_params[run.best_epoch - 1], strict=True):
        np.testing.assert_allclose(got, expected, **CLOSE)


def test_only_the_shares_of_sample_weights_count() -> None:
    light = data("binary", weighted=True)
    heavy = jr.Data(
        light.x, light.y, weight=light.weight * 1024
    )  # a power of two: exact in float32
    first, second = (jr.train(recipe("binary", optimizer=SGD), d) for d in (light, heavy))
    assert np.array_equal(first.steps, second.steps)
    assert first.history["train/loss"].equals(second.history["train/loss"])


def test_class_weights_are_example_weights() -> None:
    # What "balanced" means: n / (classes · count of the class).
    plain = data("binary")
    share = plain.y.mean()
    by_class = np.where(plain.y == 1, 1 / (2 * share), 1 / (2 * (1 - share)))
    balanced = jr.train(recipe("binary", optimizer=SGD, class_weight="balanced"), plain)
    weighted = jr.train(recipe("binary", optimizer=SGD), jr.Data(plain.x, plain.y, weight=by_class))
    np.testing.assert_allclose(balanced.steps, weighted.steps, **CLOSE)


def test_the_plateau_schedule_drops_the_rate_when_the_loss_stays() -> None:
    # At a learning rate this small nothing improves by the threshold, so every epoch is one
    # without progress.
    still = recipe(
        "binary",
        optimizer=jr.SGD(learning_rate=1e-6),
        schedule=jr.ReduceOnPlateau(drop=0.5, patience=2, min_factor=0.2, threshold=1e-2),
        epochs=9,
    )
    run = jr.train(still, data("binary"))
    # Epoch 1 is the best; patience ends after epochs 3, 5 and 7, and an epoch's rate is the one it
    # was trained at.
    factors = [1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.2, 0.2]
    np.testing.assert_allclose(run.history["learning_rate"], 1e-6 * np.array(factors), rtol=1e-6)


def test_full_batch_lbfgs_solves_least_squares() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(30, 3)).astype(np.float32)
    y = x @ np.array([1.0, -2.0, 0.5]) + 0.1 * rng.normal(size=30)
    linear = jr.Recipe(
        network=(jr.Dense(1),),
        output=None,
        optimizer=jr.LBFGS(),
        penalties=(),
        averaging=None,
        batch_size="full",
        epochs=15,
        stop=None,
        validation=0.0,
        scale="none",
        scale_target=False,
    )
    run = jr.train(linear, jr.Data(x, y))
    solution, *_ = np.linalg.lstsq(np.c_[x, np.ones(30)], y, rcond=None)
    # The line search ends where float32 no longer tells losses apart: the square root of its 6e-8.
    np.testing.assert_allclose(run.params[0]["weight"][:, 0], solution[:3], atol=3e-4)
    np.testing.assert_allclose(run.params[0]["bias"], solution[3:], atol=3e-4)
    assert len(run.steps) == 15
