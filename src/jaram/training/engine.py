"""The engine: trains a group of recipes of one structure as one program, chunk of epochs by chunk.

A single model is a group of one. The loop on the host only decides how many epochs the next call
runs, takes what came back, and asks whether to go on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from jaram.data.prepare import Prepared
from jaram.data.stream import block_plan
from jaram.data.streamed import Streamed
from jaram.network.network import (
    initial_params,
    initial_state,
)
from jaram.optimizer.averaging import Averaging
from jaram.optimizer.schedules import ReduceOnPlateau
from jaram.recipe import Recipe
from jaram.spec import with_fields
from jaram.training.beginning import Drawn, trained
from jaram.training.epochs import ARRAYS, Arrays, run_epochs
from jaram.training.evaluated import WATCHED, Watched
from jaram.training.examples import training_examples, watched_examples
from jaram.training.group import Group
from jaram.training.layout import BY_MEMBER, Plan, spread, together
from jaram.training.order import epoch_order
from jaram.training.state import Advance, Best, MemberState
from jaram.training.streamed import Stream, run_streamed
from jaram.training.supervised import transform
from jaram.training.waiting import wait_for
from jaram.training.widths import lengths, similar_lengths

Ending = Literal["completed", "stopped", "diverged", "interrupted", "budget"]

CALL_SECONDS = 0.25
"""How long one call of the program should take, so that progress, checkpoints and Ctrl-C come in
time."""


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
