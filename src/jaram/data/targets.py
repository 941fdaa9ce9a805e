"""The target: which task it makes, and its coding as numbers.

A task is inferred from one target column by these rules, in order:

- two different values: *binary*, if they are text, truth values or whole numbers;
- text and truth values: *multiclass* (refused if there are more than 20 levels and more than one
  for two rows: that is free text or an identifier);
- whole numbers: *multiclass* if there are at most 20 different ones, at least five rows for each
  (or two, if they are 0…k−1), and they fill at least half of their range (or are at most five);
  else *regression*;
- other numbers: *regression*.

Several target columns are *multilabel* if they hold only 0 and 1 (or truth values), else
*regression*.

*tagging*, a class for every step, is never inferred but said; its answers are class numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from jaram.data.notices import listed, shown
from jaram.data.scaling import fit_scaling
from jaram.data.splits import numbered
from jaram.data.task import Task, TaskKind
from jaram.errors import DataError

LabelType = Literal["text", "integer", "number", "boolean"]
MOST_CLASSES = 20
Answers = NDArray[np.int32] | NDArray[np.float32]


@dataclass(frozen=True)
class TargetCoding:
    """How answers become numbers and back.

    For classes ``labels`` are their values as they came (text, int, float or bool), in the order of
    the indices; empty for a task with steps, whose answers are class numbers as they come. For a
    regression a coded answer is ``(y − center) / scale``, both (outputs,).
    """

    task: Task
    labels: tuple[Any, ...] = ()
    center: tuple[float, ...] = ()
    scale: tuple[float, ...] = ()

    def encode(self, y: NDArray[Any]) -> Answers:
        """``y`` coded: int32 (n,) of class indices, or float32 (n, outputs); -1 or NaN if missing.

        For a task with steps int32 (n, steps), -1 where a step has no answer. Raises DataError for
        a label that is not one of the classes.
        """
        if self.task.has_steps:
            return _step_classes(y, len(self.task.classes))
        if self.task.has_classes:
            return _class_indices(y, self.labels, self.task.target_names)
        values = y.reshape(len(y), -1).astype(np.float64)
        if values.shape[1] != self.task.outputs:
            raise DataError("data.target_width", got=values.shape[1], expected=self.task.outputs)
        if self.task.kind == "regression" and self.center:
            values = (values - np.asarray(self.center)) / np.asarray(self.scale)
        with np.errstate(over="ignore"):  # beyond float32: infinite, and the training diverges
            return values.astype(np.float32)

    def decode(self, scaled: NDArray[Any]) -> NDArray[Any]:
        """Numbers back in the target's own unit, or class indices as labels."""
        if self.task.has_steps:
            return np.asarray(scaled)
        if self.task.has_classes:
            return self.labels_array()[np.asarray(scaled).astype(np.int64)]
        values = np.asarray(scaled, np.float64)
        if self.task.kind == "regression" and self.center:
            values = values * np.asarray(self.scale) + np.asarray(self.center)
        return values

    def labels_array(self) -> NDArray[Any]:
        """The labels as an array of their own type."""
        return np.asarray(self.labels)

    def fitted(self, y: NDArray[Any]) -> TargetCoding:
        """This coding, with the ``center`` and ``scale`` that standardise ``y`` (n, outputs)."""
        center, scale, _ = fit_scaling(y, "standard")
        return replace(self, center=tuple(center.tolist()), scale=tuple(scale.tolist()))

    def scaled_by(self, center: float, scale: float) -> TargetCoding:
        """This coding, with the same ``center`` and ``scale`` for every output."""
        outputs = self.task.outputs
        return replace(self, center=(center,) * outputs, scale=(scale,) * outputs)

    def to_json(self) -> dict[str, Any]:
        """The coding as plain JSON values."""
        return {
            "task": self.task.to_json(),
            "labels": list(self.labels),
            "center": list(self.center),
            "scale": list(self.scale),
        }

    @classmethod
    def from_json(cls, table: Mapping[str, Any]) -> TargetCoding:
        """The inverse of :meth:`to_json`."""
        return cls(
            Task.from_json(table["task"]),
            tuple(table["labels"]),
            tuple(float(value) for value in table["center"]),
            tuple(float(value) for value in table["scale"]),
        )


