"""Splits: disjoint, complete, stratified, seeded."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaram import data as jd
from jaram.data.splits import (
    arrangement,
    folds,
    group_split,
    ordered_split,
    random_split,
    stratified_split,
)
from jaram.errors import DataError

labels = st.lists(st.integers(0, 4), min_size=2, max_size=80)


def numbered(values: list[int]) -> np.ndarray:
    return np.unique(values, return_inverse=True)[1].astype(np.int64)


@settings(max_examples=80, deadline=None)
@given(labels, st.sampled_from([0.0, 0.1, 0.2, 0.5]), st.sampled_from([0.0, 0.1, 0.3]))
def test_stratified_parts_are_disjoint_cover_and_are_right_within_one(
    values: list[int], validation: float, test: float
) -> None:
    strata = numbered(values)
    split = stratified_split(strata, validation, test, seed=3)
    parts = (split.train, split.valid, split.test)
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(values)))
    sizes = np.bincount(strata)
    assert set(strata[split.train]) == set(strata), "each class trains"
    wanted = [max(round(len(values) * share), 1) if share else 0 for share in (validation, test)]
    for part, size in zip((split.valid, split.test), wanted, strict=True):
        counts = np.bincount(strata[part], minlength=sizes.size)
        exact = sizes * size / len(values)
        roomy = sizes > exact + 2 + sizes * (validation + test)
        assert (np.abs(counts - exact)[roomy] <= 1 + 1e-9).all()


def test_a_class_with_one_member_trains() -> None:
    strata = np.array([0] * 20 + [1])
    for seed in range(10):
        assert 20 in stratified_split(strata, 0.3, 0.3, seed).train


def test_seed_decides() -> None:
    first, again, other = (random_split(100, 0.2, 0.1, seed) for seed in (1, 1, 2))
    assert first.valid.tolist() == again.valid.tolist() != other.valid.tolist()
    assert (first.valid.size, first.test.size) == (20, 10)


def test_time_split_puts_the_last_rows_last() -> None:
    order = np.array([3, 1, 4, 0, 2, 5, 9, 8, 7, 6])
    split = ordered_split(order, 0.2, 0.1)
    assert (split.test.tolist(), split.valid.tolist()) == ([6], [7, 8])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=30, max_size=90), st.integers(0, 5))
def test_groups_stay_together(values: list[int], seed: int) -> None:
    groups = numbered(values)
    if groups.max() < 2:
        return
    split = group_split(groups, 0.2, 0.2, seed)
    parts = [set(groups[rows]) for rows in (split.train, split.valid, split.test)]
    assert all(parts) and sum(len(part) for part in parts) == groups.max() + 1


def test_too_few_groups() -> None:
    with pytest.raises(DataError, match="group"):
        group_split(np.zeros(9, np.int64), 0.2, 0.0, 0)


@settings(max_examples=60, deadline=None)
@given(labels, st.integers(2, 5), st.integers(0, 3))
def test_folds_cover_once_and_deal_classes_evenly(values: list[int], k: int, seed: int) -> None:
    if k > len(values):
        return
    strata = numbered(values)
    found = list(folds(len(values), k, seed, strata=strata))
    assert sorted(np.concatenate([valid for _, valid in found]).tolist()) == list(
        range(len(values))
    )
    counts = np.stack([np.bincount(strata[valid], minlength=5) for _, valid in found])
    assert (counts.max(axis=0) - counts.min(axis=0) <= 1).all()
    for train, valid in found:
        assert not set(train) & set(valid) and len(train) + len(valid) == len(values)


def test_kfold_of_data_respects_groups_and_missing_answers() -> None:
    y = np.tile([0.0, 1.0, np.nan], 20)
    data = jd.Data(np.arange(60.0), y, group=np.repeat(np.arange(12), 5))
    for train, valid in jd.kfold(data, 4, seed=1):
        assert not set(data.group[train]) & set(data.group[valid])  # type: ignore[index]
        assert not np.isnan(y[train]).any()
    with pytest.raises(DataError, match="folds"):
        list(jd.kfold(data, 13))


def test_kfold_goes_forward_in_time() -> None:
    rng = np.random.default_rng(0)
    time = rng.permutation(50).astype(float)
    data = jd.Data(np.arange(50.0), time % 2, time=time)
    found = list(jd.kfold(data, 4))
    assert len(found) == 4
    for train, valid in found:
        assert time[train].max() < time[valid].min()
        assert len(train) == time[valid].min()
    validated = np.concatenate([valid for _, valid in found])
    assert sorted(time[validated]) == list(range(10, 50))
    with pytest.raises(DataError, match="folds"):
        list(jd.kfold(data, 50))


def test_kfold_of_a_forecast_looks_at_no_answer_that_comes_later() -> None:
    data = jd.load({"sales": np.arange(60.0) % 7}, "sales", forecast=3, window=5)
    assert data.time is not None
    for train, valid in jd.kfold(data, 3):
        assert train.size and valid.size
        assert (data.time[train] + 3 <= data.time[valid].min()).all()
        prepared = jd.prepare(data, rows=(train, valid))
        assert prepared.valid is not None
        np.testing.assert_array_equal(prepared.train.rows, np.sort(train))


@settings(max_examples=60, deadline=None)
@given(labels, st.integers(0, 3))
def test_arrangement_brings_the_parts_together_moving_few(values: list[int], seed: int) -> None:
    n = len(values)
    part = np.asarray(values) % 3
    parts = tuple(np.flatnonzero(part == index) for index in range(2))
    order = arrangement(parts, n)
    assert sorted(order.tolist()) == list(range(n))
    first = parts[0].size
    assert set(order[:first]) == set(parts[0])
    assert set(order[first : first + parts[1].size]) == set(parts[1])
    moved = int((order != np.arange(n)).sum())
    region = np.repeat([0, 1, 2], [first, parts[1].size, n - first - parts[1].size])
    assert moved == int((region != part).sum())
