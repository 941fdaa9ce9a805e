"""Inputs that a network can't read, or gains nothing from."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from jaram.data.streamed import Streamed, pieces
from jaram.doctor.finding import Finding
from jaram.doctor.preflight.facts import Facts
from jaram.doctor.preflight.registry import refuses, warns
from jaram.doctor.preflight.rules.targets import LARGE
from jaram.errors import PreflightError
from jaram.network.embedding import Embedding
from jaram.spec import name_of

UNEQUAL = 100.0
"""Ratio of the widest column's range to the narrowest's. The valley of the loss is then 100² times
steeper across than along, and plain gradient descent needs about as many steps (its condition
number)."""
ONE_TO_ONE = 1.1
"""Whole numbers that all differ and fill their range to within a tenth are a count of the rows."""
FEW = 20
"""Rows below which numbers that all differ are no surprise."""


@refuses
def inputs_are_numbers(facts: Facts) -> None:
    """No NaN or infinity after preparation."""
    for part in (facts.train, facts.valid, facts.prepared.test):
        # Streamed inputs were looked at when their preparation was fitted.
        if part is None or isinstance(part.x, Streamed):
            continue
        # One pass: a sum is finite only if all its terms are (or it overflows, which is looked
        # into).
        if np.isfinite(part.x.sum(dtype=np.float64)):
            continue
        wrong = ~np.isfinite(part.x.reshape(len(part.x), -1))
        if wrong.any():
            row, column = (int(place) for place in np.argwhere(wrong)[0])
            raise PreflightError(
                "preflight.input_not_finite",
                count=int(wrong.sum()),
                row=int(part.rows[row]) + 1,
                column=facts.column_name(column),
            )


@refuses
def weights_are_usable(facts: Facts) -> None:
    """Sample weights are finite, none is negative and not all are zero."""
    weight = facts.train.weight
    if weight is None:
        return
    wrong = ~np.isfinite(weight) | (weight < 0)
    if wrong.any() or not weight.any():
        first = int(np.flatnonzero(wrong)[0]) if wrong.any() else 0
        raise PreflightError(
            "preflight.weights_unusable",
            row=int(facts.train.rows[first]) + 1,
            value=float(weight[first]),
        )


@refuses
def codes_are_in_the_vocabulary(facts: Facts) -> None:
    """An embedding that comes first is given whole numbers it has a row for."""
    first = facts.layers[0] if facts.layers else None
    if not isinstance(first, Embedding):
        return
    for part in (facts.train, facts.valid, facts.prepared.test):
        if part is None or not part.x.size:
            continue
        ends = [(float(x.min()), float(x.max())) for _, x in pieces(part.x)]
        low, high = min(low for low, _ in ends), max(high for _, high in ends)
        whole = facts.sample_x if part is facts.train else part.x[:1000]
        if low < 0 or high >= first.vocabulary or np.any(whole % 1):
            raise PreflightError(
                "preflight.codes_outside",
                low=low,
                high=high,
                vocabulary=first.vocabulary,
                last=first.vocabulary - 1,
            )


@warns
def missing_values(facts: Facts) -> Iterable[Finding]:
    """NaN in an array. Tables have missing cells by nature; arrays have them by accident as
    well."""
    x, at = facts.data.x, list(facts.prepared.preparation.indicators)
    if x is None or x.ndim != 2 or not at:
        return
    missing = np.isnan(x[:, at])
    yield Finding(
        "missing_values",
        "notable",
        {
            "columns": [facts.column_name(j) for j in at],
            "count": int(missing.sum()),
            "row": int(np.flatnonzero(missing.any(axis=1))[0]),
        },
    )


@warns
def unscaled_input(facts: Facts) -> Iterable[Finding]:
    """Inputs far from size 1, or of wildly different scale, that nothing scales."""
    if facts.recipe.scale != "none":
        return
    x = facts.sample_x[:, facts.numeric_columns]
    if not x.size or _is_normalised_inside(facts):
        return
    size = np.sqrt(np.mean(x * x, axis=0))
    largest = int(size.argmax())
    # Over all columns at once, since the first layer adds them up.
    overall = float(np.sqrt(np.mean(size**2)))
    if overall > LARGE:
        yield Finding(
            "unscaled_input",
            "notable",
            {
                "column": facts.column_name(int(facts.numeric_columns[largest])),
                "size": float(f"{size[largest]:.4g}"),
                "overall": float(f"{overall:.4g}"),
            },
            ("scale_input",),
            case="large",
        )
        return
    if facts.is_like_an_image:
        return
    ranges = np.ptp(x, axis=0)
    varying = np.flatnonzero(ranges > 0)
    if len(varying) < 2:
        return
    wide = int(varying[ranges[varying].argmax()])
    narrow = int(varying[ranges[varying].argmin()])
    if ranges[wide] > UNEQUAL * ranges[narrow]:
        yield Finding(
            "unscaled_input",
            "notable",
            {
                "wide": facts.column_name(int(facts.numeric_columns[wide])),
                "narrow": facts.column_name(int(facts.numeric_columns[narrow])),
                "ratio": float(f"{ranges[wide] / ranges[narrow]:.3g}"),
            },
            ("scale_input",),
            case="unequal",
        )


def _is_normalised_inside(facts: Facts) -> bool:
    """Whether the network scales its inputs itself before the first weights."""
    for layer in facts.layers:
        if name_of(layer) in ("batch_norm", "layer_norm"):
            return True
        if name_of(layer) not in ("flatten", "reshape", "dropout", "gaussian_noise"):
            return False
    return False


@warns
def constant_column(facts: Facts) -> Iterable[Finding]:
    """Columns that are the same in every row."""
    left_out = [column.name for column in facts.input_columns if column.kind == "constant"]
    if left_out:
        yield Finding(
            "constant_column",
            "minor",
            {"columns": left_out, "count": len(left_out)},
            case="left_out",
        )
    if facts.is_like_an_image:  # borders of pictures are the same in every picture
        return
    same = np.flatnonzero(np.ptp(facts.sample_x, axis=0) == 0)
    value = facts.sample_x[0, same]
    for _, x in pieces(facts.train.x) if len(same) else ():
        is_same = (x.reshape(len(x), -1)[:, same] == value).all(axis=0)
        same, value = same[is_same], value[is_same]
    kept = same.tolist()
    if kept:
        yield Finding(
            "constant_column",
            "minor",
            {"columns": [facts.column_name(j) for j in kept], "count": len(kept)},
            ("drop_column",),
        )


@warns
def identifier_column(facts: Facts) -> Iterable[Finding]:
    """Columns that number or name the rows: learnt by heart, and worthless for a new row."""
    left_out = [column.name for column in facts.input_columns if column.kind == "identifier"]
    if left_out:
        yield Finding(
            "identifier_column",
            "minor",
            {"columns": left_out, "count": len(left_out)},
            case="left_out",
        )
    if facts.is_like_an_image or facts.rows < FEW:
        return
    numbers = [name for name, values in facts.raw_numbers() if _counts_rows(values)]
    levels = [
        name for name, codes in facts.raw_categories() if len(np.unique(codes)) > 0.95 * len(codes)
    ]
    found = numbers + levels
    if found and len(facts.prepared.feature_names) > 1:
        yield Finding(
            "identifier_column",
            "notable",
            {"columns": found, "count": len(found), "rows": facts.rows},
            ("drop_column",),
        )


def _counts_rows(values: NDArray[np.generic]) -> bool:
    """Whether whole numbers, all different, fill their range."""
    few = values[:100].astype(float)
    if not np.all(few % 1 == 0) or len(np.unique(few)) < len(few):
        return False
    span = float(values.max()) - float(values.min()) + 1
    if not span <= ONE_TO_ONE * len(values):
        return False
    return len(np.unique(values)) == len(values)
