"""The compiled program: epochs of one member, mapped over members, spread over devices.

``run_epochs`` is the only place where a training is compiled. Its body is the training of *one*
member; members are ``vmap``ped in lanes, lanes follow one another, and devices share the members.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jax.typing import ArrayLike
from numpy.typing import NDArray

from jaram.data.memory import aligned_empty
from jaram.data.task import Task
from jaram.network.layer import Context
from jaram.objective.monitors import default_monitor, from_sums, monitors, partial_sums
from jaram.objective.stopping import EarlyStopping
from jaram.objective.targets import encode
from jaram.optimizer.averaging import Averaging
from jaram.optimizer.schedules import ReduceOnPlateau
from jaram.recipe import Recipe
from jaram.training import probe, supervised
from jaram.training.devices import QUICKLY
from jaram.training.probe import VITAL_SIGNS
from jaram.training.programs import make_room
from jaram.training.state import Best, EpochRecord, MemberState
from jaram.training.supervised import Batch, Progress
from jaram.training.widths import at_its_width

SHUFFLED_COPY_BYTES = 64 * 2**20
"""Up to this size an epoch's examples are laid out in order before the scan, which then reads them
one after another (5.0 ms against 6.2 ms an epoch of 10,000 × 20, batch 32); beyond, each step
gathers its own."""


class Blocks(NamedTuple):
    """Examples to evaluate, in equal blocks: x ``(blocks, rows, ...)``, y alike.

    real: ``(blocks, rows)`` float32, 0 for the rows that fill up the last block. weight: of the
    loss.
    """

    x: Array
    y: Array
    weight: Array | None
    real: Array


class Arrays(NamedTuple):
    """The examples of a training, on the device. All members share them.

    center: the target's mean over the training part ``(outputs,)``, 0 for classes; R² sums about
    it.
    """

    train: Batch
    evaluated: Blocks
    probe: Batch
    center: Array


@dataclasses.dataclass(frozen=True)
class Plan:
    """What is fixed when the program is compiled.

    is_short: whether the training takes less time than a good compilation of it would.
    has_valid, train_blocks: whether there is a validation part; how many of the blocks to evaluate
    are of the training part, which come first.
    chunks, lanes: members on one device are ``chunks`` groups, one after another, of ``lanes``, at
    once.
    devices: how many share the members. capacity: epochs one call can run at most.
    widths: of minibatches of padded examples (:mod:`jaram.training.widths`); empty: one for all.
    """

    task: Task
    takes_vitals: bool
    is_short: bool
    has_valid: bool
    train_blocks: int
    chunks: int
    lanes: int
    devices: int
    capacity: int
    widths: tuple[int, ...] = ()

    @property
    def members(self) -> int:
        """Places for members; those beyond the population repeat its last member."""
        return self.chunks * self.lanes * self.devices


class Outcome(NamedTuple):
    """State after a call, and its records: arrays ``(members, capacity, ...)``, the first
    ``count`` filled.

    A member that stopped early has filled only the records up to its ``state.epoch``.
    """

    state: MemberState
    records: EpochRecord


def run_epochs(
    plan: Plan,
    recipes: Recipe,
    state: MemberState,
    arrays: Arrays,
    orders: ArrayLike,
    count: ArrayLike,
    total_epochs: ArrayLike,
) -> Outcome:
    """Train all members for ``count`` epochs more.

    recipes, state: every leaf has a leading axis of ``plan.members``. orders: int32 ``(capacity,
    steps, batch)``. count, total_epochs: int32 scalars, so that one compilation serves any length.
    """
    program = program_of(plan)
    make_room(program)
    outcome: Outcome = program(plan, recipes, state, arrays, orders, count, total_epochs)
    return outcome


def program_of(plan: Plan) -> Any:
    """The jitted function that runs a plan."""
    return _compiled_quickly if plan.is_short else _compiled_well


def _run_epochs(
    plan: Plan,
    recipes: Recipe,
    state: MemberState,
    arrays: Arrays,
    orders: Array,
    count: Array,
    total_epochs: Array,
) -> Outcome:
    def one(recipe: Recipe, member: MemberState, *shared: Any) -> Outcome:
        return _member_epochs(plan, recipe, member, *shared)

    def on_device(recipes: Recipe, members: MemberState, *shared: Any) -> Outcome:
        def chunk(pair: tuple[Recipe, MemberState]) -> Outcome:
            trained: Outcome
            if plan.lanes > 1:
                trained = jax.vmap(lambda r, m: one(r, m, *shared))(*pair)
            else:
                trained = _add_axis(one(*_drop_axis(pair), *shared))
            return trained

        # A leading axis of chunks, each of `lanes` members.
        split = jax.tree.map(
            lambda leaf: leaf.reshape(plan.chunks, plan.lanes, *leaf.shape[1:]), (recipes, members)
        )
        if plan.chunks == 1:
            return chunk(_drop_axis(split))
        places = plan.chunks * plan.lanes  # said, because an array without vital signs is empty
        outcome: Outcome = jax.tree.map(
            lambda leaf: leaf.reshape(places, *leaf.shape[2:]), jax.lax.map(chunk, split)
        )
        return outcome

    shared = (arrays, orders, count, total_epochs)
    if plan.devices == 1:
        return on_device(recipes, state, *shared)
    by_member = PartitionSpec("members")
    everywhere = PartitionSpec()
    return jax.shard_map(
        on_device,
        mesh=mesh(plan.devices),
        in_specs=(by_member, by_member, *(everywhere for _ in shared)),
        out_specs=by_member,
        check_vma=False,
    )(recipes, state, *shared)


_compiled_well = jax.jit(_run_epochs, static_argnames=("plan",))
_compiled_quickly = jax.jit(_run_epochs, static_argnames=("plan",), compiler_options=QUICKLY)


@cache
def mesh(devices: int) -> Mesh:
    """The devices that share the members, in a row."""
    from jaram.training.devices import available

    return Mesh(np.array(available()[:devices]), ("members",))


def spread(plan: Plan, tree: Any, by_member: bool) -> Any:
    """``tree`` on the plan's devices: its members shared out, or a copy on each."""
    if plan.devices == 1:
        return jax.device_put(tree, mesh(1).devices.item())
    where = PartitionSpec("members") if by_member else PartitionSpec()
    return jax.device_put(tree, NamedSharding(mesh(plan.devices), where))


