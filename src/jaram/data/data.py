"""Data: examples and their answers, as they came."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jaram.data.intake import Intake
from jaram.data.kinds import Column
from jaram.data.notices import Notice
from jaram.data.table import Source, Table
from jaram.data.targets import TargetCoding, infer_coding, is_missing
from jaram.data.task import Task, TaskKind, task_kind
from jaram.data.text import TextWishes
from jaram.data.tokens import Tokens
from jaram.errors import DataError

Array = NDArray[Any]


@dataclass(frozen=True, init=False)
class Data:
    """Examples and answers before any preparation; nothing here is scaled, encoded or divided.

    Made of arrays::

        Data(x, y, task="multiclass", valid=(xv, yv))

    ``x`` is (n, features), (n, steps, channels) or (n, height, width, channels) of numbers, ``y``
    (n,) or (n, outputs); a NaN in ``y`` means that the answer is missing.
    With ``task="tagging"`` ``y`` is (n, steps) of class numbers, -1 where a step has no answer, and
    ``x`` (n, steps, channels) of numbers or (n, steps) of ids.
    :func:`~jaram.data.load.load` makes it of tables, which are then in ``table`` (and ``x`` is
    None). ``weight``, ``group`` and ``time`` are (n,) arrays or None. ``intake`` tells how the
    files that ``x`` was read from become arrays, and ``row_names`` (n) which file each row was;
    ``text`` which column of ``table`` is learned from as text; ``how`` what was said to ``load``;
    ``memory`` how many bytes prepared examples may take (:meth:`within`), None: what they take.

    Raises DataError if the shapes do not fit together, or if ``y`` cannot be learned from.
    """

    x: Array | None
    y: Array
    task: Task
    coding: TargetCoding
    valid: Data | None
    test: Data | None
    weight: NDArray[np.float32] | None
    group: Array | None
    time: Array | None
    feature_names: tuple[str, ...]
    name: str
    table: Table | None
    columns: tuple[Column, ...]
    source: Source
    notices: tuple[Notice, ...]
    intake: Intake | None
    row_names: tuple[str, ...]
    text: TextWishes | None
    how: Mapping[str, Any]
    memory: int | None

    def __init__(
        self,
        x: Any,
        y: Any,
        task: str | Task | None = None,
        valid: tuple[Any, Any] | Data | None = None,
        test: tuple[Any, Any] | Data | None = None,
        weight: Any = None,
        feature_names: Sequence[str] | None = None,
        class_names: Sequence[str] | None = None,
        name: str | None = None,
        *,
        group: Any = None,
        time: Any = None,
        coding: TargetCoding | None = None,
        target_names: Sequence[str] = (),
        table: Table | None = None,
        columns: tuple[Column, ...] = (),
        source: Source | None = None,
        notices: tuple[Notice, ...] = (),
        intake: Intake | None = None,
        row_names: tuple[str, ...] = (),
        text: TextWishes | None = None,
        how: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        features = None if table is not None else numbers_array(x, "x")
        answers = as_answers(y)
        n = table.rows if table is not None else len(features) if features is not None else 0
        if len(answers) != n:
            raise DataError("data.lengths", what="y", got=len(answers), expected=n)
        if coding is None:
            coding = _coding_of(answers, task, class_names, tuple(target_names))
        if coding.task.has_steps:
            intake = _intake_of_steps(features, answers, intake)
        set_field = object.__setattr__
        set_field(self, "x", features)
        set_field(self, "y", answers)
        set_field(self, "task", coding.task)
        set_field(self, "coding", coding)
        set_field(self, "weight", _weights(weight, n))
        set_field(self, "group", _along(group, n, "group"))
        set_field(self, "time", _along(time, n, "time"))
        set_field(self, "feature_names", _names(feature_names, features))
        set_field(self, "name", name or "")
        set_field(self, "table", table)
        set_field(self, "columns", columns)
        set_field(self, "source", source or Source("arrays"))
        set_field(self, "notices", notices)
        set_field(self, "intake", intake)
        set_field(self, "row_names", row_names)
        set_field(self, "text", text)
        set_field(self, "how", how)
        set_field(self, "memory", None)
        set_field(self, "valid", self._other(valid))
        set_field(self, "test", self._other(test))

    def _other(self, part: tuple[Any, Any] | Data | None) -> Data | None:
        """A part that was given apart, with this data's coding of the answers."""
        if part is None:
            return None
        x, y = (None, part.y) if isinstance(part, Data) and part.table else _pair(part)
        table = part.table if isinstance(part, Data) else None
        weight = part.weight if isinstance(part, Data) else None
        if self.x is not None and x is not None:
            x = numbers_array(x, "x")
            if x.shape[1:] != self.x.shape[1:]:
                raise DataError("data.part_shape", got=x.shape[1:], expected=self.x.shape[1:])
        other = Data(x, y, coding=self.coding, table=table, weight=weight, columns=self.columns)
        self.coding.encode(other.y[~is_missing(other.y)])  # labels that do not exist are told here
        return other

    @property
    def n(self) -> int:
        """The number of rows, those without an answer included."""
        return len(self.y)

    def __len__(self) -> int:
        return self.n

    def take(self, rows: NDArray[np.integer[Any]]) -> Data:
        """The data of some rows (int array) in the order given; parts given apart stay."""
        table = None
        if self.table is not None:
            table = self.table.take(rows)
        return Data(
            None if self.x is None else self.x[rows],
            self.y[rows],
            coding=self.coding,
            valid=self.valid,
            test=self.test,
            weight=None if self.weight is None else self.weight[rows],
            feature_names=self.feature_names or None,
            name=self.name,
            group=None if self.group is None else self.group[rows],
            time=None if self.time is None else self.time[rows],
            table=table,
            columns=self.columns,
            source=self.source,
            notices=self.notices,
            intake=self.intake,
            row_names=tuple(self.row_names[row] for row in rows) if self.row_names else (),
            text=self.text,
            how=self.how,
        ).within(self.memory)

    def remembering(self, how: Mapping[str, Any]) -> Data:
        """The same data, which knows what was said when it was loaded."""
        found = copy.copy(self)
        object.__setattr__(found, "how", how)
        return found

    def within(self, memory: int | None) -> Data:
        """The same data, of which no more than so many bytes are to be in memory at once."""
        found = copy.copy(self)
        object.__setattr__(found, "memory", memory)
        return found

    def __repr__(self) -> str:
        shape = self.x.shape if self.x is not None else (self.n, len(self.columns))
        return f"Data({self.name or self.source.kind}, shape={shape}, task={self.task.kind})"


