"""The task: what kind of answer is wanted, and what its parts are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from jaram.errors import DataError
from jaram.messages.nearest import suggestion

TaskKind = Literal["regression", "binary", "multiclass", "multilabel", "tagging", "language"]
TASK_KINDS: tuple[TaskKind, ...] = get_args(TaskKind)


@dataclass(frozen=True)
class Task:
    """What is to be learned.

    ``classes`` are the names of the classes, in the order of their indices (of the labels, for a
    multi-label task; empty for a regression). ``outputs`` is the number of numbers that describe
    an answer: targets of a regression, classes, labels; 1 for two classes. "tagging" wants a class
    for every step of an example, and "language" too: the unit of a text that comes next.
    ``target_names`` are the columns the target came from.
    """

    kind: TaskKind
    classes: tuple[str, ...] = ()
    outputs: int = 1
    target_names: tuple[str, ...] = ()

    @property
    def has_classes(self) -> bool:
        """Whether an example belongs to exactly one class: binary or multi-class."""
        return self.kind in ("binary", "multiclass")

    @property
    def has_steps(self) -> bool:
        """Whether every step of an example belongs to one class: tagging or language."""
        return self.kind in ("tagging", "language")

    def to_json(self) -> dict[str, Any]:
        """The task as plain JSON values."""
        return {
            "kind": self.kind,
            "classes": list(self.classes),
            "outputs": self.outputs,
            "target_names": list(self.target_names),
        }

    @classmethod
    def from_json(cls, table: Mapping[str, Any]) -> Task:
        """The inverse of :meth:`to_json`; raises DataError for an unknown kind."""
        return cls(
            task_kind(table["kind"]),
            tuple(str(name) for name in table["classes"]),
            int(table["outputs"]),
            tuple(str(name) for name in table["target_names"]),
        )


_ALSO_CALLED: dict[str, TaskKind] = {
    "classification": "multiclass",
    "multi-class": "multiclass",
    "multi_class": "multiclass",
    "multi-label": "multilabel",
    "multi_label": "multilabel",
}


def task_kind(word: object) -> TaskKind:
    """The kind of task a person means by ``word``; raises DataError if there is none."""
    key = str(word).strip().lower()
    for kind in TASK_KINDS:
        if key == kind:
            return kind
    if key in _ALSO_CALLED:
        return _ALSO_CALLED[key]
    raise DataError(
        "data.unknown_task",
        task=str(word),
        known=", ".join(TASK_KINDS),
        suggestion=suggestion(key, TASK_KINDS),
    )
