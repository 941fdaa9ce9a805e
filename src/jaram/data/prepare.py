"""From data to training: split, fit on the training part, apply to all parts.

Example::

    prepared = prepare(data, PrepareOptions(scale="standard", validation=0.2))
    prepared.train.x  # (n, *prepared.input_shape) float32
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jaram.data.data import Data
from jaram.data.encoding import Category, NumberSource, sources_of
from jaram.data.fit import fit_array, fit_table, large_table, of_tokens
from jaram.data.intake import Intake
from jaram.data.kinds import Column
from jaram.data.language import baselines, fitted
from jaram.data.notices import Notice, listed
from jaram.data.options import ClassWeight, PrepareOptions
from jaram.data.origin import Origin, carried, fitted_to
from jaram.data.preparation import Inputs, Preparation
from jaram.data.scaling import fit_scaling
from jaram.data.splits import Rows, Split, arrangement
from jaram.data.splitting import split_rows
from jaram.data.streamed import Streamed, taken
from jaram.data.streaming import applied, check_fits, fit_streamed, must_stream, streamed
from jaram.data.summary import summarize
from jaram.data.table import Table
from jaram.data.targets import Answers, TargetCoding, is_missing, label_name
from jaram.data.task import Task
from jaram.data.text import TextColumn, TextWishes, facts_of
from jaram.data.tokens import Tokens
from jaram.data.windows import Forecast
from jaram.errors import DataError


@dataclass(frozen=True)
class Part:
    """Examples ready for the network.

    ``x`` (n, *input_shape) float32, int32 for text, or still to be read; ``y`` int32 (n,) of
    class indices, (n, steps) for a class at every step (-1: none), or float32 (n, outputs);
    ``weight`` float32 (n,) or None; ``rows`` int64 (n,), their row numbers in the data, from 0;
    ``is_cut`` bool (n,): which texts lost what goes beyond their length, None for what is no text.
    """

    x: Inputs | Streamed
    y: Answers
    weight: NDArray[np.float32] | None
    rows: Rows
    is_cut: NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.x)

    def take(self, rows: slice | NDArray[np.integer[Any]]) -> Part:
        """Some of the examples, in that order; streamed ones are still to be read."""
        weight = None if self.weight is None else self.weight[rows]
        is_cut = None if self.is_cut is None else self.is_cut[rows]
        return Part(taken(self.x, rows), self.y[rows], weight, self.rows[rows], is_cut)


@dataclass(frozen=True)
class Prepared:
    """Data ready for training, the fitted preparation, and a summary of it all for a report.

    ``row_names`` tells the file (or the series) that each row of the data came from, by a part's
    ``rows``; () for tables and arrays. ``memory``: None if the parts are in memory; else the bytes
    that may be used to train on parts which are streamed. ``origin``: whose preparation was taken,
    if none was fitted.
    """

    train: Part
    valid: Part | None
    test: Part | None
    task: Task
    preparation: Preparation
    input_shape: tuple[int, ...]
    feature_names: tuple[str, ...]
    columns: tuple[Column, ...]
    summary: dict[str, Any]
    notices: tuple[Notice, ...] = ()
    row_names: tuple[str, ...] = ()
    memory: int | None = None
    origin: Origin | None = None


def prepare(
    data: Data,
    options: PrepareOptions | None = None,
    *,
    rows: tuple[Rows, Rows] | None = None,
) -> Prepared:
    """Divide ``data``, fit scaling and encoding on its training part, and apply them to all parts.

    ``rows`` gives the training and validation rows instead of a draw, as :func:`kfold` does. Rows
    without an answer are left out and counted. The parts are views of one array; data that was read
    from a large file hands its memory over, and reads the file again if it is prepared again.
    Where ``data.memory`` is said and the parts would not fit, they are streamed.

    Raises DataError if nothing is left to train on or no column can be used, and for data that
    does not fit into its memory and can't be streamed.
    """
    options = options or PrepareOptions()
    if options.origin is not None:
        data = fitted_to(options.origin, data)
    answered = np.flatnonzero(~is_missing(data.y))
    if rows is not None:
        split = _given_split(rows, answered, data.n)
    else:
        split = split_rows(data, answered, options)
    if split.train.size < 1 or answered.size < 2:
        raise DataError("data.too_few_rows", rows=int(answered.size))
    if _is_text(data.intake):
        data = fitted(data, split.train)
    order = arrangement((split.train, split.valid, split.test), data.n)
    order = order[: split.train.size + split.valid.size + split.test.size]
    coding = _fitted_coding(data, split.train, options)
    summary, described = summarize(data, split, answered.size, options)
    is_streamed = must_stream(data, order.size)
    x: Inputs | Streamed
    if options.origin is not None:
        preparation = carried(options.origin, data, coding)
        x, notices = applied(data, order, preparation, is_streamed)
    elif is_streamed:
        x, preparation, notices = fit_streamed(data, split.train, order, options.scale, coding)
    else:
        x, preparation, notices = _fit(data, split, order, coding, options)
    parts = _parts(data, split, order, x, preparation, options)
    train = parts[0]
    assert train is not None
    valid, more = _apart(data.valid, preparation, parts[1], is_streamed)
    test, still_more = _apart(data.test, preparation, parts[2], is_streamed)
    every = (*data.notices, *described, *notices, *more, *still_more)
    if is_streamed:
        every = (*every, Notice("data.streamed", {"memory": data.memory}))
    sizes = {"train": len(train), "valid": len(valid or ()), "test": len(test or ())}
    summary["parts"] = {name: size for name, size in sizes.items() if size}
    summary["features"] = list(preparation.feature_names)
    summary["input_shape"] = list(preparation.input_shape)
    summary["kind"] = preparation.kind
    check_fits(data, *(part.x for part in (train, valid, test) if part is not None))
    if is_streamed:
        summary["memory"] = data.memory
    if data.intake is not None:
        summary["intake"] = data.intake.to_json()
    if preparation.text is not None:
        summary["text"] = preparation.text.facts(np.asarray(train.x, np.int32))
    tokens = preparation.tokens
    if tokens is not None and tokens.vocabulary is not None:
        summary["text"] = facts_of(tokens.vocabulary, np.asarray(train.x, np.int32))
        every = (*every, *_counted(train, {"valid": valid, "test": test}, tokens, summary))
    if isinstance(data.intake, Forecast):
        every = (*every, *_baselines(data, data.intake, {"valid": valid, "test": test}, summary))
    if preparation.kind != "table":
        summary["how"] = dict(data.how)
    summary["notices"] = [notice.to_json() for notice in every]
    return Prepared(
        train,
        valid,
        test,
        coding.task,
        preparation,
        preparation.input_shape,
        preparation.feature_names,
        data.columns,
        summary,
        every,
        data.row_names,
        data.memory if is_streamed else None,
        options.origin,
    )


def _baselines(
    data: Data, intake: Forecast, parts: dict[str, Part | None], summary: dict[str, Any]
) -> tuple[Notice, ...]:
    """The errors of forecasts that need no learning, into the summary and as notices."""
    assert data.x is not None
    notices = []
    summary["baselines"] = {}
    for name, part in parts.items():
        if part is None or (data.valid if name == "valid" else data.test) is not None:
            continue
        found = intake.baselines(data.x[part.rows], data.y[part.rows])
        summary["baselines"][name] = found
        for which, errors in found.items():
            told: dict[str, Any] = {"part": name, "season": intake.season}
            told |= {error: float(f"{value:.4g}") for error, value in errors.items()}
            notices.append(Notice(f"data.baseline_{which}", told))
    return tuple(notices)


def _is_text(intake: Intake | None) -> bool:
    """Whether ids are those of a text's units."""
    return isinstance(intake, Tokens) and intake.vocabulary is not None


