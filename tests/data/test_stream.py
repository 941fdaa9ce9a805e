"""Blocks read ahead: every row once, the same order every time, within the memory given."""

from __future__ import annotations

import threading
from itertools import count

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaram.data.stream import (
    IN_FLIGHT,
    BlockPlan,
    Prefetched,
    block_plan,
    epoch_blocks,
    filled,
)
from jaram.errors import DataError


@settings(deadline=None)
@given(
    st.integers(0, 200), st.integers(1, 17), st.integers(1, 60), st.integers(0, 2), st.booleans()
)
def test_every_row_comes_once_in_an_order_that_is_a_function_of_the_seed(
    n: int, chunk: int, block: int, epoch: int, shuffle: bool
) -> None:
    rows = np.arange(n) * 3 + 1
    plan = BlockPlan(chunk, block)
    blocks, again = (epoch_blocks(rows, plan, 5, epoch, shuffle) for _ in range(2))
    assert [len(one) for one in blocks[:-1]] == [block] * (len(blocks) - 1)
    flat = np.concatenate(blocks) if blocks else rows
    np.testing.assert_array_equal(np.sort(flat), rows)
    assert all(np.array_equal(a, b) for a, b in zip(blocks, again, strict=True))
    if not shuffle:
        np.testing.assert_array_equal(flat, rows)


def test_epochs_differ_and_chunks_stay_together() -> None:
    rows, plan = np.arange(1000), BlockPlan(25, 100)
    first, second = (epoch_blocks(rows, plan, 0, epoch) for epoch in (0, 1))
    assert not np.array_equal(np.concatenate(first), np.concatenate(second))
    for block in first:  # four chunks of 25 neighbours
        assert len(np.unique(block // 25)) == 4
        assert (np.diff(block) != 1).mean() > 0.5


@settings(deadline=None)
@given(st.integers(1, 200), st.integers(1, 60), st.integers(1, 9), st.booleans())
def test_the_last_minibatch_is_filled_up_from_the_start_of_the_epoch(
    n: int, batches: int, batch_size: int, shuffle: bool
) -> None:
    plan = BlockPlan(3, batches * batch_size)
    blocks = epoch_blocks(np.arange(n), plan, 1, 2, shuffle)
    steps = -(-n // batch_size)
    expected = np.resize(np.concatenate(blocks), steps * batch_size)
    np.testing.assert_array_equal(np.concatenate(filled(blocks, batch_size)), expected)


@settings(deadline=None)
@given(st.integers(1, 10**6), st.integers(1, 300), st.integers(2, 10**9))
def test_blocks_are_whole_minibatches_within_the_budget_and_even(
    rows: int, batch_size: int, memory: int
) -> None:
    shape, stored = (28, 28, 1), np.dtype(np.uint8)
    needed = IN_FLIGHT * batch_size * 28 * 28 * (1 + 4) * 4 // 3
    if memory < needed:
        with pytest.raises(DataError, match=f"at least {needed}"):
            block_plan(rows, shape, stored, batch_size, memory)
        return
    plan = block_plan(rows, shape, stored, batch_size, memory)
    assert plan.block_rows % batch_size == 0
    assert IN_FLIGHT * plan.block_rows * 28 * 28 * (1 + 4) <= 0.75 * memory
    assert 1 <= plan.chunk_rows <= plan.block_rows
    steps, a_block = -(-rows // batch_size), plan.block_rows // batch_size
    blocks = -(-steps // a_block)
    assert 0 < steps - (blocks - 1) * a_block <= a_block  # the last block is not empty
    assert blocks * a_block - steps < blocks  # no block lacks more than its share


def test_no_more_is_read_ahead_than_is_said() -> None:
    made: list[int] = []
    has_made = threading.Semaphore(0)

    def read(number: int) -> int:
        made.append(number)
        has_made.release()
        return number

    with Prefetched(read, count()) as found:
        iterator = iter(found)
        for number in range(5):  # two are in use: one trained on, the next waiting for it
            assert has_made.acquire(timeout=10)
            assert made == list(range(number + 1))
            assert next(iterator) == number
    assert len(made) <= 6  # closing ends the reading


def test_all_that_is_wanted_comes_in_order() -> None:
    with Prefetched(lambda i: 2 * i, range(7)) as found:
        assert list(found) == [0, 2, 4, 6, 8, 10, 12]
    with Prefetched(lambda i: i, ()) as found:
        assert list(found) == []


def test_what_reading_raises_is_raised_where_the_block_is_asked_for() -> None:
    def read(rows: np.ndarray) -> int:
        if rows[0] == 2:
            raise DataError("data.no_rows")
        return int(rows[0])

    seen = []
    with (
        pytest.raises(DataError),
        Prefetched(read, [np.array([i]) for i in range(5)]) as found,
    ):
        seen.extend(found)
    threads = [thread.name for thread in threading.enumerate()]
    assert sum("_run" in name for name in threads) == 0
