"""The engine: trains a group of recipes of one structure as one program, chunk of epochs by chunk.

A single model is a group of one. The loop on the host only decides how many epochs the next call
runs, takes what came back, and asks whether to go on.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from jaram.data.buckets import MOST_WIDTHS
from jaram.data.prepare import Prepared
from jaram.data.stream import block_plan
from jaram.data.streamed import Streamed
from jaram.network.network import (
    initial_params,
    initial_state,
    table,
    widest,
)
from jaram.optimizer.averaging import Averaging
from jaram.optimizer.schedules import ReduceOnPlateau
from jaram.recipe import Recipe
from jaram.spec import with_fields
from jaram.training import devices
from jaram.training.beginning import Drawn, trained
from jaram.training.epochs import ARRAYS, Arrays, run_epochs
from jaram.training.evaluated import WATCHED, Watched
from jaram.training.examples import sample_rows, training_examples, watched_examples
from jaram.training.layout import BY_MEMBER, Plan, spread, together
from jaram.training.order import epoch_order, steps_per_epoch
from jaram.training.probe import PROBE_ROWS
from jaram.training.state import Advance, Best, MemberState
from jaram.training.streamed import Stream, run_streamed
from jaram.training.supervised import transform
from jaram.training.waiting import wait_for
from jaram.training.widths import lengths, similar_lengths, widths_for

Ending = Literal["completed", "stopped", "diverged", "interrupted", "budget"]

CALL_SECONDS = 0.25
"""How long one call of the program should take, so that progress, checkpoints and Ctrl-C come in
time."""
CAPACITY_ROWS = 4_000_000
SHORT_SECONDS = 2.0
"""A training shorter than this is compiled quickly (1.1 s of processor time against 2.3 s)."""
STEP_SECONDS, CORE_RATE = 1e-5, 5e10
"""What a step costs beside its arithmetic, and floating-point operations a second of one core."""
WIDTH_SECONDS = 5.0
"""A training of so many seconds is worth one width of minibatches more."""
SHARED_SECONDS = 0.004
"""What a device has to do in a step, at least, for it to be worth waiting for the others."""
EXCHANGED_BYTES = 1e9
"""How many bytes of weights devices can exchange in a second, and update once more each."""
LANE_BYTES = 512 * 1024
MOST_LANES = 8


@dataclasses.dataclass(frozen=True)
class Group:
    """Recipes of one structure, completed, with the data that they share."""

    recipes: tuple[Recipe, ...]
    prepared: Prepared

    @property
    def first(self) -> Recipe:
        return self.recipes[0]

    @property
    def epochs(self) -> int:
        return self.first.epochs or 1

    @property
    def batch_size(self) -> int:
        examples, chosen = len(self.prepared.train.x), self.first.batch_size
        return examples if chosen in ("full", None) else min(int(chosen), examples)

    @property
    def steps(self) -> int:
        return steps_per_epoch(len(self.prepared.train.x), self.batch_size)


def structure(recipe: Recipe) -> Any:
    """What recipes must share to be trained as one group."""
    return jax.tree.structure(recipe)


def plan_for(group: Group, takes_vitals: bool = True, most_devices: int | None = None) -> Plan:
    """How the group is laid out on the devices there are, or on so many of them.

    Lanes: several small members at once fill the core's vector units and share each minibatch's
    read, but their weights, gradients and moments must stay in its cache: measured on 20-64-32-1,
    batch 32, one member at a time took 2.8 ms an epoch, 8 at once 2.2 ms; from about 512 KiB on
    more lanes lose. The same goes for the signals of a minibatch. Convolutions train one member
    after another, because side by side they would be one grouped convolution, which is slow (8 and
    16 filters on 8×8: 23 ms an epoch and member in four lanes, 18 ms in one).
    """
    members, found = len(group.recipes), devices.available()
    most_devices = min(len(found), most_devices or len(found))
    used = min(most_devices, members)
    shares = _shares(group, most_devices // used) if found[0].platform == "cpu" else 1
    a_device = -(-members // used)
    assert group.first.network is not None
    params = initial_params(group.first.network, 0, group.prepared.input_shape)
    weights = sum(leaf.nbytes for leaf in jax.tree.leaves(params))
    is_on_cpu, kernels = found[0].platform == "cpu", (leaf.ndim for leaf in jax.tree.leaves(params))
    if is_on_cpu and max(kernels, default=0) > 2:
        most = 1
    elif is_on_cpu:
        signals = 4 * group.batch_size * widest(group.first.network, group.prepared.input_shape)
        most = max(1, min(MOST_LANES, LANE_BYTES // max(1, 4 * weights + signals)))
    else:
        most = a_device
    chunks = -(-a_device // most)
    sample, rows = sample_rows(group.prepared, group.first.network or (), shares)
    return Plan(
        task=group.prepared.task,
        takes_vitals=takes_vitals,
        is_short=is_short(group),
        has_valid=group.prepared.valid is not None and len(group.prepared.valid.x) > 0,
        train_blocks=-(-len(sample) // rows),
        chunks=chunks,
        lanes=-(-a_device // chunks),
        devices=used,
        shares=shares,
        capacity=max(1, min(32, CAPACITY_ROWS // (group.steps * group.batch_size), group.epochs)),
        widths=_widths(group),
    )


def _shares(group: Group, most: int) -> int:
    """How many of ``most`` devices share a minibatch: as many as each has enough to do for, and as
    its rows and the probe's can be parted for evenly.

    What counts is the work of layers that use a weight many times an example. A Dense layer is one
    product of matrices, which takes all cores by itself: two of 1,024 units took 484 ms an epoch
    alone and 803 ms shared. All weights are exchanged in every step.
    """
    if len(group.prepared.train.x) < PROBE_ROWS:
        return 1
    rows = table(group.first.network or (), group.prepared.input_shape)
    reused = sum(row.operations for row in rows if row.operations > 2 * row.parameters)
    exchanged = 4 * sum(row.parameters for row in rows) / EXCHANGED_BYTES
    work = _arithmetic_seconds(reused * group.batch_size)
    worthwhile = int(work / (SHARED_SECONDS + exchanged))
    parts = math.gcd(group.batch_size, PROBE_ROWS)
    fitting = range(1, max(1, min(most, worthwhile)) + 1)
    return max(count for count in fitting if parts % count == 0)


def _widths(group: Group) -> tuple[int, ...]:
    """Widths of minibatches: the more, the longer a member trains, since each is compiled.

    They decide on the order of the examples, so that they may not depend on who trains beside.
    """
    if not group.first.shuffle:
        return ()
    a_member = _estimated_seconds(group) / len(group.recipes)
    most = min(MOST_WIDTHS, int(a_member / WIDTH_SECONDS))
    return widths_for(group.first.network or (), group.prepared, most)


def is_short(group: Group) -> bool:
    """Whether the group trains in less time than a good compilation of its program takes."""
    return devices.available()[0].platform == "cpu" and _estimated_seconds(group) < SHORT_SECONDS


def _estimated_seconds(group: Group) -> float:
    """How long all epochs of all members would take one core, roughly; the same on any machine."""
    return len(group.recipes) * group.epochs * group.steps * _step_seconds(group)


def _step_seconds(group: Group) -> float:
    """How long a step of one member would take one core, roughly; the same on any machine."""
    network, shape = group.first.network or (), group.prepared.input_shape
    operations = sum(row.operations for row in table(network, shape))
    return STEP_SECONDS + _arithmetic_seconds(operations * group.batch_size)


def _arithmetic_seconds(operations: int) -> float:
    """How long so many multiply-adds going forward, and what goes back, take one core, roughly."""
    return 6 * operations / CORE_RATE  # floating-point operations a multiply-add


def drawn(recipe: Recipe, prepared: Prepared) -> Drawn:
    """What a member begins with: drawn by NumPy, so that it does not depend on the device or on
    who trains beside, or brought by the trained network that the recipe begins with."""
    assert recipe.network is not None
    shape = prepared.input_shape
    params, state = (
        initial_params(recipe.network, recipe.seed, shape),
        initial_state(recipe.network, shape),
    )
    if recipe.begin is None or prepared.origin is None:
        return params, state
    return trained(recipe.network, recipe.begin, prepared.origin, (params, state))


def initial(
    group: Group, plan: Plan, begins: Sequence[Drawn] | None = None
) -> tuple[Recipe, MemberState]:
    """Knobs and states of all members before the first step, stacked and on the devices.

    begins: what each member begins with, if not what its recipe draws.
    """
    recipes = stacked_knobs(group, plan)
    if begins is None:
        begins = [drawn(recipe, group.prepared) for recipe in group.recipes]
    params, network_state = spread(plan, _stack(list(begins), plan.members), BY_MEMBER)
    # Shared out again, because what does not depend on a member comes back whole on each device: a
    # state laid out otherwise than the one it becomes would be compiled for twice.
    return recipes, spread(plan, _fresh_states(recipes, params, network_state), BY_MEMBER)


def stacked_knobs(group: Group, plan: Plan) -> Recipe:
    """The knobs of all members, stacked and on the devices, the last member's filling up."""
    recipes = _stack([for_program(recipe) for recipe in group.recipes], plan.members)
    knobs: Recipe = spread(plan, recipes, BY_MEMBER)
    return knobs


