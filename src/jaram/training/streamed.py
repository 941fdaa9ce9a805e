"""Training on examples that are not all in memory: an epoch is a row of blocks, read ahead.

One program does the steps of a block for all members, another ends the epoch; a step and the end of
an epoch are those of a training in memory. Only the inputs are streamed: answers and weights, a few
bytes an example, are on the device from the beginning.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.sharding import PartitionSpec as P
from numpy.typing import NDArray

from jaram.data.memory import aligned_empty
from jaram.data.prepare import Part
from jaram.data.splits import Rows
from jaram.data.stream import BlockPlan, Prefetched, epoch_blocks, filled
from jaram.network.sharing import EXAMPLES
from jaram.recipe import Recipe
from jaram.training import supervised
from jaram.training.devices import PATIENTLY, QUICKLY
from jaram.training.epoch_end import end_epoch
from jaram.training.epochs import step_of
from jaram.training.evaluated import WATCHED, Watched
from jaram.training.examples import average_one
from jaram.training.layout import BY_MEMBER, EVERYWHERE, Plan, over_members, spread, together
from jaram.training.programs import make_room
from jaram.training.state import Advance, EpochRecord, MemberState
from jaram.training.supervised import Batch, Progress
from jaram.training.waiting import wait_for


class Block(NamedTuple):
    """Minibatches in the order of training, the first ``count`` of ``steps`` filled.

    x: ``(steps, batch, *input_shape)`` float32. rows: ``(steps, batch)`` int32, places within the
    training part. count: int32 scalar.
    """

    x: Any
    rows: Any
    count: Any


BLOCK: Any = Block._make((P(None, EXAMPLES), P(None, EXAMPLES), EVERYWHERE))
"""How the devices that share a minibatch share a block: by rows of each minibatch."""


class Told(NamedTuple):
    """Answers and weights of the whole training part, as in a Part."""

    y: Any
    weight: Any


@dataclass(frozen=True, eq=False)
class Stream:
    """A training part in the order of training: ``part.x`` is read in the blocks of ``plan``."""

    part: Part
    plan: BlockPlan
    batch_size: int
    order_seed: int
    shuffle: bool

    @cached_property
    def told(self) -> Told:
        return Told(self.part.y, average_one(self.part.weight))

    @property
    def steps(self) -> int:
        """Of an epoch."""
        return -(-len(self.part) // self.batch_size)

    @property
    def blocks(self) -> int:
        """Of an epoch."""
        return -(-len(self.part) // self.plan.block_rows)

    def order(self, epoch: int) -> list[Rows]:
        """Places within the training part by block, whole minibatches each: a pure function of the
        plan, the seed and the epoch."""
        rows = np.arange(len(self.part), dtype=np.int64)
        blocks = epoch_blocks(rows, self.plan, self.order_seed, epoch, self.shuffle)
        return filled(blocks, self.batch_size)

    def read(self, rows: Rows) -> Block:
        """The block of these places, prepared."""
        found: NDArray[Any] = self.part.x[rows]
        whole = self.plan.block_rows
        count = rows.size // self.batch_size
        if rows.size < whole:  # a block of another shape would be compiled once more
            short, found = found, aligned_empty((whole, *found.shape[1:]), found.dtype)
            found[: rows.size] = short
            rows = np.resize(rows, whole)
        shape = (whole // self.batch_size, self.batch_size)
        return Block(
            found.reshape(*shape, *found.shape[1:]),
            rows.astype(np.int32).reshape(shape),
            np.int32(count),
        )


def run_streamed(
    plan: Plan,
    recipes: Recipe,
    state: MemberState,
    stream: Stream,
    watched: Watched,
    epochs: Sequence[int],
    total_epochs: int,
) -> Generator[Advance]:
    """Train all members for ``epochs``, one yield each; closing it ends the reading.

    recipes, state: every leaf has a leading axis of ``plan.members``. watched: on the devices.
    """
    told = spread(plan, stream.told, EVERYWHERE)
    total = np.int32(total_epochs)
    block_program, end_program = _programs(plan)
    make_room(block_program)
    orders = (rows for epoch in epochs for rows in stream.order(epoch))
    with Prefetched(stream.read, orders) as blocks:
        ready = iter(blocks)
        for epoch in epochs:
            started = time.perf_counter()
            losses = np.zeros((plan.members, stream.steps), np.float32)
            carried = state, spread(plan, losses, BY_MEMBER)
            with together(plan):
                for first, block in _placed(plan, islice(ready, stream.blocks)):
                    before = carried[0]
                    carried = block_program(plan, recipes, carried, told, block, first, total)
                    wait_for(before)  # the device has the next block before it asks for one
                state, record = end_program(plan, recipes, carried, watched, total)
                wait_for(state)
            records = jax.tree.map(lambda a: np.asarray(a)[:, None], record)
            yield Advance(state, records, epoch, 1, time.perf_counter() - started)


def _placed(plan: Plan, blocks: Iterator[Block]) -> Iterator[tuple[np.int32, Block]]:
    """Blocks on the devices, each with the number of its first step within the epoch."""
    first = 0
    for block in blocks:
        yield np.int32(first), spread(plan, block, BLOCK)
        first += int(block.count)


def _programs(plan: Plan) -> tuple[Any, Any]:
    """The jitted functions that run a block and end an epoch."""
    if plan.is_short:
        return _block_quickly, _end_quickly
    return _block_well, _end_well


Carried = tuple[MemberState, Array]
"""A member's state, and the losses ``(steps,)`` of the epoch so far."""


