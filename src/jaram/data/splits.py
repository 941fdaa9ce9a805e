"""Which examples train, which validate and which test.

Everything here works on row numbers and is a pure function of its arguments, the seed included.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from jaram.errors import DataError

Rows = NDArray[np.int64]
SplitKind = Literal["auto", "stratified", "random", "group", "time", "ordered"]
SPLIT_KINDS: tuple[SplitKind, ...] = get_args(SplitKind)
RARE_COMBINATION = 5
"""Label combinations of a multi-label task with fewer members than this share one stratum."""


@dataclass(frozen=True)
class Split:
    """Row numbers (int64, ascending) of the three parts; they are disjoint."""

    train: Rows
    valid: Rows
    test: Rows


def random_split(n: int, validation: float, test: float, seed: int) -> Split:
    """A seeded draw of ``round(n·share)`` rows for validation and test; the rest trains."""
    return stratified_split(np.zeros(n, np.int64), validation, test, seed)


def stratified_split(strata: NDArray[np.int64], validation: float, test: float, seed: int) -> Split:
    """A draw in which each stratum's share of each part is right within one row.

    ``strata`` (n,) numbers each row's stratum from 0. A stratum with a single row trains: nobody
    can be asked about a class that was never seen.
    """
    rng = np.random.default_rng([seed, 1])
    n = strata.size
    sizes = np.bincount(strata)
    in_test = _quotas(sizes, part_size(n, test), keep=1)
    in_valid = _quotas(sizes, part_size(n, validation), keep=1, taken=in_test)
    shuffled = rng.permutation(n)
    # Small integers are sorted by radix, some times faster.
    small = strata.astype(np.int16) if sizes.size < 2**15 else strata
    by_stratum = shuffled[np.argsort(small[shuffled], kind="stable")]
    part = np.zeros(n, np.int8)  # of each row of by_stratum: 0 trains, 1 validates, 2 tests
    starts = np.cumsum(sizes) - sizes
    for start, tested, validated in zip(starts, in_test, in_valid, strict=True):
        part[start : start + tested] = 2
        part[start + tested : start + tested + validated] = 1
    return Split(*(np.sort(by_stratum[part == index]) for index in range(3)))


def _quotas(
    sizes: NDArray[np.int64], total: int, *, keep: int, taken: NDArray[np.int64] | int = 0
) -> NDArray[np.int64]:
    """How many rows of each stratum go into a part of ``total`` rows: largest remainders first.

    At least ``keep`` rows of each stratum stay; what that costs the part is not made up elsewhere
    beyond the next-largest remainders, so no stratum is off by more than one row.
    """
    exact: NDArray[np.floating[Any]] = sizes * (total / max(1, int(sizes.sum())))
    most = np.maximum(sizes - taken - keep, 0)
    quotas = np.minimum(np.floor(exact + 1e-9).astype(np.int64), most)
    lacking = total - int(quotas.sum())
    if lacking > 0:
        remainder = np.where((quotas < most) & (exact > quotas), exact - quotas, -1.0)
        order = np.argsort(-remainder, kind="stable")[:lacking]
        quotas[order[remainder[order] > 0]] += 1
    return np.asarray(quotas, np.int64)


def part_size(n: int, share: float) -> int:
    """Rows of a part: the share of ``n`` rounded, at least one if a share is wanted."""
    return min(max(round(n * share), 1), max(n - 1, 0)) if share > 0 else 0


def ordered_split(order: Rows, validation: float, test: float) -> Split:
    """The last rows of ``order`` test, those before them validate, the first train."""
    n = order.size
    tested = part_size(n, test)
    validated = min(part_size(n, validation), max(n - tested - 1, 0))
    first, second = n - tested - validated, n - tested
    return Split(np.sort(order[:first]), np.sort(order[first:second]), np.sort(order[second:]))


def group_split(groups: NDArray[np.int64], validation: float, test: float, seed: int) -> Split:
    """Whole groups go to one part; ``groups`` (n,) numbers each row's group from 0.

    Groups are taken in a seeded order while the part is nearer to its size with the group than
    without it. Raises DataError if there are fewer groups than parts.
    """
    sizes = np.bincount(groups)
    wanted = 1 + (validation > 0) + (test > 0)
    if sizes.size < wanted:
        raise DataError("data.too_few_groups", groups=int(sizes.size), parts=int(wanted))
    queue = list(np.random.default_rng([seed, 2]).permutation(sizes.size))
    still_needed = wanted
    part_of_group = np.zeros(sizes.size, np.int64)
    for part, share in ((2, test), (1, validation)):
        if share <= 0:
            continue
        still_needed -= 1
        size, filled = groups.size * share, 0
        for group in list(queue):
            if len(queue) <= still_needed:
                break
            if filled and abs(filled + sizes[group] - size) >= abs(filled - size):
                continue
            part_of_group[group] = part
            filled += int(sizes[group])
            queue.remove(group)
            if filled >= size:
                break
    chosen = part_of_group[groups]
    return Split(*(np.flatnonzero(chosen == index) for index in range(3)))


def numbered(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """The different values, sorted, and the number of each of ``values`` (n,) among them.

    As ``np.unique``, which imports ``numpy.ma`` when it is first called: 15 ms of a short training.
    """
    ordered = np.sort(values)
    different = ordered[np.append(True, ordered[1:] != ordered[:-1])] if ordered.size else ordered
    return different, np.searchsorted(different, values).astype(np.int64)


def label_strata(labels: NDArray[np.generic]) -> NDArray[np.int64]:
    """Strata of a multi-label target (n, labels): equal combinations, the rare ones together."""
    _, combination = np.unique(labels, axis=0, return_inverse=True)
    combination = np.asarray(combination).reshape(-1)
    rare = np.bincount(combination)[combination] < RARE_COMBINATION
    merged = np.where(rare, -1, combination)
    return numbered(merged)[1]


def number_strata(values: NDArray[np.floating]) -> NDArray[np.int64]:
    """Strata of a number (n,): its tenths, so that each part sees the whole range."""
    edges = np.quantile(values, np.linspace(0, 1, 11)[1:-1])
    bins = np.searchsorted(edges, values, side="right")
    return numbered(bins)[1]


def folds(
    n: int,
    k: int,
    seed: int,
    *,
    strata: NDArray[np.int64] | None = None,
    groups: NDArray[np.int64] | None = None,
) -> Iterator[tuple[Rows, Rows]]:
    """The k (training rows, validation rows) of a cross-validation; each row validates once.

    Rows are dealt to the folds one after another in a seeded order, stratum by stratum, so that the
    members of a stratum in two folds differ by at most one; with ``groups`` whole groups are
    dealt, the largest first, each to the smallest fold.
    """
    units = n if groups is None else int(groups.max(initial=-1)) + 1
    if not 2 <= k <= units:
        raise DataError("data.bad_folds", k=k, most=units)
    rng = np.random.default_rng([seed, 3])
    fold: Rows = np.empty(n, np.int64)
    if groups is not None:
        sizes = np.bincount(groups, minlength=units)
        filled = np.zeros(k, np.int64)
        fold_of_group = np.empty(units, np.int64)
        shuffled = rng.permutation(units)
        for group in shuffled[np.argsort(-sizes[shuffled], kind="stable")]:
            fold_of_group[group] = np.argmin(filled)
            filled[fold_of_group[group]] += sizes[group]
        fold = fold_of_group[groups]
    else:
        dealt = rng.permutation(n)
        if strata is not None:
            dealt = dealt[np.argsort(strata[dealt], kind="stable")]
        fold[dealt] = np.arange(n) % k
    for index in range(k):
        yield np.flatnonzero(fold != index), np.flatnonzero(fold == index)


def forward_folds(order: Rows, k: int) -> Iterator[tuple[Rows, Rows]]:
    """The k (training rows, validation rows) of a cross-validation that goes forward along
    ``order``: of k + 1 stretches of equal length within one row each but the first validates what
    is trained on all before it."""
    if not 2 <= k < order.size:
        raise DataError("data.bad_folds", k=k, most=max(order.size - 1, 0))
    ends = np.linspace(0, order.size, k + 2).round().astype(np.int64)
    for start, end in itertools.pairwise(ends[1:]):
        yield order[:start], order[start:end]


def arrangement(parts: tuple[Rows, ...], n: int) -> Rows:
    """An order of all ``n`` rows in which the parts follow one another, moving as few as possible.

    Rows in no part come last. With a table in this order each part is a view; a row that already
    lies where its part will be stays, so that a large table is rearranged with little copying.
    """
    label = np.full(n, len(parts), np.int8)
    for index, rows in enumerate(parts):
        label[rows] = index
    sizes = np.bincount(label, minlength=len(parts) + 1)
    region = np.repeat(np.arange(len(parts) + 1, dtype=np.int8), sizes)
    order = np.arange(n, dtype=np.int64)
    moved = label != region
    for index in range(len(parts) + 1):
        order[moved & (region == index)] = np.flatnonzero(moved & (label == index))
    return order
