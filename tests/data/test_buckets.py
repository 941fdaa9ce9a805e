"""Buckets: as little padding as there can be, every example once, the same order every time."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaram.data.buckets import best_widths, bucketed_order, lengths_of, padding_share

LENGTHS = st.lists(st.integers(1, 24), min_size=1, max_size=40).map(np.asarray)


def padding(lengths: np.ndarray, widths: tuple[int, ...]) -> int:
    return sum(min(w for w in widths if w >= length) - length for length in lengths.tolist())


@given(LENGTHS, st.integers(1, 4))
@settings(max_examples=60)
def test_no_other_widths_pad_less(lengths: np.ndarray, most: int) -> None:
    found = best_widths(lengths, most, rounded_to=1)
    assert len(found) <= most and found[-1] == lengths.max()
    longest = int(lengths.max())
    shorter = sorted({*lengths.tolist()} - {longest})
    least = min(
        padding(lengths, (*some, longest))
        for count in range(most)
        for some in combinations(shorter, min(count, len(shorter)))
    )
    assert padding(lengths, tuple(found.tolist())) == least


@given(LENGTHS, st.integers(1, 9), st.integers(0, 3), st.integers(0, 3), st.booleans())
def test_every_example_comes_once_before_any_comes_twice(
    lengths: np.ndarray, batch_size: int, seed: int, epoch: int, shuffle: bool
) -> None:
    widths = best_widths(lengths, 3)
    order = bucketed_order(lengths, widths, batch_size, seed, epoch, shuffle)
    again = bucketed_order(lengths, widths, batch_size, seed, epoch, shuffle)
    for one, other in zip(order, again, strict=True):
        np.testing.assert_array_equal(one.rows, other.rows)
        np.testing.assert_array_equal(one.places, other.places)
    places = np.concatenate([bucket.places for bucket in order])
    assert sorted(places.tolist()) == list(range(-(-len(lengths) // batch_size)))
    counts = np.bincount(np.concatenate([b.rows.ravel() for b in order]), minlength=len(lengths))
    assert counts.min() >= 1 and counts.sum() - len(lengths) < batch_size
    assert counts.max() <= 2 or batch_size > len(lengths)
    for bucket in order:
        assert bucket.rows.shape[1] == batch_size
        assert lengths[bucket.rows].max() <= bucket.width


def test_epochs_and_seeds_differ() -> None:
    lengths = np.random.default_rng(0).integers(1, 50, 200)
    widths = best_widths(lengths)
    orders = {
        bucketed_order(lengths, widths, 8, seed, epoch)[0].rows.tobytes()
        for seed in range(3)
        for epoch in range(3)
    }
    assert len(orders) == 9


def test_lengths_are_read_from_ids() -> None:
    ids = np.array([[3, 1, 0, 0], [2, 0, 4, 0], [0, 0, 0, 0], [1, 1, 1, 1]])
    assert lengths_of(ids).tolist() == [2, 3, 1, 4]


def test_short_reviews_are_padded_by_less_than_fifteen_percent() -> None:
    from jaram.data import load, prepare

    ids = np.asarray(prepare(load("film_reviews")).train.x)
    lengths = lengths_of(ids)
    plain = 1 - lengths.sum() / ids.size
    order = bucketed_order(lengths, best_widths(lengths), 32, 0, 0)
    assert plain > 0.5 and padding_share(lengths, order) < 0.2
    large = np.tile(lengths, 20)  # whole minibatches weigh less with few examples
    assert padding_share(large, bucketed_order(large, best_widths(large), 32, 0, 0)) < 0.15
    assert padding_share(lengths, order) == pytest.approx(
        1 - sum(lengths[b.rows].sum() for b in order) / sum(b.rows.size * b.width for b in order)
    )
