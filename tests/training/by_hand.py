"""A training written out by hand: NumPy, float64, one network, gradients by the chain rule.

It shares with Jaram the first weights, the order of the minibatches and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from jaram.training.order import epoch_order

Arrays = list[np.ndarray]
"""weight and bias of the hidden layer (tanh), weight and bias of the output: W, b, V, c."""
WEIGHTS = (0, 2)
"""Where the weights are; penalties leave biases alone."""


def outputs(params: Arrays, x: np.ndarray) -> np.ndarray:
    W, b, V, c = params
    return np.tanh(x @ W + b) @ V + c


def losses(z: np.ndarray, y: np.ndarray, task: str) -> np.ndarray:
    """Of each example: squared error, or cross-entropy of the sigmoid of z."""
    if task == "regression":
        return ((z - y) ** 2)[:, 0]
    return (np.logaddexp(0, z) - y * z)[:, 0]


def gradients(params: Arrays, x: np.ndarray, y: np.ndarray, w: np.ndarray, task: str) -> Arrays:
    """Of the mean of w · loss over the minibatch."""
    W, b, V, c = params
    hidden = np.tanh(x @ W + b)
    z = hidden @ V + c
    dz = 2 * (z - y) if task == "regression" else 1 / (1 + np.exp(-z)) - y
    dz = dz * w[:, None] / len(x)
    da = (dz @ V.T) * (1 - hidden**2)
    return [x.T @ da, da.sum(0), hidden.T @ dz, dz.sum(0)]


Rule = Callable[[Arrays, Arrays, dict[str, Any], int], Arrays]
"""(gradients, params, memory, t from 1) → direction; the step is minus the rate times it."""


def momentum(mass: float, nesterov: bool = False) -> Rule:
    def rule(g: Arrays, params: Arrays, memory: dict[str, Any], t: int) -> Arrays:
        before = memory.get("v", [0.0] * 4)
        v = memory["v"] = [mass * a + b for a, b in zip(before, g, strict=True)]
        return [b + mass * a for a, b in zip(v, g, strict=True)] if nesterov else v

    return rule


def adam(weight_decay: float = 0.0, b1: float = 0.9, b2: float = 0.999) -> Rule:
    def rule(g: Arrays, params: Arrays, memory: dict[str, Any], t: int) -> Arrays:
        m = memory["m"] = [
            b1 * a + (1 - b1) * b for a, b in zip(memory.get("m", [0.0] * 4), g, strict=True)
        ]
        v = memory["v"] = [
            b2 * a + (1 - b2) * b * b for a, b in zip(memory.get("v", [0.0] * 4), g, strict=True)
        ]
        direction = [
            a / (1 - b1**t) / (np.sqrt(b / (1 - b2**t)) + 1e-8) for a, b in zip(m, v, strict=True)
        ]
        for i in WEIGHTS:
            direction[i] = direction[i] + weight_decay * params[i]
        return direction

    return rule


@dataclass
class ByHand:
    """What is trained, and how; ``factor(step)`` multiplies the rate."""

    task: str
    rule: Rule
    rate: float
    factor: Callable[[int], float] = lambda step: 1.0
    l1: float = 0.0
    l2: float = 0.0
    decay: float = 0.0
    max_norm: float | None = None
    clip_norm: float | None = None
    layer_rates: tuple[float, float] = (1.0, 1.0)
    average: Callable[[int, Arrays, Arrays], Arrays] | None = None
    step_losses: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    epoch_losses: list[float] = field(default_factory=list)
    epoch_params: list[Arrays] = field(default_factory=list)

    def train(self, params: Any, part: Any, epochs: int, batch: int, order_seed: int = 0) -> ByHand:
        here = [np.asarray(p, np.float64) for layer in params for p in _in_order(layer)]
        x = part.x.astype(np.float64)
        y = part.y.reshape(len(x), -1).astype(np.float64)
        w = np.ones(len(x)) if part.weight is None else part.weight.astype(np.float64)
        w = w / w.mean()
        memory: dict[str, Any] = {}
        mean, step = [p.copy() for p in here], 0
        for epoch in range(epochs):
            for rows in epoch_order(len(x), batch, order_seed, epoch):
                found = losses(outputs(here, x[rows]), y[rows], self.task)
                self.step_losses.append(float(np.mean(found * w[rows])))
                here = self._step(here, (x[rows], y[rows], w[rows]), memory, step)
                mean = self.average(step, mean, here) if self.average else here
                step += 1
            self.rates.append(self.rate * self.factor(step - 1))
            self.epoch_params.append(mean)
            found = losses(outputs(mean, x), y, self.task)
            self.epoch_losses.append(float(np.sum(found * w) / np.sum(w)))
        return self

    def _step(self, here: Arrays, batch: Any, memory: dict[str, Any], step: int) -> Arrays:
        g = gradients(here, *batch, self.task)
        for i in WEIGHTS:
            g[i] = g[i] + self.l1 * np.sign(here[i]) + self.l2 * here[i]
        if self.clip_norm is not None:
            norm = np.sqrt(sum((a**2).sum() for a in g))
            g = [a * min(1.0, self.clip_norm / norm) for a in g]
        rate = self.rate * self.factor(step)
        direction = self.rule(g, here, memory, step + 1)
        by_layer = np.repeat(self.layer_rates, 2)
        here = [p - rate * f * d for p, f, d in zip(here, by_layer, direction, strict=True)]
        for i in WEIGHTS:
            here[i] = here[i] * (1 - rate * self.decay)
            if self.max_norm is not None:
                norms = np.sqrt((here[i] ** 2).sum(0))
                here[i] = here[i] * np.minimum(1.0, self.max_norm / norms)
        return here


def _in_order(layer: dict[str, Any]) -> Arrays:
    return [layer["weight"], layer["bias"]]
