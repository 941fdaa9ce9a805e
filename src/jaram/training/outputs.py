"""What a trained network answers, for any number of examples."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from jaram.data.task import Task
from jaram.network.layer import Context
from jaram.network.network import NetworkParams, NetworkState
from jaram.objective.decisions import decide, probabilities
from jaram.recipe import Recipe
from jaram.training.engine import for_program, knob_arrays
from jaram.training.supervised import forward, per_example_loss

MOST_ROWS = 8192
FEWEST_ROWS = 64


class Answers(NamedTuple):
    """Of each example, NumPy: logits ``(examples, outputs)``; answer, the class number, 0/1 labels
    or scaled target; probability ``(examples, classes)`` or ``(examples, labels)``, empty for a
    regression; loss ``(examples,)``, meaningless where no target was given."""

    logits: Any
    answer: Any
    probability: Any
    loss: Any


@partial(jax.jit, static_argnames=("task",))
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

    Examples are taken in blocks filled up to a power of two, so that few sizes are ever compiled;
    a row's result does not depend on the rows beside it.
    """
    knobs = knob_arrays(for_program(recipe))
    if y is None:
        y = np.zeros(len(x), np.int32)
        if not task.has_classes:
            y = np.zeros((len(x), task.outputs), np.float32)
    parts = []
    for start in range(0, len(x), MOST_ROWS):
        block, target = x[start : start + MOST_ROWS], y[start : start + MOST_ROWS]
        rows = len(block)
        size = max(FEWEST_ROWS, 1 << (rows - 1).bit_length())
        found = _answers(knobs, params, state, _filled(block, size), _filled(target, size), task)
        parts.append(Answers(*(np.asarray(values)[:rows] for values in found)))
    return Answers(*(np.concatenate(values) for values in zip(*parts, strict=True)))


def _filled(block: NDArray[Any], size: int) -> NDArray[Any]:
    if len(block) == size:
        return block
    return np.concatenate([block, np.repeat(block[:1], size - len(block), axis=0)])
