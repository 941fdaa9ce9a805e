"""Task → loss → output activation: the table, once.

The losses that suit a task and the activation each pairs with stand with the losses; this module
adds which of them is the default, and writes the table down.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from jaram.messages import Language, text
from jaram.network.dense import Dense
from jaram.objective.losses import (
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    Loss,
    MeanSquaredError,
)
from jaram.spec import name_of, parse, registered

if TYPE_CHECKING:
    from jaram.data.task import Task

DEFAULTS: dict[str, type[Loss]] = {
    "regression": MeanSquaredError,
    "binary": BinaryCrossEntropy,
    "multiclass": CategoricalCrossEntropy,
    "multilabel": BinaryCrossEntropy,
    "tagging": CategoricalCrossEntropy,
    "language": CategoricalCrossEntropy,
}
"""The default loss of each kind of task."""


@dataclass(frozen=True)
class Pairing:
    """One row of the table; losses and activations by their registered names."""

    task: str
    loss: str
    activation: str
    default: bool


def pairings() -> tuple[Pairing, ...]:
    """Every task with every loss made for it, the default first."""
    losses = cast("dict[str, type[Loss]]", registered("loss"))
    rows = [
        Pairing(task, name, loss.pairs_with, loss is default)
        for task, default in DEFAULTS.items()
        for name, loss in losses.items()
        if task in loss.tasks
    ]
    order = list(DEFAULTS)
    return tuple(sorted(rows, key=lambda row: (order.index(row.task), not row.default)))


def table(lang: Language | None = None) -> str:
    """The table as Markdown, one row per pairing, the default of each task in bold."""
    heads = [
        text(f"objective.table_{column}", lang=lang)
        for column in ("task", "loss", "activation", "outputs")
    ]
    lines = [heads, ["---"] * len(heads)]
    for row in pairings():
        loss = f"**`{row.loss}`**" if row.default else f"`{row.loss}`"
        task = text(f"objective.task_{row.task}", lang=lang)
        outputs = text(f"objective.outputs_{row.task}", lang=lang)
        lines.append([task, loss, f"`{row.activation}`", outputs])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def default_loss(kind: str) -> Loss:
    """The loss for a kind of task: ``"regression"``, ``"binary"``, ``"multiclass"``,
    ``"multilabel"``, ``"tagging"`` or ``"language"``.
    """
    return DEFAULTS[kind]()


def default_output(task: Task, loss: Loss | None = None) -> Dense:
    """The output layer for ``task`` with ``loss``, or with the task's default loss."""
    chosen = default_loss(task.kind) if loss is None else loss
    return Dense(task.outputs, parse("activation", chosen.pairs_with))


def is_pair(loss: Loss, activation: object) -> bool:
    """Whether ``loss`` is made for this output activation."""
    return name_of(activation) == loss.pairs_with
