"""The few statistics that the rules read. NumPy only; each says what it costs.

n rows, d columns, k classes; ``x`` is float ``(n, d)``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Ints = NDArray[np.integer]

_HASH_BLOCK = 1_024  # rows hashed at a time: 30 columns of them stay within the second-level cache


def spread_rows(n: int, at_most: int) -> NDArray[np.int64]:
    """Ascending distinct row numbers, one drawn from each of ``at_most`` equal stretches of ``n``
    rows.

    Costs O(at_most) whatever ``n``; the same rows every time. All rows if there are not more.
    """
    if n <= at_most:
        return np.arange(n)
    edges = np.linspace(0, n, at_most + 1)
    drawn = edges[:-1] + np.random.default_rng(0).random(at_most) * np.diff(edges)
    return np.unique(np.minimum(drawn.astype(np.int64), n - 1))


def row_hashes(x: Floats | Ints) -> NDArray[np.uint64]:
    """One 64-bit hash per row ``(n,)``; rows with the same bits have the same hash.

    The hash is a sum of the row's 32-bit words times random odd numbers, then mixed. Among 2
    million rows the chance of any false match is about 10⁻⁷. O(n·d), in blocks.
    """
    words = np.ascontiguousarray(x, np.float32).reshape(len(x), -1).view(np.uint32)
    random = np.random.default_rng(0)
    factors = random.integers(0, 2**63, words.shape[1], np.uint64) * np.uint64(2) + np.uint64(1)
    hashes = np.empty(len(words), np.uint64)
    for start in range(0, len(words), _HASH_BLOCK):
        block = words[start : start + _HASH_BLOCK].astype(np.uint64)
        block *= factors
        # Multiplication carries upwards only: without this the low bits of a hash would see low
        # bits alone.
        block ^= block >> np.uint64(29)
        hashes[start : start + _HASH_BLOCK] = block.sum(axis=1, dtype=np.uint64)
    return hashes


def chance_of_equal_rows(x: Floats) -> float:
    """The chance that two random rows are equal, were the columns independent: Π_j Σ_v p_j(v)².

    O(n·d·log n).
    """
    ordered = np.sort(x, axis=0)
    chance = 1.0
    for column in ordered.T:
        edges = np.flatnonzero(np.r_[True, column[1:] != column[:-1], True])
        chance *= float(np.sum((np.diff(edges) / len(column)) ** 2))
    return chance


def one_column_errors(x: Floats, labels: Ints, k: int) -> Floats:
    """Of each column ``(d,)``, the share of rows that the best reading of that column alone gets
    wrong.

    A reading cuts the column into as many intervals as there are classes, or, for a column with few
    values, gives each value its own class. Along the sorted column an interval too many is
    counted as one wrong row, so a column without a bearing on the classes scores near its number of
    changes of class. O(d·n·log n).
    """
    n = len(labels)
    order = np.argsort(x, axis=0, kind="stable")
    errors = np.empty(x.shape[1])
    for j in range(x.shape[1]):
        rows = order[:, j]
        errors[j] = _reading_errors(x[rows, j], labels[rows], k) / n
    return errors


def _reading_errors(values: Floats, labels: Ints, k: int) -> float:
    """Wrong rows for a sorted column; see :func:`one_column_errors`."""
    group = np.cumsum(np.r_[False, values[1:] != values[:-1]])
    levels = int(group[-1]) + 1
    counts = np.bincount(group * k + labels, minlength=levels * k).reshape(levels, k)
    impure = len(labels) - int(counts.max(axis=1).sum())
    # With twenty rows a level, a level's class is known: it needs no neighbours to agree with it.
    if levels * 20 <= len(labels):
        return float(impure)
    majority = counts.argmax(axis=1)
    runs = 1 + int(np.count_nonzero(np.diff(majority)))
    return impure + max(0, runs - k) / 2


def determination(x: Floats, y: Floats) -> Floats:
    """R² ``(d,)`` of a straight line from each column to ``y`` ``(n,)``; 0 for a constant column.
    O(n·d)."""
    dx = x - x.mean(axis=0)
    dy = y - y.mean()
    covariance = dy @ dx
    scale = np.sum(dx * dx, axis=0) * (dy @ dy)
    explained: Floats = np.divide(covariance**2, scale, out=np.zeros(x.shape[1]), where=scale > 0)
    return explained


def ranks(x: Floats) -> Floats:
    """Rank of each entry in its column, ties in order of appearance, ``(n, d)``. O(n·d·log n)."""
    order = np.argsort(x, axis=0, kind="stable")
    found = np.empty(x.shape)
    np.put_along_axis(found, order, np.arange(len(x), dtype=float)[:, None], axis=0)
    return found


def class_gap(column: Floats, labels: Ints, k: int) -> float:
    """Share of a column's variance that lies between the classes (η²), in [0, 1]. O(n)."""
    counts = np.maximum(np.bincount(labels, minlength=k), 1)
    means = np.bincount(labels, weights=column, minlength=k) / counts
    total = float(np.sum((column - column.mean()) ** 2))
    within = float(np.sum((column - means[labels]) ** 2))
    return 1.0 - within / total if total > 0 else 0.0