def is_missing(y: NDArray[Any]) -> NDArray[np.bool_]:
    """Which rows of a target (n,) or (n, outputs) lack an answer: NaN or None anywhere."""
    flat = y.reshape(len(y), -1)
    if flat.dtype.kind == "f":
        found_nan: NDArray[np.bool_] = np.isnan(flat).any(axis=1)
        return found_nan
    if flat.dtype.kind == "O":
        found = [any(_is_none(value) for value in row) for row in flat]
        return np.asarray(found, np.bool_).reshape(len(y))
    return np.zeros(len(y), np.bool_)


def _is_none(value: object) -> bool:
    return value is None or (isinstance(value, float) and value != value)


def infer_coding(
    y: NDArray[Any],
    *,
    said: TaskKind | None = None,
    class_names: Sequence[str] | None = None,
    target_names: tuple[str, ...] = (),
) -> TargetCoding:
    """The task of a target without missing rows, and the coding of its labels.

    ``y`` is (n,) or (n, outputs) of text, truth values or numbers. Raises DataError if it cannot be
    learned from: one value only, free text, infinite numbers, or not what was ``said``.
    """
    target = ", ".join(target_names) or "y"
    if said in ("tagging", "language"):
        return TargetCoding(_step_task(y, said, class_names, target_names))
    if y.ndim > 2:
        raise DataError("data.target_axes", axes=y.ndim)
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    _check_finite(y, target)
    values = _distinct(y) if y.ndim == 1 else []
    kind = said or _infer_kind(y, values, target)
    names = target_names or (
        ("y",) if y.ndim == 1 else tuple(f"y{j + 1}" for j in range(y.shape[1]))
    )
    if kind in ("regression", "multilabel"):
        return TargetCoding(_number_task(y, kind, names, target, class_names))
    if y.ndim == 2:
        return _one_hot_coding(y, kind, names, target, class_names)
    labels = _labels(values, class_names, target)
    if len(labels) < 2:
        raise DataError("data.one_class", target=target, value=shown(labels[0] if labels else ""))
    if kind == "binary" and len(labels) > 2:
        raise DataError(
            "data.not_two_classes", target=target, count=len(labels), names=listed(labels)
        )
    # Two classes that were called "multiclass" stay two classes: one output says it all.
    kind = "binary" if len(labels) == 2 and said != "multiclass" else kind
    classes = tuple(class_names) if class_names else tuple(label_name(label) for label in labels)
    outputs = 1 if kind == "binary" else len(labels)
    return TargetCoding(Task(kind, classes, outputs, names), tuple(labels))


def _check_finite(y: NDArray[Any], target: str) -> None:
    if y.dtype.kind == "f":
        bad = np.flatnonzero(~np.isfinite(y.reshape(len(y), -1)).all(axis=1))
        if bad.size:
            raise DataError("data.target_infinite", target=target, row=int(bad[0]) + 1)


def _infer_kind(y: NDArray[Any], values: list[Any], target: str) -> TaskKind:
    if y.ndim == 2:
        return "multilabel" if y.dtype.kind != "O" and np.isin(y, (0, 1)).all() else "regression"
    n, levels = len(y), len(values)
    if y.dtype.kind in "OUSb":
        if levels > MOST_CLASSES and levels > n / 2:
            raise DataError("data.target_is_text", target=target, levels=levels, rows=n)
        return "binary" if levels <= 2 else "multiclass"
    whole = y.dtype.kind in "iu" or bool((y % 1 == 0).all())
    if not whole:
        if levels == 1:
            raise DataError("data.one_class", target=target, value=values[0])
        return "regression"
    if levels <= 2:
        return "binary"
    counted = [float(value) for value in values] == list(range(levels))
    enough = n >= (2 if counted else 5) * levels
    dense = levels <= 5 or levels >= (float(values[-1]) - float(values[0]) + 1) / 2
    return "multiclass" if levels <= MOST_CLASSES and enough and dense else "regression"


def _number_task(
    y: NDArray[Any],
    kind: TaskKind,
    names: tuple[str, ...],
    target: str,
    class_names: Sequence[str] | None,
) -> Task:
    if y.dtype.kind in "OUS":
        raise DataError("data.target_not_numbers", target=target, value=shown(y.reshape(-1)[0]))
    outputs = 1 if y.ndim == 1 else y.shape[1]
    if kind == "regression":
        if y.size and (y.reshape(len(y), -1) == y.reshape(len(y), -1)[0]).all():
            raise DataError("data.one_class", target=target, value=shown(y.reshape(-1)[0]))
        return Task(kind, (), outputs, names)
    if not np.isin(y, (0, 1)).all():
        wrong = y[~np.isin(y, (0, 1))].reshape(-1)[0]
        raise DataError("data.labels_not_01", target=target, value=shown(wrong))
    return Task(kind, tuple(class_names) if class_names else names, outputs, names)