def _drop_axis(tree: Any) -> Any:
    return jax.tree.map(lambda leaf: leaf[0], tree)


def _add_axis(tree: Any) -> Any:
    return jax.tree.map(lambda leaf: leaf[None], tree)


def _member_epochs(
    plan: Plan,
    recipe: Recipe,
    state: MemberState,
    arrays: Arrays,
    orders: Array,
    count: Array,
    total_epochs: Array,
) -> Outcome:
    records = _blank_records(plan, recipe, orders)
    arrays = arrays._replace(train=supervised.bootstrapped(recipe, arrays.train))

    def goes_on(carry: tuple[Array, MemberState, EpochRecord]) -> Array:
        index, member, _ = carry
        return (index < count) & ~member.is_stopped

    def body(
        carry: tuple[Array, MemberState, EpochRecord],
    ) -> tuple[Array, MemberState, EpochRecord]:
        index, member, kept = carry
        member, record = _epoch(plan, recipe, member, arrays, orders[index], total_epochs)
        kept = jax.tree.map(lambda all_, new: all_.at[index].set(new), kept, record)
        return index + 1, member, kept

    _, state, records = jax.lax.while_loop(goes_on, body, (jnp.int32(0), state, records))
    return Outcome(state, records)


def _blank_records(plan: Plan, recipe: Recipe, orders: Array) -> EpochRecord:
    """Records of ``plan.capacity`` epochs, still empty."""

    def blank(*shape: int) -> Array:
        return jnp.zeros((plan.capacity, *shape), jnp.float32)

    assert recipe.network is not None
    return EpochRecord(
        losses=blank(orders.shape[1]),
        learning_rate=blank(),
        metrics=blank(1 + plan.has_valid, len(monitors(plan.task))),
        vitals=blank(len(recipe.network), len(VITAL_SIGNS)) if plan.takes_vitals else blank(0, 0),
    )


def _epoch(
    plan: Plan,
    recipe: Recipe,
    state: MemberState,
    arrays: Arrays,
    order: Array,
    total_epochs: Array,
) -> tuple[MemberState, EpochRecord]:
    """One epoch of one member: all steps, then the evaluation, the probe, and what follows from
    them."""
    steps = order.shape[0]
    progress = Progress(state.step, total_epochs * steps, jnp.int32(steps))

    def one_step(member: MemberState, batch: Batch) -> tuple[MemberState, Array]:
        return supervised.step(
            recipe, plan.task, member, batch, progress._replace(step=member.step)
        )

    step = at_its_width(plan.widths, one_step)
    state, losses = _scan(step, state, arrays.train, order)
    evaluated = state.params
    if isinstance(recipe.averaging, Averaging):
        evaluated = state.average
    metrics = _evaluate(plan, recipe, evaluated, state, arrays)
    last = progress._replace(step=state.step - 1)
    vitals = jnp.zeros((0, 0), jnp.float32)
    if plan.takes_vitals:
        vitals = probe.vital_signs(recipe, plan.task, state, arrays.probe, last)
    rate = supervised.learning_rate(recipe, state.plateau, last)
    record = EpochRecord(losses, rate, metrics, vitals)
    return _after_epoch(plan.task, recipe, state, evaluated, record), record


def _scan(one_step: Any, state: MemberState, train: Batch, order: Array) -> tuple[Any, Array]:
    size = sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(train))
    if size > SHUFFLED_COPY_BYTES:
        return jax.lax.scan(
            lambda s, rows: one_step(s, jax.tree.map(lambda a: a[rows], train)), state, order
        )
    flat = order.reshape(-1)
    laid_out = jax.tree.map(lambda a: a[flat].reshape(*order.shape, *a.shape[1:]), train)
    return jax.lax.scan(one_step, state, laid_out)


