"""Sets larger than memory: blocks of prepared examples, read ahead while one is trained on.

A disk is fast where it reads on and slow where it jumps. So the order of an epoch is drawn in two
steps: *chunks* of neighbouring rows are shuffled and dealt to blocks, then the rows within a block
are shuffled. It is a pure function of (rows, chunk, block, seed, epoch), like the order in memory.
"""

from __future__ import annotations

import math
import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from jaram.data.splits import Rows
from jaram.errors import DataError

T = TypeVar("T")
IN_FLIGHT = 3
"""Blocks that are in memory at once: one trained on, one ready, one being read."""
CHUNK_BYTES = 1 << 20
"""Bytes that are read in one go: with 1 MB a spinning disk too spends most of its time reading."""


@dataclass(frozen=True)
class BlockPlan:
    """How many neighbouring rows are read in one go, and how many make a block."""

    chunk_rows: int
    block_rows: int


def block_plan(
    shape: tuple[int, ...], stored: np.dtype[np.generic], batch_size: int, budget: int
) -> BlockPlan:
    """The largest blocks of whole minibatches of which :data:`IN_FLIGHT` fit into ``budget`` bytes.

    ``shape``: of one example, stored as ``stored`` and prepared as four bytes a number, both of
    which are in memory. Raises DataError if not even blocks of one minibatch fit.
    """
    numbers = math.prod(shape)
    per_row = numbers * (stored.itemsize + 4)
    rows = budget // (IN_FLIGHT * per_row)
    batches = rows // batch_size
    if batches < 1:
        needed = IN_FLIGHT * per_row * batch_size
        raise DataError("data.budget_too_small", budget=budget, needed=needed)
    block_rows = batches * batch_size
    chunk_rows = max(1, min(CHUNK_BYTES // (numbers * stored.itemsize), block_rows // 8))
    return BlockPlan(chunk_rows, block_rows)


def epoch_blocks(
    rows: Rows, plan: BlockPlan, order_seed: int, epoch: int, shuffle: bool = True
) -> list[Rows]:
    """The blocks of one epoch (the first is epoch 0): every one of ``rows`` once, in blocks of
    ``plan.block_rows``; the last may be shorter."""
    rng = np.random.default_rng((order_seed, epoch))
    starts = np.arange(0, rows.size, plan.chunk_rows)
    if shuffle:
        rng.shuffle(starts)
    chunks = [rows[start : start + plan.chunk_rows] for start in starts.tolist()]
    order = np.concatenate(chunks) if chunks else rows
    blocks = [
        order[start : start + plan.block_rows] for start in range(0, rows.size, plan.block_rows)
    ]
    if shuffle:
        for block in blocks:
            rng.shuffle(block)
    return blocks


def read_rows(x: NDArray[np.generic], rows: Rows) -> NDArray[np.generic]:
    """``x[rows]`` of an array that is mapped from disk, read in ascending order."""
    ascending = np.argsort(rows, kind="stable")
    found = np.empty((rows.size, *x.shape[1:]), x.dtype)
    found[ascending] = x[rows[ascending]]
    return found


class Prefetched(Generic[T]):
    """The results of ``read`` for each of ``wanted``, in order, the next read in a thread while the
    last is used.

    At most one result waits and one is being made, beside the one in use. What ``read`` raises is
    raised here, in its place. Closing it (or leaving it as a context) ends the thread.
    """

    def __init__(self, read: Callable[[Rows], T], wanted: list[Rows]) -> None:
        self._ready: queue.Queue[tuple[list[T], BaseException | None]] = queue.Queue(maxsize=1)
        self._is_over = threading.Event()
        self._count = len(wanted)
        self._thread = threading.Thread(target=self._run, args=(read, wanted), daemon=True)
        self._thread.start()

    def _run(self, read: Callable[[Rows], T], wanted: list[Rows]) -> None:
        for rows in wanted:
            if self._is_over.is_set():
                return
            try:
                self._ready.put(([read(rows)], None))
            except BaseException as error:  # told where the block is asked for
                self._ready.put(([], error))
                return

    def __iter__(self) -> Iterator[T]:
        for _ in range(self._count):
            found, error = self._ready.get()
            if error is not None:
                raise error
            yield from found

    def close(self) -> None:
        """End the thread, whatever is left."""
        self._is_over.set()
        while self._thread.is_alive():
            try:
                self._ready.get(timeout=0.05)
            except queue.Empty:
                continue
        self._thread.join()

    def __enter__(self) -> Prefetched[T]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