def _counted(
    train: Part, parts: dict[str, Part | None], tokens: Tokens, summary: dict[str, Any]
) -> tuple[Notice, ...]:
    """What counts of units need without any learning, into the summary and as notices."""
    notices = []
    summary["baselines"] = {}
    for name, part in parts.items():
        if part is None:
            continue
        summary["baselines"][name] = baselines(train, part, tokens.size - 1)
        for which, bits in summary["baselines"][name].items():
            told = {"part": name, "bits": round(bits, 3), "perplexity": float(f"{2**bits:.4g}")}
            notices.append(Notice(f"data.baseline_{which}", told))
    return tuple(notices)


def _given_split(rows: tuple[Rows, Rows], answered: Rows, n: int) -> Split:
    has_answer = np.zeros(n, np.bool_)
    has_answer[answered] = True
    train, valid = (np.unique(np.asarray(part, np.int64)) for part in rows)
    if np.intersect1d(train, valid).size:
        raise DataError("data.rows_overlap")
    for part in (train, valid):
        if part.size and not 0 <= part[0] <= part[-1] < n:
            raise DataError("data.row_out_of_range", row=int(part[-1]), rows=n)
    return Split(train[has_answer[train]], valid[has_answer[valid]], np.zeros(0, np.int64))


def _fitted_coding(data: Data, train: Rows, options: PrepareOptions) -> TargetCoding:
    """The coding of the answers; targets of a regression are standardised unless that is off.

    A forecast's are scaled as the channel of the windows that they continue, so that a network can
    add to a value that it saw.
    """
    if options.origin is not None and options.keeps_answers:
        known = options.origin.preparation.coding
        if known.task.kind != data.task.kind and not (
            known.task.has_classes and data.task.has_classes
        ):
            raise DataError("data.origin_answers", got=data.task.kind, expected=known.task.kind)
        return known
    if data.task.kind != "regression" or options.scale_target is False:
        return data.coding
    if isinstance(data.intake, Forecast):
        assert data.x is not None
        place = data.intake.channels.index(data.intake.target)
        if options.origin is not None:
            return data.coding.scaled_by(*options.origin.scaling_of(place))
        center, scale, _ = fit_scaling(data.x[..., place : place + 1], options.scale, train)
        return data.coding.scaled_by(center.item(), scale.item())
    plain = data.y[train].reshape(train.size, -1).astype(np.float64)
    return data.coding.fitted(plain)