@jax.jit
@jax.vmap
def _fresh_states(recipe: Recipe, params: Any, network_state: Any) -> MemberState:
    schedule = recipe.schedule
    plateau = schedule.initial() if isinstance(schedule, ReduceOnPlateau) else None
    return MemberState(
        params=params,
        network_state=network_state,
        optimizer_state=transform(recipe, jnp.float32(0)).init(params),
        average=recipe.averaging.initial(params)
        if isinstance(recipe.averaging, Averaging)
        else None,
        plateau=plateau,
        step=jnp.int32(0),
        epoch=jnp.int32(0),
        waited=jnp.int32(0),
        is_stopped=jnp.bool_(False),
        is_diverged=jnp.bool_(False),
        best=Best(jnp.float32(jnp.inf), jnp.int32(0), params, network_state),
    )


UNREAD = (
    "epochs",
    "batch_size",
    "shuffle",
    "scale",
    "scale_target",
    "categories",
    "class_weight",
    "validation",
    "test",
    "split",
    "split_seed",
    "order_seed",
    "output",
    "begin",
)
"""Fields of a recipe that the compiled program does not read."""


def for_program(recipe: Recipe) -> Recipe:
    """The recipe with the fields of ``UNREAD`` at one value.

    So that recipes that differ only in these share one compilation.
    """
    plain = Recipe()
    return with_fields(recipe, **{name: getattr(plain, name) for name in UNREAD})


