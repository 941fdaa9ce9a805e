"""How the members of a population are laid out on the devices there are.

A program is written for *one* member. Here it is ``vmap``ped over members in lanes, lanes follow
one another in chunks, and devices share the members. Where there are more devices than members,
several may share a member's minibatches (:mod:`jaram.network.sharing`).
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import cache, partial
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from jaram.data.task import Task
from jaram.network.sharing import EXAMPLES
from jaram.recipe import Recipe


@dataclasses.dataclass(frozen=True)
class Plan:
    """What is fixed when the program is compiled.

    is_short: whether the training takes less time than a good compilation of it would.
    has_valid, train_blocks: whether there is a validation part; how many of the blocks to evaluate
    are of the training part, which come first.
    chunks, lanes: members on one device are ``chunks`` groups, one after another, of ``lanes``, at
    once.
    devices: how many share the members; shares: how many share the minibatches of each of these.
    capacity: epochs one call can run at most.
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
    shares: int = 1
    widths: tuple[int, ...] = ()

    @property
    def members(self) -> int:
        """Places for members; those beyond the population repeat its last member."""
        return self.chunks * self.lanes * self.devices


BY_MEMBER = PartitionSpec("members")
EVERYWHERE = PartitionSpec()


def over_members(
    plan: Plan,
    one: Callable[..., Any],
    recipes: Recipe,
    members: Any,
    shared: tuple[Any, ...],
    where: tuple[Any, ...],
) -> Any:
    """``one(recipe, member, *shared)`` of every member, for the body of a jitted function.

    recipes, members: trees, every leaf with a leading axis of ``plan.members``, as what comes back
    has. shared: what all members read; where: how the devices that share a minibatch share that, a
    PartitionSpec or a tree of them for each.
    """

    def on_device(recipes: Recipe, members: Any, *shared: Any) -> Any:
        def chunk(pair: tuple[Recipe, Any]) -> Any:
            if plan.lanes > 1:
                return jax.vmap(lambda r, m: one(r, m, *shared))(*pair)
            return _add_axis(one(*_drop_axis(pair), *shared))

        # A leading axis of chunks, each of `lanes` members.
        split = jax.tree.map(
            lambda leaf: leaf.reshape(plan.chunks, plan.lanes, *leaf.shape[1:]), (recipes, members)
        )
        if plan.chunks == 1:
            return chunk(_drop_axis(split))
        places = plan.chunks * plan.lanes  # said, because an array without vital signs is empty
        return jax.tree.map(
            lambda leaf: leaf.reshape(places, *leaf.shape[2:]), jax.lax.map(chunk, split)
        )

    if plan.devices * plan.shares == 1:
        return on_device(recipes, members, *shared)
    return jax.shard_map(
        on_device,
        mesh=mesh(plan.devices, plan.shares),
        in_specs=(BY_MEMBER, BY_MEMBER, *where),
        out_specs=BY_MEMBER,
        check_vma=False,
    )(recipes, members, *shared)


@cache
def mesh(devices: int, shares: int) -> Mesh:
    """The devices: a row for each share of the members, in it those that share minibatches."""
    from jaram.training.devices import available

    found = np.array(available()[: devices * shares]).reshape(devices, shares)
    return Mesh(found, ("members", EXAMPLES))


def spread(plan: Plan, tree: Any, where: Any) -> Any:
    """``tree`` on the plan's devices, shared out as ``where`` says: a PartitionSpec, or a tree of
    them whose leaves stand for whole branches."""
    devices = mesh(plan.devices, plan.shares)
    if devices.size == 1:
        return jax.device_put(tree, devices.devices.item())
    places = jax.tree.map(
        partial(NamedSharding, devices), where, is_leaf=lambda one: isinstance(one, PartitionSpec)
    )
    return jax.device_put(tree, places)


_together = threading.Lock()


def together(plan: Plan) -> AbstractContextManager[Any]:
    """To be held while a program of the plan runs.

    Devices that share a minibatch wait for each other in the middle of the program: two such
    programs from two threads, each on some of the devices, would wait for ever.
    """
    return _together if plan.shares > 1 else nullcontext()


def _drop_axis(tree: Any) -> Any:
    return jax.tree.map(lambda leaf: leaf[0], tree)


def _add_axis(tree: Any) -> Any:
    return jax.tree.map(lambda leaf: leaf[None], tree)
