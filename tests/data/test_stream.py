"""Blocks read ahead: every row once, the same order every time, within the memory given."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaram import data as jd
from jaram.data.stream import (
    IN_FLIGHT,
    BlockPlan,
    Prefetched,
    block_plan,
    epoch_blocks,
    read_rows,
)
from jaram.errors import DataError


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


def test_blocks_fit_the_budget() -> None:
    plan = block_plan((28, 28, 1), np.dtype(np.uint8), 128, 64 << 20)
    used = IN_FLIGHT * plan.block_rows * 28 * 28 * (1 + 4)
    assert plan.block_rows % 128 == 0 and 0.9 * (64 << 20) < used <= 64 << 20
    with pytest.raises(DataError, match="at least 1505280"):
        block_plan((28, 28, 1), np.dtype(np.uint8), 128, 1 << 20)


def test_pictures_from_disk_are_those_prepared_in_memory(tmp_path: Path) -> None:
    x = np.random.default_rng(0).integers(0, 256, (60, 4, 4, 3), dtype=np.uint8)
    np.save(tmp_path / "x.npy", x)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    prepared = jd.prepare(jd.Data(x, np.arange(60) % 2))
    place = {row: i for i, row in enumerate(prepared.train.rows.tolist())}
    blocks = epoch_blocks(prepared.train.rows, BlockPlan(4, 16), 0, 0)

    def read(rows: np.ndarray) -> np.ndarray:
        return np.asarray(prepared.preparation.apply(read_rows(mapped, rows))[0])

    with Prefetched(read, blocks) as found:
        for rows, block in zip(blocks, found, strict=True):
            expected = prepared.train.x[[place[row] for row in rows.tolist()]]
            np.testing.assert_array_equal(block, expected)


def test_no_more_is_read_ahead_than_is_said() -> None:
    made: list[int] = []
    may_go_on = threading.Semaphore(0)

    def read(rows: np.ndarray) -> int:
        made.append(int(rows[0]))
        may_go_on.release()
        return int(rows[0])

    with Prefetched(read, [np.array([i]) for i in range(20)]) as found:
        iterator = iter(found)
        for _ in range(2):
            may_go_on.acquire(timeout=10)
        assert next(iterator) == 0
        assert len(made) <= IN_FLIGHT
    assert len(made) < 20  # closing ends the reading


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