def _run_block(
    plan: Plan,
    recipes: Recipe,
    carried: Carried,
    told: Told,
    block: Block,
    first: Array,
    total_epochs: Array,
) -> Carried:
    def one(recipe: Recipe, carried: Carried, *shared: Any) -> Carried:
        return _member_block(plan, recipe, carried, *shared)

    shared = (told, block, first, total_epochs)
    where = (EVERYWHERE, BLOCK, EVERYWHERE, EVERYWHERE)
    after: Carried = over_members(plan, one, recipes, carried, shared, where)
    return after


def _end_epochs(
    plan: Plan, recipes: Recipe, carried: Carried, watched: Watched, total_epochs: Array
) -> tuple[MemberState, EpochRecord]:
    def one(recipe: Recipe, carried: Carried, *shared: Any) -> tuple[MemberState, EpochRecord]:
        return _member_end(plan, recipe, carried, *shared)

    ended: tuple[MemberState, EpochRecord] = over_members(
        plan, one, recipes, carried, (watched, total_epochs), (WATCHED, EVERYWHERE)
    )
    return ended


_block_well = jax.jit(_run_block, static_argnames=("plan",), compiler_options=PATIENTLY)
_block_quickly = jax.jit(
    _run_block, static_argnames=("plan",), compiler_options=QUICKLY | PATIENTLY
)
_end_well = jax.jit(_end_epochs, static_argnames=("plan",), compiler_options=PATIENTLY)
_end_quickly = jax.jit(_end_epochs, static_argnames=("plan",), compiler_options=QUICKLY | PATIENTLY)


def _progress(state: MemberState, steps: int, total_epochs: Array) -> Progress:
    return Progress(state.step, total_epochs * steps, jnp.int32(steps))


def _member_block(
    plan: Plan,
    recipe: Recipe,
    carried: Carried,
    told: Told,
    block: Block,
    first: Array,
    total_epochs: Array,
) -> Carried:
    steps = carried[1].shape[0]
    step = step_of(plan, recipe, _progress(carried[0], steps, total_epochs))
    weight = supervised.bootstrapped(recipe, Batch(block.x, *told)).weight

    def body(index: Array, carried: Carried) -> Carried:
        state, losses = carried
        rows = block.rows[index]
        batch = Batch(block.x[index], told.y[rows], None if weight is None else weight[rows])
        state, loss = step(state, batch)
        return state, losses.at[first + index].set(loss)

    def train(carried: Carried) -> Carried:
        trained: Carried = jax.lax.fori_loop(0, block.count, body, carried)
        return trained

    after: Carried = jax.lax.cond(carried[0].is_stopped, lambda same: same, train, carried)
    return after


def _member_end(
    plan: Plan, recipe: Recipe, carried: Carried, watched: Watched, total_epochs: Array
) -> tuple[MemberState, EpochRecord]:
    def end(carried: Carried) -> tuple[MemberState, EpochRecord]:
        state, losses = carried
        progress = _progress(state, losses.shape[0], total_epochs)
        return end_epoch(plan, recipe, state, watched, losses, progress)

    _, blank = jax.eval_shape(end, carried)

    def rest(carried: Carried) -> tuple[MemberState, EpochRecord]:
        return carried[0], jax.tree.map(lambda like: jnp.zeros(like.shape, like.dtype), blank)

    ended: tuple[MemberState, EpochRecord] = jax.lax.cond(carried[0].is_stopped, rest, end, carried)
    return ended
