"""The compiled program: epochs of one member, mapped over members, spread over devices.

Its body is the training of *one* member on examples that are all on the device; those that are not
are trained on by :mod:`jaram.training.streamed`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jax.sharding import PartitionSpec as P
from jax.typing import ArrayLike

from jaram.network.sharing import EXAMPLES
from jaram.objective.monitors import monitors
from jaram.recipe import Recipe
from jaram.training import supervised
from jaram.training.devices import PATIENTLY, QUICKLY
from jaram.training.epoch_end import end_epoch
from jaram.training.evaluated import WATCHED, Watched
from jaram.training.layout import EVERYWHERE, Plan, over_members
from jaram.training.probe import VITAL_SIGNS
from jaram.training.programs import make_room
from jaram.training.state import EpochRecord, MemberState
from jaram.training.supervised import Batch, Progress
from jaram.training.widths import at_its_width

SHUFFLED_COPY_BYTES = 64 * 2**20
"""Up to this size an epoch's examples are laid out in order before the scan, which then reads them
one after another (5.0 ms against 6.2 ms an epoch of 10,000 × 20, batch 32); beyond, each step
gathers its own."""


class Arrays(NamedTuple):
    """The examples of a training, on the device. All members share them."""

    train: Batch
    watched: Watched


ARRAYS: Any = Arrays._make((EVERYWHERE, WATCHED))
"""How the devices that share a minibatch share them: of the training examples each takes its rows
of every minibatch's."""


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

    shared = (arrays, orders, count, total_epochs)
    where = (ARRAYS, P(None, None, EXAMPLES), EVERYWHERE, EVERYWHERE)
    outcome: Outcome = over_members(plan, one, recipes, state, shared, where)
    return outcome


_compiled_well = jax.jit(_run_epochs, static_argnames=("plan",), compiler_options=PATIENTLY)
_compiled_quickly = jax.jit(
    _run_epochs, static_argnames=("plan",), compiler_options=QUICKLY | PATIENTLY
)


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


def step_of(
    plan: Plan, recipe: Recipe, progress: Progress
) -> Callable[[MemberState, Batch], tuple[MemberState, Array]]:
    """One step of a member on a minibatch; ``progress``: of any step of the training."""

    def one_step(member: MemberState, batch: Batch) -> tuple[MemberState, Array]:
        return supervised.step(
            recipe, plan.task, member, batch, progress._replace(step=member.step), plan.shares
        )

    return at_its_width(plan.widths, one_step, plan.shares)


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
    step = step_of(plan, recipe, progress)
    state, losses = _scan(step, state, arrays.train, order)
    return end_epoch(plan, recipe, state, arrays.watched, losses, progress)


def _scan(one_step: Any, state: MemberState, train: Batch, order: Array) -> tuple[Any, Array]:
    size = sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(train))
    if size > SHUFFLED_COPY_BYTES:
        return jax.lax.scan(
            lambda s, rows: one_step(s, jax.tree.map(lambda a: a[rows], train)), state, order
        )
    flat = order.reshape(-1)
    laid_out = jax.tree.map(lambda a: a[flat].reshape(*order.shape, *a.shape[1:]), train)
    return jax.lax.scan(one_step, state, laid_out)