def _evaluate(plan: Plan, recipe: Recipe, params: Any, state: MemberState, arrays: Arrays) -> Array:
    """Metrics ``(parts, names)`` of the training sample and of the validation part, in evaluation
    mode.

    One loop over the blocks of both, because compiling two costs twice. Example weights count in
    the loss only.
    """
    loss, task = recipe.loss, plan.task
    assert loss is not None

    def sums(block: Blocks) -> dict[str, Array]:
        passed = supervised.forward(
            recipe, params, state.network_state, block.x, Context(training=False)
        )
        target = encode(block.y, task, passed.z.shape[-1])
        return partial_sums(
            task,
            loss,
            passed.z,
            passed.activation,
            target,
            real=block.real,
            weight=block.weight,
            center=arrays.center,
        )

    each = jax.lax.map(sums, arrays.evaluated)
    parts = [slice(0, plan.train_blocks), slice(plan.train_blocks, None)][: 1 + plan.has_valid]
    totals = jax.tree.map(lambda a: jnp.stack([a[part].sum(0) for part in parts]), each)
    metrics = jax.vmap(from_sums)(totals)
    return jnp.stack([metrics[name] for name in monitors(task)], axis=1)


def _after_epoch(
    task: Task, recipe: Recipe, state: MemberState, evaluated: Any, record: EpochRecord
) -> MemberState:
    """Best epoch, plateau schedule, early stop and divergence."""
    stop = recipe.stop if isinstance(recipe.stop, EarlyStopping) else None
    assert recipe.loss is not None
    monitor = stop.monitor if stop else default_monitor(task, recipe.loss)
    names = monitors(task)
    score = record.metrics[-1, names.index(monitor)]
    if monitor in ("accuracy", "r2"):
        score = -score
    epoch = state.epoch + 1
    # Weights that are not finite show in the loss of the training sample, taken after the last
    # step.
    finite = jnp.isfinite(record.losses).all() & jnp.isfinite(
        record.metrics[0, names.index("loss")]
    )
    score = jnp.where(finite & jnp.isfinite(score), score, jnp.inf).astype(jnp.float32)
    is_better = score < state.best.score
    counts = score < state.best.score - (stop.min_delta if stop else 0.0)
    candidate = Best(score, epoch, evaluated, state.network_state)
    best = jax.lax.cond(is_better, lambda: candidate, lambda: state.best)
    waited = jnp.where(counts, 0, state.waited + 1)
    out_of_patience = waited >= stop.patience if stop else jnp.bool_(False)
    plateau = state.plateau
    if isinstance(recipe.schedule, ReduceOnPlateau):
        plateau = recipe.schedule.update(plateau, score)
    return state._replace(
        plateau=plateau,
        epoch=epoch,
        waited=waited,
        is_stopped=state.is_stopped | out_of_patience | ~finite,
        is_diverged=state.is_diverged | ~finite,
        best=best,
    )


EVALUATED_ROWS = 2048
"""Rows of a block to evaluate: large enough for the matrix products, small enough for the core's
cache."""
EVALUATED_NUMBERS = 2**22
"""Numbers that a block has after any layer, at most: pictures are evaluated in smaller blocks."""


def block_rows(numbers: int, *parts: int) -> int:
    """How many rows all blocks have, given the parts' sizes and the numbers that one example has
    where it has the most."""
    return min(EVALUATED_ROWS, max(parts), max(64, EVALUATED_NUMBERS // numbers))


def blocks_of(parts: Sequence[Batch], rows: int) -> Blocks:
    """The examples of one part after another in blocks of ``rows``; NumPy.

    Each part's last block is filled up with copies of its first example.
    """
    counts = [math.ceil(len(part.x) / rows) for part in parts]
    starts = np.cumsum([0, *counts]) * rows

    def filled(arrays: Sequence[Any], rest_is_zero: bool = False) -> NDArray[Any]:
        shape, dtype = arrays[0].shape[1:], arrays[0].dtype
        flat = aligned_empty((int(starts[-1]), *shape), dtype)
        for array, start, end in zip(arrays, starts, starts[1:], strict=False):
            flat[start : start + len(array)] = array
            flat[start + len(array) : end] = 0 if rest_is_zero else array[0]
        return flat.reshape(-1, rows, *shape)

    weights = [part.weight for part in parts]
    return Blocks(
        filled([part.x for part in parts]),  # type: ignore[arg-type]
        filled([part.y for part in parts]),  # type: ignore[arg-type]
        None if weights[0] is None else filled(weights, rest_is_zero=True),  # type: ignore[arg-type]
        filled([np.ones(len(part.x), np.float32) for part in parts], rest_is_zero=True),  # type: ignore[arg-type]
    )
