"""The order of the examples."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from jaram.training.order import epoch_order, probe_rows, steps_per_epoch

SIZES = st.integers(1, 200)


@given(SIZES, SIZES, st.integers(0, 2**40), st.integers(0, 10**6))
def test_every_row_appears_once_before_any_appears_twice(
    examples: int, batch: int, seed: int, epoch: int
) -> None:
    order = epoch_order(examples, batch, seed, epoch)
    assert order.shape == (steps_per_epoch(examples, batch), batch)
    assert order.dtype == np.int32
    flat = order.reshape(-1)
    for start in range(0, len(flat), examples):
        part = flat[start : start + examples]
        assert len(set(part.tolist())) == len(part)
    assert set(flat.tolist()) == set(range(examples))
    # No step more than is needed to show them all.
    assert len(flat) - examples < batch


@given(SIZES, SIZES, st.integers(0, 2**40), st.integers(0, 10**6))
def test_it_is_a_pure_function_of_seed_and_epoch(
    examples: int, batch: int, seed: int, epoch: int
) -> None:
    first = epoch_order(examples, batch, seed, epoch)
    np.random.seed(epoch % 1000)  # the global generator has no say
    assert np.array_equal(first, epoch_order(examples, batch, seed, epoch))


def test_epochs_and_seeds_have_orders_of_their_own() -> None:
    orders = {
        epoch_order(50, 50, seed, epoch).tobytes() for seed in range(20) for epoch in range(20)
    }
    assert len(orders) == 400  # two equal ones by chance: 400² / 2 of 50! orders


def test_all_orders_are_equally_likely() -> None:
    # 3 rows have 6 orders; 6,000 epochs give 1,000 of each ± 29 (one deviation); 5 deviations are
    # allowed.
    counts: dict[tuple[int, ...], int] = {}
    for epoch in range(6000):
        order = tuple(epoch_order(3, 3, 0, epoch)[0].tolist())
        counts[order] = counts.get(order, 0) + 1
    assert len(counts) == 6
    assert all(abs(count - 1000) < 145 for count in counts.values())


def test_unshuffled_rows_come_as_they_are() -> None:
    assert epoch_order(5, 2, 7, 3, shuffle=False).tolist() == [[0, 1], [2, 3], [4, 0]]


def test_a_full_batch_is_one_step() -> None:
    order = epoch_order(7, 7, 0, 0)
    assert order.shape == (1, 7)
    assert sorted(order[0].tolist()) == list(range(7))


@given(st.integers(1, 500), st.integers(1, 200))
def test_probe_rows_never_change(examples: int, count: int) -> None:
    rows = probe_rows(examples, count)
    assert len(rows) == min(examples, count)
    assert len(set(rows.tolist())) == len(rows)
    assert rows.min() >= 0
    assert rows.max() < examples
    assert np.array_equal(rows, probe_rows(examples, count))