def _step_task(
    y: NDArray[Any], kind: TaskKind, class_names: Sequence[str] | None, names: tuple[str, ...]
) -> Task:
    """The task of class numbers (n, steps), as many classes as are named or come."""
    count = len(class_names) if class_names else max(0, int(_step_classes(y, None).max()) + 1)
    if count < 2:
        raise DataError("data.one_class", target=", ".join(names) or "y", value=0)
    _step_classes(y, count)
    classes = tuple(class_names) if class_names else tuple(str(number) for number in range(count))
    return Task(kind, classes, count, names or ("y",))


def _step_classes(y: NDArray[Any], count: int | None) -> NDArray[np.int32]:
    """Class numbers (n, steps), -1 where a step has no answer; DataError for anything else."""
    if y.ndim != 2 or y.dtype.kind not in "iu":
        raise DataError("data.step_classes", got=f"{y.dtype} {y.shape}")
    low, high = int(y.min(initial=0)), int(y.max(initial=0))
    if low < -1 or (count is not None and high >= count):
        wrong = low if low < -1 else high
        last = "…" if count is None else count - 1
        raise DataError("data.unknown_step_class", value=wrong, last=last)
    return np.asarray(y, np.int32)


def _one_hot_coding(
    y: NDArray[Any],
    kind: TaskKind,
    names: tuple[str, ...],
    target: str,
    class_names: Sequence[str] | None,
) -> TargetCoding:
    """Classes given as one-hot rows (n, classes): the labels are the column numbers."""
    if y.dtype.kind == "O" or not (np.isin(y, (0, 1)).all() and (y.sum(axis=1) == 1).all()):
        raise DataError("data.not_one_hot", target=target)
    count = y.shape[1]
    classes = tuple(class_names) if class_names else names
    outputs = 1 if kind == "binary" and count == 2 else count
    return TargetCoding(Task(kind, classes, outputs, names), tuple(range(count)))


def _distinct(y: NDArray[Any]) -> list[Any]:
    """The different values of ``y`` (n,), sorted, as Python values; numbers among text by size."""
    if y.dtype.kind == "O":
        found = set(y.tolist())
        try:
            return sorted(found)
        except TypeError:
            return sorted(found, key=str)
    return list(numbered(y)[0].tolist())


def _labels(values: list[Any], class_names: Sequence[str] | None, target: str) -> list[Any]:
    """The labels of the classes; with ``class_names`` of whole numbers 0…k−1 all of them count."""
    if class_names is None:
        return values
    whole = all(not isinstance(value, str) and float(value).is_integer() for value in values)
    if whole and all(0 <= value < len(class_names) for value in values):
        return list(range(len(class_names)))
    if len(class_names) != len(values):
        raise DataError("data.class_names", target=target, got=len(class_names), found=len(values))
    return values


def label_name(label: object) -> str:
    """A label as text: ``1.0`` is "1"."""
    if isinstance(label, float) and label.is_integer():
        return str(int(label))
    return str(label)


def _class_indices(
    y: NDArray[Any], labels: tuple[Any, ...], names: tuple[str, ...]
) -> NDArray[np.int32]:
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim == 2:
        return np.asarray(y.argmax(axis=1), np.int32)
    missing = is_missing(y)
    index = {label: position for position, label in enumerate(labels)}
    index |= {label_name(label): position for position, label in enumerate(labels)}
    values, inverse = numbered(y[~missing]) if y.dtype.kind != "O" else _object_codes(y[~missing])
    codes = np.empty(len(values), np.int32)
    for position, value in enumerate(values.tolist()):
        found = index.get(value, index.get(label_name(value)))
        if found is None:
            raise DataError(
                "data.unknown_class",
                target=", ".join(names),
                value=shown(value),
                known=listed(label_name(label) for label in labels),
            )
        codes[position] = found
    coded = np.full(len(y), -1, np.int32)
    coded[~missing] = codes[inverse]
    return coded


def _object_codes(y: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    seen: dict[Any, int] = {}
    inverse = np.asarray([seen.setdefault(value, len(seen)) for value in y.tolist()], np.int64)
    values = np.empty(len(seen), object)
    values[:] = list(seen)
    return values, inverse
