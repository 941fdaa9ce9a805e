"""Sets larger than memory: blocks of prepared examples, read ahead while one is trained on.

A disk is fast where it reads on and slow where it jumps. So the order of an epoch is drawn in two
steps: *chunks* of neighbouring rows are shuffled and dealt to blocks, then the rows within a block
are shuffled. It is a pure function of (rows, plan, seed, epoch), like the order in memory, and
the plan one of the examples' size, the minibatch's and the memory.
"""

from __future__ import annotations

import math
import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from jaram.data.splits import Rows
from jaram.errors import DataError

T = TypeVar("T")
W = TypeVar("W")
IN_FLIGHT = 3
"""Blocks that are in memory at once: one trained on, the next waiting for it, one being read."""
BLOCK_SHARE = 0.75
"""Of the memory given, what those blocks take; the rest is for examples that are evaluated."""
CHUNK_BYTES = 1 << 20
"""Bytes that are read in one go: with 1 MB a spinning disk too spends most of its time reading."""
CHUNKS = 256
"""Chunks that a block is made of at least. Neighbours often have the same class; of ten classes in
folders a block then holds each to about a fifth of its share."""


@dataclass(frozen=True)
class BlockPlan:
    """How many neighbouring rows are read in one go, and how many make a block."""

    chunk_rows: int
    block_rows: int


def block_plan(
    rows: int, shape: tuple[int, ...], stored: np.dtype[np.generic], batch_size: int, memory: int
) -> BlockPlan:
    """Blocks of whole minibatches, as few and as even as fit: :data:`IN_FLIGHT` of them take no
    more than their share of ``memory`` bytes.

    ``rows``: of an epoch, each of ``shape``, stored as ``stored`` and prepared as four bytes a
    number, both of which are in memory. Raises DataError if not even blocks of one minibatch fit.
    """
    numbers = math.prod(shape)
    per_row = numbers * (stored.itemsize + 4)
    needed = math.ceil(IN_FLIGHT * per_row * batch_size / BLOCK_SHARE)
    most = memory // needed
    if most < 1:
        raise DataError("data.memory_too_small", memory=memory, needed=needed)
    batches = -(-rows // batch_size)
    block_rows = -(-batches // -(-batches // most)) * batch_size
    in_one_go = CHUNK_BYTES // (numbers * stored.itemsize)
    return BlockPlan(max(1, min(in_one_go, block_rows // CHUNKS)), block_rows)


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


def filled(blocks: list[Rows], batch_size: int) -> list[Rows]:
    """The same blocks, the last filled up to whole minibatches from the start of the epoch's
    order, as an epoch in memory is."""
    missing = -blocks[-1].size % batch_size
    if not missing:
        return blocks
    again = np.resize(np.concatenate(blocks), sum(one.size for one in blocks) + missing)[-missing:]
    return [*blocks[:-1], np.concatenate([blocks[-1], again])]


class Prefetched(Generic[W, T]):
    """The results of ``read`` for each of ``wanted``, in order, the next read in a thread while the
    last is used.

    Beside those that were handed out, one is being made or waits. What ``read`` raises is raised
    here, in its place. Closing it (or leaving it as a context) ends the thread.
    """

    def __init__(self, read: Callable[[W], T], wanted: Iterable[W]) -> None:
        self._ready: queue.SimpleQueue[tuple[list[T], BaseException | None]] = queue.SimpleQueue()
        self._may_read = threading.Semaphore(1)
        self._is_over = False
        self._thread = threading.Thread(target=self._run, args=(read, wanted), daemon=True)
        self._thread.start()

    def _run(self, read: Callable[[W], T], wanted: Iterable[W]) -> None:
        try:
            for one in wanted:
                self._may_read.acquire()
                if self._is_over:
                    return
                self._ready.put(([read(one)], None))
        except BaseException as error:  # told where the block is asked for
            self._ready.put(([], error))
        else:
            self._ready.put(([], None))

    def __iter__(self) -> Iterator[T]:
        while True:
            found, error = self._ready.get()
            self._may_read.release()
            if error is not None:
                raise error
            if not found:
                return
            yield found.pop()

    def close(self) -> None:
        """End the thread, whatever is left."""
        self._is_over = True
        self._may_read.release()
        self._thread.join()

    def __enter__(self) -> Prefetched[W, T]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