def _fit(
    data: Data, split: Split, order: Rows, coding: TargetCoding, options: PrepareOptions
) -> tuple[Inputs, Preparation, tuple[Notice, ...]]:
    """The inputs in the order of ``order``, and the preparation that made them."""
    if data.table is None:
        assert data.x is not None
        if isinstance(data.intake, Tokens):
            preparation = of_tokens(data.x.shape[1:], coding, data.intake)
        else:
            preparation = fit_array(
                data.x, data.feature_names, split.train, options.scale, coding, data.intake
            )
        x, notices = preparation.apply(data.x, order)
        return x, preparation, notices
    table = data.table
    if data.text is not None and data.text.column is not None:
        return _fit_text(data.text.column, table, data.text, split.train, order, coding)
    features = [column for column in data.columns if column.role == "feature"]
    if not features:
        raise DataError("data.no_usable_columns", columns=listed(table.names))
    sources: list[NumberSource] = []
    categories: list[Category] = []
    train = split.train
    for column in features:
        if column.kind == "category":
            categories.append(Category.fit(table.column(column.name).gather(train)))
        elif column.kind == "number":
            sources.append(NumberSource(column.name, numerals=column.numerals))
        else:
            sources += sources_of(column, table.column(column.name).gather(train))
    empty = Preparation(
        "table",
        (len(features),),
        options.scale,
        tuple(sources),
        *((), (), ()),
        (),
        tuple(categories),
        options.categories,
        coding,
    )
    large = large_table(table, empty, order, train.size)
    if large is not None:
        return large
    preparation = fit_table(table, empty, train)
    x, notices = preparation.apply(table, order)
    return x, preparation, notices


