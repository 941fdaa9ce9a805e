"""Small problems made of numbers: known answers, any size, any noise."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Arrays = tuple[NDArray[np.float64], NDArray[np.int64] | NDArray[np.float64]]


def xor(n: int, noise: float, rng: np.random.Generator) -> Arrays:
    """Two inputs; the class is whether exactly one of them is positive."""
    x = rng.uniform(-1, 1, (n, 2))
    y = ((x[:, 0] > 0) != (x[:, 1] > 0)).astype(np.int64)
    return x + noise * rng.normal(size=x.shape), y


def circles(n: int, noise: float, rng: np.random.Generator) -> Arrays:
    """A circle of radius 1 (class 0) around one of radius 0.5 (class 1)."""
    y = np.arange(n) % 2
    angle = rng.uniform(0, 2 * np.pi, n)
    radius = np.where(y == 0, 1.0, 0.5)
    x = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return x + noise * rng.normal(size=x.shape), y


def moons(n: int, noise: float, rng: np.random.Generator) -> Arrays:
    """Two half circles that reach into one another."""
    y = np.arange(n) % 2
    angle = rng.uniform(0, np.pi, n)
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    lower = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], axis=1)
    x = np.where((y == 0)[:, None], upper, lower)
    return x + noise * rng.normal(size=x.shape), y


def spirals(n: int, noise: float, rng: np.random.Generator) -> Arrays:
    """Two spirals of one and a half turns, one inside the other."""
    y = np.arange(n) % 2
    angle = 3 * np.pi * np.sqrt(rng.uniform(0.02, 1, n))
    radius = angle / (3 * np.pi)
    turned = angle + np.pi * y
    x = radius[:, None] * np.stack([np.cos(turned), np.sin(turned)], axis=1)
    return x + noise * rng.normal(size=x.shape), y


def blobs(n: int, noise: float, rng: np.random.Generator) -> Arrays:
    """Three round clouds, their centres on a circle of radius 3; ``noise`` is their deviation."""
    y = np.arange(n) % 3
    angle = 2 * np.pi * y / 3 + np.pi / 2
    centers = 3 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return centers + noise * rng.normal(size=centers.shape), y


def sine(n: int, noise: float, rng: np.random.Generator) -> Arrays:
    """One input in [−π, π]; the answer is its sine."""
    x = rng.uniform(-np.pi, np.pi, (n, 1))
    return x, np.sin(x[:, 0]) + noise * rng.normal(size=n)


PROBLEMS: dict[str, tuple[Callable[[int, float, np.random.Generator], Arrays], float]] = {
    "xor": (xor, 0.0),
    "circles": (circles, 0.05),
    "moons": (moons, 0.1),
    "spirals": (spirals, 0.02),
    "blobs": (blobs, 1.0),
    "sine": (sine, 0.1),
}
"""The problems by name, with the noise they have by default."""


def make(name: str, n: int, noise: float | None, seed: int) -> Arrays:
    """The problem ``name`` with ``n`` examples in random order: x (n, features), y (n,)."""
    problem, usual_noise = PROBLEMS[name]
    rng = np.random.default_rng([seed, 5])
    x, y = problem(n, usual_noise if noise is None else noise, rng)
    order = rng.permutation(n)
    return x[order], y[order]
