"""Series made of numbers, whose answers hang on steps far apart, or on steps to come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Arrays = tuple[NDArray[np.float64], NDArray[np.int64] | NDArray[np.float64]]

SYMBOLS, COPIED = 4, 3
"""Symbols there are in the recall and in the copy task, and how many are to be copied."""


def adding_problem(n: int, length: int, rng: np.random.Generator) -> Arrays:
    """A number in [0, 1] and a mark at each step; the answer is the sum of the two marked numbers,
    one in each half of the series (Hochreiter & Schmidhuber, 1997, as in Le, Jaitly & Hinton,
    2015).

    Who answers 1 whatever comes has a mean squared error of 1/6.
    """
    x = np.zeros((n, length, 2))
    x[..., 0] = rng.uniform(0, 1, (n, length))
    rows, half = np.arange(n), length // 2
    first, second = rng.integers(0, half, n), rng.integers(half, length, n)
    x[rows, first, 1] = x[rows, second, 1] = 1.0
    return x, x[rows, first, 0] + x[rows, second, 0]


def recall_task(n: int, length: int, rng: np.random.Generator) -> Arrays:
    """One of four symbols at each step, and a mark at one step of the first half; the answer, asked
    for at the end, is the symbol that stood there (the copy task of Hochreiter & Schmidhuber, 1997,
    with one symbol to be copied, among others to be passed over).

    Channels: one for each symbol, then the mark.
    """
    symbols = rng.integers(0, SYMBOLS, (n, length))
    rows, marked = np.arange(n), rng.integers(0, length // 2, n)
    x = np.zeros((n, length, SYMBOLS + 1))
    x[..., :SYMBOLS] = np.eye(SYMBOLS)[symbols]
    x[rows, marked, SYMBOLS] = 1.0
    return x, symbols[rows, marked]


def copy_task(n: int, length: int, rng: np.random.Generator) -> Arrays:
    """Three of four symbols, then blanks; at the last three steps a cue, and the answers there are
    the three symbols in their order (Hochreiter & Schmidhuber, 1997; Arjovsky et al., 2016).

    Channels: one for each symbol, then the cue; all 0 for a blank. Answers are -1 before the cue.
    """
    symbols = rng.integers(0, SYMBOLS, (n, COPIED))
    x = np.zeros((n, length, SYMBOLS + 1))
    x[:, :COPIED, :SYMBOLS] = np.eye(SYMBOLS)[symbols]
    x[:, -COPIED:, SYMBOLS] = 1.0
    y = np.full((n, length), -1)
    y[:, -COPIED:] = symbols
    return x, y


def neighbours(n: int, length: int, rng: np.random.Generator) -> Arrays:
    """Normal numbers; the answer at each step is whether the number before it and the number after
    it have the same sign: 1 or 0, and at both ends -1, where nothing is asked.

    Who has not read the next step can only guess: its sign is independent of all before.
    """
    x = rng.normal(size=(n, length))
    y = np.full((n, length), -1)
    y[:, 1:-1] = (x[:, :-2] > 0) == (x[:, 2:] > 0)
    return x[..., np.newaxis], y


@dataclass(frozen=True)
class SeriesProblem:
    """make: ``(n, length, rng)`` → x ``(n, length, channels)`` and y. task: of the answers.
    channels: their names."""

    make: Callable[[int, int, np.random.Generator], Arrays]
    task: str
    channels: tuple[str, ...]


USUAL_LENGTH, SHORTEST = 50, 2 * COPIED
"""Steps if none are said, and the fewest."""
SERIES_PROBLEMS: dict[str, SeriesProblem] = {
    "adding_problem": SeriesProblem(adding_problem, "regression", ("number", "mark")),
    "recall_task": SeriesProblem(
        recall_task, "multiclass", (*(f"symbol_{one}" for one in range(SYMBOLS)), "mark")
    ),
    "copy_task": SeriesProblem(
        copy_task, "tagging", (*(f"symbol_{one}" for one in range(SYMBOLS)), "cue")
    ),
    "neighbours": SeriesProblem(neighbours, "tagging", ("number",)),
}
"""The problems by name."""


def make_series(name: str, n: int, length: int, seed: int) -> Arrays:
    """The problem ``name`` with ``n`` examples of ``length`` steps."""
    return SERIES_PROBLEMS[name].make(n, length, np.random.default_rng([seed, 6]))
