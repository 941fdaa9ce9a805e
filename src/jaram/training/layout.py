"""How the members of a population are laid out on the devices there are.

A program is written for *one* member. Here it is ``vmap``ped over members in lanes, lanes follow
one another in chunks, and devices share the members.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cache
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from jaram.data.task import Task
from jaram.recipe import Recipe


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


def over_members(
    plan: Plan, one: Callable[..., Any], recipes: Recipe, members: Any, shared: tuple[Any, ...]
) -> Any:
    """``one(recipe, member, *shared)`` of every member, for the body of a jitted function.

    recipes, members: trees, every leaf with a leading axis of ``plan.members``, as what comes back
    has. shared: what all members read.
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

    if plan.devices == 1:
        return on_device(recipes, members, *shared)
    by_member = PartitionSpec("members")
    everywhere = PartitionSpec()
    return jax.shard_map(
        on_device,
        mesh=mesh(plan.devices),
        in_specs=(by_member, by_member, *(everywhere for _ in shared)),
        out_specs=by_member,
        check_vma=False,
    )(recipes, members, *shared)


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
