"""Remedies of the last layer and the loss, which are one choice: together they give a likelihood.

Each of the two holds one side fixed where that can be right, and always returns a proper pair.
"""

from __future__ import annotations

import dataclasses

from jaram.data.prepare import Prepared
from jaram.data.task import Task
from jaram.doctor.remedies.registry import Doses, remedy
from jaram.doctor.remedies.surgery import (
    ARRANGING,
    NOISES,
    Piece,
    Pieces,
    activation_of,
    changed,
    divided,
    has_weights,
    inside,
    is_bent,
    pieces,
    rebuilt,
    width,
)
from jaram.network.activation import Activation
from jaram.network.activations import ActivationFunction, Identity
from jaram.network.dense import Dense
from jaram.network.network import shapes
from jaram.network.shape import Flatten
from jaram.objective.losses import CategoricalCrossEntropy, Loss
from jaram.objective.table import default_loss
from jaram.recipe import Recipe
from jaram.spec import name_of, parse, words

_OF_ANSWERS = frozenset({"identity", "sigmoid", "softmax", "step"})
"""Functions that an output layer ends in; another one is a hidden layer's."""


@remedy("correct_loss")
def correct_loss(recipe: Recipe, prepared: Prepared) -> Doses:
    """The loss of the task for the outputs that there are, and the activation that it pairs
    with."""
    task, outputs = prepared.task, _outputs(recipe, prepared)
    loss = recipe.loss
    if loss is None or (suits(loss, task, outputs) and loss.pairs_with == _ends_in(recipe)):
        return
    right = _loss_for(task, outputs)
    if name_of(right) == name_of(loss):  # it is the output that does not fit
        right = loss
    units = outputs if _can_hold(task, outputs) else task.outputs
    if (to := answering(recipe, prepared, pair_of(right), units)) is not None:
        yield words(right), dataclasses.replace(to, loss=right)


@remedy("correct_output")
def correct_output(recipe: Recipe, prepared: Prepared) -> Doses:
    """One output for each number or class, with the activation that pairs with the loss; with the
    task's own loss where the present one is not made for it."""
    task, outputs = prepared.task, _outputs(recipe, prepared)
    loss = recipe.loss
    if loss is None:
        return
    units = outputs if name_of(loss) == "categorical_cross_entropy" and outputs == 2 else None
    if suits(loss, task, outputs):
        right = loss
    else:
        right, units = _loss_for(task, outputs), outputs
    if units is None or not _can_hold(task, units):
        units = task.outputs
        right = right if suits(right, task, units) else default_loss(task.kind)
    if (to := answering(recipe, prepared, pair_of(right), units)) is not None:
        dose = words(Dense(units, pair_of(right)))
        yield dose, to if right == loss else dataclasses.replace(to, loss=right)


def suits(loss: Loss, task: Task, outputs: int) -> bool:
    """Whether a loss is made for the task; two outputs make a pair of classes of a binary one."""
    if name_of(loss) == "categorical_cross_entropy":
        return outputs > 1 and task.has_classes
    return task.kind in loss.tasks


def _loss_for(task: Task, outputs: int) -> Loss:
    if task.kind == "binary" and outputs == 2:
        return CategoricalCrossEntropy()
    return default_loss(task.kind)


def _can_hold(task: Task, outputs: int) -> bool:
    """Whether so many outputs are right for the task."""
    return outputs == task.outputs or (task.kind == "binary" and outputs == 2)


def pair_of(loss: Loss) -> ActivationFunction:
    function: ActivationFunction = parse("activation", loss.pairs_with)
    return function


def _outputs(recipe: Recipe, prepared: Prepared) -> int:
    return int(shapes(recipe.network or (), prepared.input_shape)[-1][-1])


def _ends_in(recipe: Recipe) -> str:
    """Name of the last function that the outputs go through."""
    _, head = divided(pieces(recipe))
    bent = [activation_of(piece.layer) for piece in head if is_bent(piece.layer)]
    return name_of(bent[-1]) if bent else "identity"


# --- the last layer -----------------------------------------------------------------------------


def answering(
    recipe: Recipe, prepared: Prepared, function: ActivationFunction, units: int
) -> Recipe | None:
    """The recipe with an output layer of so many units with ``function``, and nothing behind it
    but what rearranges."""
    hidden, head = divided(pieces(recipe))
    whole = (*_undoubled(hidden, units), *_head(hidden, head, prepared, function, units))
    return rebuilt(recipe, whole, prepared, keeps_outputs=False)


def _head(
    hidden: Pieces, head: Pieces, prepared: Prepared, function: ActivationFunction, units: int
) -> Pieces:
    if not head:
        return (Piece(Dense(units, function)),)
    first, *others = head
    arranging = tuple(piece for piece in others if name_of(piece.layer) in ARRANGING)
    last = first.layer
    is_dense = isinstance(last, Dense)
    if isinstance(last, Dense) and not _is_hidden(last, units):
        return (
            first._replace(layer=changed(last, units=units, activation=function)),
            *arranging,
        )
    before = tuple(piece.layer for piece in (*hidden, *head))
    after = shapes(before, prepared.input_shape)[-1]
    if is_dense or after != (units,):
        flat = (first._replace(layer=Flatten()),) if len(after) > 1 else ()
        return (*head, *flat, first._replace(layer=Dense(units, function)))
    # A maxout or a layer made of layers answers already: only the function behind it changes.
    straight = first
    if activation_of(last) is not None:
        straight = first._replace(layer=changed(last, activation=Identity()))
    bending = first._replace(layer=Activation(function))
    ends = () if isinstance(function, Identity) else (bending,)
    return (straight, *arranging, *ends)


def _is_hidden(last: Dense, units: int) -> bool:
    """Whether the last layer is a hidden one, after which the output layer was forgotten."""
    return last.units > units and name_of(last.activation) not in _OF_ANSWERS


def _undoubled(hidden: Pieces, units: int) -> Pieces:
    """Without a layer of softmax on as many units as the answer has: that is an output layer
    too."""
    for place in range(len(hidden) - 1, -1, -1):
        layer = hidden[place].layer
        if name_of(layer) in NOISES:
            continue
        function = activation_of(layer)
        is_answer = function is not None and name_of(function) == "softmax"
        if is_answer and (not has_weights(layer) or (width(layer) == units and not inside(layer))):
            return (*hidden[:place], *hidden[place + 1 :])
        return hidden
    return hidden
