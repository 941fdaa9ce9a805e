"""What a network is measured on after an epoch, in blocks, and how well it does."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.sharding import PartitionSpec as P
from numpy.typing import NDArray

from jaram.data.memory import aligned_empty
from jaram.network.layer import Context
from jaram.network.sharing import EXAMPLES, total
from jaram.objective.monitors import from_sums, monitors, partial_sums
from jaram.objective.steps import side_by_side
from jaram.objective.targets import encode
from jaram.recipe import Recipe
from jaram.training import supervised
from jaram.training.layout import Plan
from jaram.training.state import MemberState
from jaram.training.supervised import Batch


class Blocks(NamedTuple):
    """Examples to evaluate, in equal blocks: x ``(blocks, rows, ...)``, y alike.

    real: ``(blocks, rows)`` float32, 0 for the rows that fill up the last block. weight: of the
    loss.
    """

    x: Array
    y: Array
    weight: Array | None
    real: Array


class Watched(NamedTuple):
    """The examples that a training is watched by, on the device. All members share them.

    center: the target's mean over the training part ``(outputs,)``, 0 for classes; R² sums about
    it.
    """

    evaluated: Blocks
    probe: Batch
    center: Array


WATCHED: Any = Watched._make((P(None, EXAMPLES), P(EXAMPLES), P()))
"""How the devices that share a minibatch share what the training is watched by: by rows."""


def evaluate(
    plan: Plan, recipe: Recipe, params: Any, state: MemberState, watched: Watched
) -> Array:
    """Metrics ``(parts, names)`` of the training sample and of the validation part, in evaluation
    mode.

    One loop over the blocks of both, because compiling two costs twice. Example weights count in
    the loss only. Of blocks that several devices share, ``watched`` holds this device's rows.
    """
    loss, task = recipe.loss, plan.task
    assert loss is not None

    def sums(block: Blocks) -> dict[str, Array]:
        passed = supervised.forward(
            recipe, params, state.network_state, block.x, Context(training=False)
        )
        z, y, real, weight = passed.z, block.y, block.real, block.weight
        if task.has_steps:
            z, y, real, weight = side_by_side(z, y, real, weight)
        return partial_sums(
            task,
            loss,
            z,
            passed.activation,
            encode(y, task, z.shape[-1]),
            real=real,
            weight=weight,
            center=watched.center,
        )

    each = jax.lax.map(sums, watched.evaluated)
    parts = [slice(0, plan.train_blocks), slice(plan.train_blocks, None)][: 1 + plan.has_valid]
    totals = jax.tree.map(lambda a: jnp.stack([a[part].sum(0) for part in parts]), each)
    totals = total(totals, plan.shares)
    metrics = jax.vmap(from_sums)(totals)
    return jnp.stack([metrics[name] for name in monitors(task)], axis=1)


EVALUATED_ROWS = 2048
"""Rows of a block to evaluate: large enough for the matrix products, small enough for the core's
cache."""
EVALUATED_NUMBERS = 2**22
"""Numbers that a block has after any layer, at most: pictures are evaluated in smaller blocks."""


def block_rows(numbers: int, *parts: int, shares: int = 1) -> int:
    """How many rows all blocks have, given the parts' sizes and the numbers that one example has
    where it has the most; a multiple of ``shares``, how many devices share a block."""
    most = min(EVALUATED_ROWS, max(parts), max(64, EVALUATED_NUMBERS // numbers))
    return -(-most // shares) * shares


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
