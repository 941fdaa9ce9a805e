"""What a trained network answers, for any number of examples."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from threading import Thread
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from jaram.data.prepare import Part
from jaram.data.streamed import Streamed
from jaram.data.task import Task
from jaram.errors import DataError
from jaram.network.layer import Context
from jaram.network.network import NetworkParams, NetworkState, widest
from jaram.objective.decisions import decide, probabilities
from jaram.recipe import Recipe
from jaram.training.devices import QUICKLY, available
from jaram.training.engine import for_program, knob_arrays
from jaram.training.evaluated import EVALUATED_ROWS, block_rows
from jaram.training.programs import make_room
from jaram.training.supervised import forward, per_example_loss

FEW_ROWS = 64


def _block_rows(recipe: Recipe, x: NDArray[Any] | Streamed) -> int:
    """The size of a block, one of two, because each is compiled: that of an evaluation in
    training, or a small one for a handful of rows."""
    if len(x) <= FEW_ROWS:
        return FEW_ROWS
    return block_rows(widest(recipe.network or (), x.shape[1:]), EVALUATED_ROWS)


class Answers(NamedTuple):
    """Of each example, NumPy: logits ``(examples, outputs)``; answer, the class number, 0/1 labels
    or scaled target; probability ``(examples, classes)`` or ``(examples, labels)``, empty for a
    regression; loss ``(examples,)``, meaningless where no target was given.

    Of a task with steps: answer ``(examples, steps)``; probability ``(examples, steps)``, that of
    the true class alone, and no logits: those of a vocabulary would fill the memory
    (:func:`step_probabilities` gives them where they are wanted).
    """

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
    if task.has_steps:
        shares = probabilities(z, activation, recipe.loss, task)
        return Answers(
            logits=jnp.zeros((len(z), 0)),
            answer=decide(z, activation, recipe.loss, task),
            probability=jnp.take_along_axis(shares, jnp.maximum(y, 0)[..., None], -1)[..., 0],
            loss=per_example_loss(recipe, task, z, activation, y),
        )
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
    x: NDArray[Any] | Streamed,
    task: Task,
    y: NDArray[Any] | None = None,
) -> Answers:
    """The network's answers for prepared inputs ``x``, and their losses against prepared targets
    ``y``.

    Examples are taken in blocks of one size, the last filled up, so that few sizes are ever
    compiled; a row's result does not depend on the rows beside it.
    """
    if not len(x):
        raise DataError("data.no_rows")
    knobs = knob_arrays(for_program(recipe))
    if y is None and task.has_steps:
        y = np.zeros(x.shape[:2], np.int32)
    elif y is None:
        y = np.zeros(len(x), np.int32)
        if not task.has_classes:
            y = np.zeros((len(x), task.outputs), np.float32)
    size = _block_rows(recipe, x)
    make_room(_program())
    parts = []
    for start in range(0, len(x), size):
        rows = slice(start, min(start + size, len(x)))
        block, target = _filled(x[rows], size), _filled(y[rows], size)
        found = _program()(knobs, params, state, block, target, task)
        parts.append(Answers(*(np.asarray(values)[: rows.stop - start] for values in found)))
    return Answers(*(np.concatenate(values) for values in zip(*parts, strict=True)))


@partial(jax.jit, static_argnames=("task",))
def _shares(
    recipe: Recipe, params: NetworkParams, state: NetworkState, x: Array, task: Task
) -> Array:
    assert recipe.loss is not None
    passed = forward(recipe, params, state, x, Context(training=False))
    return probabilities(passed.z, passed.activation, recipe.loss, task)


def step_probabilities(
    recipe: Recipe, params: NetworkParams, state: NetworkState, x: NDArray[Any], task: Task
) -> NDArray[np.float32]:
    """Probabilities ``(examples, steps, classes)`` of a task with steps, for prepared ``x``."""
    if not len(x):
        raise DataError("data.no_rows")
    knobs, size = knob_arrays(for_program(recipe)), _block_rows(recipe, x)
    make_room(_shares)
    parts = [
        np.asarray(_shares(knobs, params, state, _filled(x[start : start + size], size), task))
        for start in range(0, len(x), size)
    ]
    return np.concatenate(parts)[: len(x)]


@partial(jax.jit, static_argnames=("task",))
def _sampled(
    recipe: Recipe, params: NetworkParams, state: NetworkState, x: Array, keys: Array, task: Task
) -> Array:
    assert recipe.loss is not None
    loss = recipe.loss

    def answer(key: Array) -> Array:
        passed = forward(recipe, params, state, x, Context(key=key, drops=True))
        told = decide if task.kind == "regression" else probabilities
        return told(passed.z, passed.activation, loss, task)

    return jnp.mean(jax.lax.map(answer, keys), axis=0)


def sampled_answers(
    recipe: Recipe,
    params: NetworkParams,
    state: NetworkState,
    x: NDArray[Any],
    task: Task,
    samples: int,
) -> NDArray[np.float32]:
    """The mean of ``samples`` answers, each with other units dropped (Monte-Carlo dropout).

    Probabilities ``(examples, classes)`` or ``(examples, labels)``, or scaled targets ``(examples,
    outputs)``; statistics of minibatches stay as they were learned. Which units are dropped follows
    from the recipe's seed and from where in ``x`` a row stands.
    """
    if not len(x):
        raise DataError("data.no_rows")
    knobs = knob_arrays(for_program(recipe))
    size = _block_rows(recipe, x)
    make_room(_sampled)
    parts = []
    for number, start in enumerate(range(0, len(x), size)):
        rows = slice(start, min(start + size, len(x)))
        block_key = jax.random.fold_in(jax.random.key(recipe.seed), number)
        keys = jax.random.split(block_key, samples)
        found = _sampled(knobs, params, state, _filled(x[rows], size), keys, task)
        parts.append(np.asarray(found)[: rows.stop - start])
    return np.concatenate(parts)


def compile_ahead(
    recipe: Recipe,
    params: NetworkParams,
    state: NetworkState,
    part: Part,
    task: Task,
    then: Callable[[], None],
) -> Thread:
    """Compile on another thread what :func:`answers` will want for ``part`` after the training, and
    do there what else can be done before it ends.

    The other core has nothing to do while the training's own program is compiled. Returns the
    thread, which has begun.
    """
    few = slice(0, FEW_ROWS + 1)  # enough to be taken in the same size of block

    def work() -> None:
        answers(recipe, params, state, part.x[few], task, part.y[few])
        then()

    thread = Thread(target=work, daemon=True)
    thread.start()
    return thread


def _filled(block: NDArray[Any], size: int) -> NDArray[Any]:
    if len(block) == size:
        return block
    return np.concatenate([block, np.repeat(block[:1], size - len(block), axis=0)])