def knob_arrays(recipe: Recipe) -> Recipe:
    """The recipe with its knobs as NumPy scalars, so that their values are not compiled in."""
    knobs: Recipe = jax.tree.map(_array, recipe)
    return knobs


def _stack(trees: list[Any], places: int) -> Any:
    """Trees of equal structure as one with a leading axis, the last repeated to fill all places."""
    filled = trees + [trees[-1]] * (places - len(trees))
    return jax.tree.map(lambda *leaves: np.stack([_array(leaf) for leaf in leaves]), *filled)


def _array(leaf: Any) -> NDArray[Any]:
    if isinstance(leaf, int):
        return np.asarray(leaf, np.uint32)
    return np.asarray(leaf, np.float32) if isinstance(leaf, float) else np.asarray(leaf)


def arrays_for(group: Group, plan: Plan) -> Arrays:
    """The group's examples on the plan's devices, all of which must fit into memory."""
    on_host = Arrays(training_examples(group.prepared), _watched(group, plan))
    placed: Arrays = spread(plan, on_host, ARRAYS)
    return placed


def watched_for(group: Group, plan: Plan) -> Watched:
    """The examples that the training is watched by, on the plan's devices."""
    placed: Watched = spread(plan, _watched(group, plan), WATCHED)
    return placed


