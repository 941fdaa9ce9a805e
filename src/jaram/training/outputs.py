"""What a trained network answers, for any number of examples."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from threading import Thread
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from jaram.data.prepare import Part
from jaram.data.task import Task
from jaram.errors import DataError
from jaram.network.layer import Context
from jaram.network.network import NetworkParams, NetworkState
from jaram.objective.decisions import decide, probabilities
from jaram.recipe import Recipe
from jaram.training.devices import QUICKLY, available
from jaram.training.engine import for_program, knob_arrays
from jaram.training.programs import make_room
from jaram.training.supervised import forward, per_example_loss

BLOCK_ROWS = (64, 2048)
"""The sizes of a block: few, because each is compiled; the large one for all but a handful of
rows."""


class Answers(NamedTuple):
    """Of each example, NumPy: logits ``(examples, outputs)``; answer, the class number, 0/1 labels
    or scaled target; probability ``(examples, classes)`` or ``(examples, labels)``, empty for a
    regression; loss ``(examples,)``, meaningless where no target was given."""

    logits: Any
    answer: Any
    probability: Any
    loss: Any


@cache
def _program() -> Any:
    """:func:`_answers`, compiled quickly on a CPU: it is mostly matrix products."""
    on_cpu = available()[0].platform == "cpu"
    options = QUICKLY if on_cpu else None
    return jax.jit(_answers, static_argnames=("task",), compiler_options=options)


def _answers(
    recipe: Recipe, params: NetworkParams, state: NetworkState, x: Array, y: Array, task: Task
) -> Answers:
    assert recipe.loss is not None
    passed = forward(recipe, params, state, x, Context(training=False))
    z, activation = passed.z, passed.activation
    is_regression = task.kind == "regression"
    return Answers(
        logits=z,
        answer=decide(z, activation, recipe.loss, task),
        probability=jnp.zeros((len(z), 0))
        if is_regression
        else probabilities(z, activation, recipe.loss, task),
        loss=per_example_loss(recipe, task, z, activation, y),
    )


def answers(
    recipe: Recipe,
    params: NetworkParams,
    state: NetworkState,
    x: NDArray[Any],
    task: Task,
    y: NDArray[Any] | None = None,
) -> Answers:
    """The network's answers for prepared inputs ``x``, and their losses against prepared targets
    ``y``.

    Examples are taken in blocks of ``BLOCK_ROWS``, the last filled up, so that few sizes are ever
    compiled; a row's result does not depend on the rows beside it.
    """
    if not len(x):
        raise DataError("data.no_rows")
    knobs = knob_arrays(for_program(recipe))
    if y is None:
        y = np.zeros(len(x), np.int32)
        if not task.has_classes:
            y = np.zeros((len(x), task.outputs), np.float32)
    size = BLOCK_ROWS[len(x) > BLOCK_ROWS[0]]
    make_room(_program())
    parts = []
    for start in range(0, len(x), size):
        rows = slice(start, min(start + size, len(x)))
        block, target = _filled(x[rows], size), _filled(y[rows], size)
        found = _program()(knobs, params, state, block, target, task)
        parts.append(Answers(*(np.asarray(values)[: rows.stop - start] for values in found)))
    return Answers(*(np.concatenate(values) for values in zip(*parts, strict=True)))


def compile_ahead(
    recipe: Recipe,
    params: NetworkParams,
    state: NetworkState,
    part: Part,
    task: Task,
    then: Callable[[], None],
) -> None:
    """Compile on another thread what :func:`answers` will want for ``part`` after the training, and
    do there what else can be done before it ends.

    The other core has nothing to do while the training's own program is compiled.
    """
    few = slice(0, BLOCK_ROWS[0] + 1)  # enough to be taken in the same size of block

    def work() -> None:
        answers(recipe, params, state, part.x[few], task, part.y[few])
        then()

    Thread(target=work, daemon=True).start()


def _filled(block: NDArray[Any], size: int) -> NDArray[Any]:
    if len(block) == size:
        return block
    return np.concatenate([block, np.repeat(block[:1], size - len(block), axis=0)])