def _fit_text(
    column: str, table: Table, wishes: TextWishes, train: Rows, order: Rows, coding: TargetCoding
) -> tuple[Inputs, Preparation, tuple[Notice, ...]]:
    """The ids of a column of text, its vocabulary and length fitted on the rows ``train``."""
    text = TextColumn.fit(table.column(column).gather(train), wishes)
    nothing: tuple[()] = ()
    preparation = Preparation(
        "table",
        (1,),
        "none",
        *(nothing, nothing, nothing, nothing, nothing, nothing),
        "onehot",
        coding,
        text=text,
    )
    x, notices = preparation.apply(table, order)
    return x, preparation, notices


def _parts(
    data: Data,
    split: Split,
    order: Rows,
    x: Inputs | Streamed,
    preparation: Preparation,
    options: PrepareOptions,
) -> list[Part | None]:
    """The parts as views of ``x``, which holds the rows ``order``."""
    y = preparation.coding.encode(data.y[order])
    weight = None if data.weight is None else data.weight[order]
    is_cut = _is_cut(data, order, preparation)
    parts: list[Part | None] = []
    first = 0
    for size in (split.train.size, split.valid.size, split.test.size):
        part = slice(first, first + size)
        first += size
        if not size:
            parts.append(None)
            continue
        share = None if weight is None else weight[part]
        if not parts:
            share = _class_weighted(share, y[part], preparation.coding, options.class_weight)
        cut = None if is_cut is None else is_cut[part]
        parts.append(Part(taken(x, part), y[part], share, order[part], cut))
    return parts


def _is_cut(data: Data, rows: Rows, preparation: Preparation) -> NDArray[np.bool_] | None:
    """Which of some texts lose their end; None for what is no text."""
    if preparation.text is None or data.table is None:
        return None
    return preparation.text.is_cut(data.table.column(preparation.text.column).gather(rows))


def _class_weighted(
    weight: NDArray[np.float32] | None,
    y: Answers,
    coding: TargetCoding,
    class_weight: ClassWeight,
) -> NDArray[np.float32] | None:
    """The weights of the training part (n,), each times the weight of its class."""
    if class_weight is None:
        return weight
    if not coding.task.has_classes:
        raise DataError("data.weights_need_classes", task=coding.task.kind)
    count = len(coding.labels)
    if class_weight == "balanced":
        counts = np.bincount(y.astype(np.int64), minlength=count)
        of_class = len(y) / (np.count_nonzero(counts) * np.maximum(counts, 1.0))
    else:
        of_class = np.ones(count)
        names = {label_name(label): i for i, label in enumerate(coding.labels)}
        names |= {name: i for i, name in enumerate(coding.task.classes)}
        for label, value in class_weight:
            if label_name(label) not in names or not value >= 0:
                raise DataError(
                    "data.bad_class_weight",
                    label=label,
                    value=value,
                    known=", ".join(coding.task.classes),
                )
            of_class[names[label_name(label)]] = value
    weighted = of_class[y.astype(np.int64)].astype(np.float32)
    return weighted if weight is None else weighted * weight


def _apart(
    data: Data | None, preparation: Preparation, drawn: Part | None, is_streamed: bool
) -> tuple[Part | None, tuple[Notice, ...]]:
    """A part that was given apart, or the one that was drawn."""
    if data is None:
        return drawn, ()
    rows = np.flatnonzero(~is_missing(data.y))
    x: Inputs | Streamed
    x, notices = (
        (streamed(data, rows, preparation), ()) if is_streamed else preparation.apply(data, rows)
    )
    y = preparation.coding.encode(data.y[rows])
    weight = None if data.weight is None else data.weight[rows]
    return Part(x, y, weight, rows, _is_cut(data, rows, preparation)), notices