def _watched(group: Group, plan: Plan) -> Watched:
    return watched_examples(group.prepared, group.first.network or (), plan.shares)


def advance(
    group: Group,
    plan: Plan,
    recipes: Recipe,
    state: MemberState,
    done: int,
    is_over: Callable[[Advance], bool],
    until: int | None = None,
) -> Iterator[Advance]:
    """Train from epoch ``done`` on, yielding after each call of the program.

    Ends after epoch ``until`` (the last, if None), when every member has stopped, or when
    ``is_over`` says so.
    """
    end = group.epochs if until is None else until
    is_streamed = isinstance(group.prepared.train.x, Streamed)
    train = _from_disk if is_streamed else _in_memory
    with closing(train(group, plan, recipes, state, done, end)) as calls:
        for step in calls:
            yield step
            if bool(np.asarray(step.state.is_stopped).all()) or is_over(step):
                return


def _in_memory(
    group: Group, plan: Plan, recipes: Recipe, state: MemberState, done: int, end: int
) -> Generator[Advance]:
    """Calls of the program that trains on examples which are all on the device."""
    arrays = arrays_for(group, plan)  # held here alone, so that they go with the last epoch
    count = 1  # the first call shows how long an epoch takes
    while done < end:
        count = min(count, plan.capacity, end - done)
        started = time.perf_counter()
        orders = _orders(group, plan, done, count)
        counts = np.int32(count), np.int32(group.epochs)
        with together(plan):
            outcome = run_epochs(plan, recipes, state, arrays, orders, *counts)
            wait_for(outcome.state)
        seconds = time.perf_counter() - started
        state = outcome.state
        records = jax.tree.map(lambda a, n=count: np.asarray(a)[:, :n], outcome.records)
        yield Advance(state, records, done, count, seconds)
        done += count
        count = max(1, int(count * CALL_SECONDS / max(seconds, 1e-4)))


def _from_disk(
    group: Group, plan: Plan, recipes: Recipe, state: MemberState, done: int, end: int
) -> Generator[Advance]:
    """Calls of the programs that train on blocks of examples, read ahead."""
    watched, epochs = watched_for(group, plan), range(done, end)
    return run_streamed(plan, recipes, state, stream_of(group), watched, epochs, group.epochs)


def check_memory(group: Group) -> None:
    """Raise DataError if the memory given is too small to stream the group's examples in."""
    if isinstance(group.prepared.train.x, Streamed):
        stream_of(group)


def stream_of(group: Group) -> Stream:
    """How the examples of a training part that is not in memory are read.

    Raises DataError if the memory to train in is too small for that.
    """
    prepared, recipe = group.prepared, group.first
    part = prepared.train
    assert isinstance(part.x, Streamed)
    assert prepared.memory is not None
    blocks = block_plan(
        len(part),
        prepared.input_shape,
        part.x.source.dtype,
        group.batch_size,
        prepared.memory,
    )
    return Stream(part, blocks, group.batch_size, recipe.order_seed, bool(recipe.shuffle))


def _orders(group: Group, plan: Plan, first: int, count: int) -> NDArray[np.int32]:
    """The minibatches of ``count`` epochs, of similar lengths where they have widths."""
    recipe, size, examples = group.first, group.batch_size, len(group.prepared.train.x)
    known = lengths(group.prepared) if plan.widths else None
    orders = np.zeros((plan.capacity, group.steps, size), np.int32)
    for index in range(count):
        seed, epoch = recipe.order_seed, first + index
        orders[index] = (
            epoch_order(examples, size, seed, epoch, recipe.shuffle)
            if known is None
            else similar_lengths(known, plan.widths, size, seed, epoch)
        )
    return orders