def _intake_of_steps(x: Array | None, y: Array, intake: Intake | None) -> Intake | None:
    """The intake of arrays with a class for every step; raises DataError unless both have the same
    steps."""
    if x is None:
        return intake
    if y.ndim != 2 or x.shape[1] != y.shape[1]:
        raise DataError("data.steps_differ", x=x.shape, y=y.shape)
    if x.ndim > 3 or (x.ndim == 2 and x.dtype.kind not in "biu"):
        raise DataError("data.steps_of_what", got=f"{x.dtype} {x.shape}")
    return intake or (Tokens(int(x.max()) + 1) if x.ndim == 2 else None)


def _coding_of(
    answers: Array,
    task: str | Task | None,
    class_names: Sequence[str] | None,
    target_names: tuple[str, ...],
) -> TargetCoding:
    missing = is_missing(answers)
    if missing.all():
        raise DataError(
            "data.target_all_missing" if len(answers) else "data.no_rows",
            target=", ".join(target_names) or "y",
        )
    kept = answers[~missing]
    said: TaskKind | None = None
    if isinstance(task, Task):
        said, class_names = task.kind, class_names or task.classes or None
        target_names = target_names or task.target_names
    elif task is not None:
        said = task_kind(task)
        if task.strip().lower() == "classification":
            said = _classes_kind(kept)
    return infer_coding(
        _numbers_if_possible(kept), said=said, class_names=class_names, target_names=target_names
    )


def _classes_kind(kept: Array) -> TaskKind:
    return "binary" if kept.ndim == 1 and len(set(kept.tolist())) == 2 else "multiclass"


def _numbers_if_possible(y: Array) -> Array:
    """Objects that are all numbers or all truth values, as an array of those."""
    if y.dtype.kind != "O":
        return y
    kinds = {type(value) for value in y.reshape(-1)[:1000]}
    if kinds <= {int, float, bool, np.float64, np.int64, np.bool_}:
        try:
            return np.asarray(y.tolist())
        except (ValueError, OverflowError):
            return y
    return y


def _pair(part: Any) -> tuple[Any, Any]:
    if isinstance(part, Data):
        return part.x, part.y
    if isinstance(part, tuple | list) and len(part) == 2:
        return part[0], part[1]
    raise DataError("data.not_a_pair", got=type(part).__name__)


def numbers_array(x: Any, what: str) -> Array:
    """``x`` as an array (n, …) of numbers with at least two axes; raises DataError if it is not."""
    try:
        array = np.asarray(x)
    except (ValueError, TypeError):
        raise DataError("data.not_an_array", what=what, got=type(x).__name__) from None
    if array.dtype.kind == "O":
        try:
            array = array.astype(np.float64)
        except (ValueError, TypeError):
            raise DataError("data.not_an_array", what=what, got=type(x).__name__) from None
    if array.dtype.kind not in "biuf":
        raise DataError("data.not_an_array", what=what, got=str(array.dtype))
    if array.ndim == 0:
        raise DataError("data.no_axes", what=what)
    if array.ndim == 1:
        array = array[:, np.newaxis]
    if not array.size:
        raise DataError("data.no_rows" if not len(array) else "data.no_features")
    return array


def as_answers(y: Any) -> Array:
    """``y`` as an array (n,) or (n, outputs) of numbers, truth values or text objects."""
    if hasattr(y, "to_numpy") and not isinstance(y, np.ndarray):
        y = y.to_numpy()
    try:
        array = np.asarray(y)
    except (ValueError, TypeError):
        raise DataError("data.not_an_array", what="y", got=type(y).__name__) from None
    if array.dtype.kind in "US":
        array = array.astype(str).astype(object)
    if array.dtype.kind not in "biufO":
        raise DataError("data.not_an_array", what="y", got=str(array.dtype))
    if array.ndim == 0:
        raise DataError("data.no_axes", what="y")
    return array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array


def _weights(weight: Any, n: int) -> NDArray[np.float32] | None:
    values = _along(weight, n, "weight")
    if values is None:
        return None
    try:
        numbers = values.astype(np.float32)
    except (ValueError, TypeError):
        raise DataError("data.bad_weight") from None
    if not (np.isfinite(numbers).all() and (numbers >= 0).all() and numbers.any()):
        raise DataError("data.bad_weight")
    return numbers


def _along(values: Any, n: int, what: str) -> Array | None:
    if values is None:
        return None
    array = np.asarray(values)
    if array.shape != (n,):
        raise DataError("data.lengths", what=what, got=len(array) if array.ndim else 0, expected=n)
    return array


def _names(names: Sequence[str] | None, x: Array | None) -> tuple[str, ...]:
    if x is None:
        return tuple(names or ())
    width = x.shape[-1]
    if names is None:
        return tuple(f"x{j + 1}" for j in range(width))
    if len(names) != width:
        raise DataError("data.feature_names", got=len(names), expected=width)
    return tuple(str(name) for name in names)
