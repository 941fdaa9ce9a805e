"""Preparation: fitted on the training part only, the same for all, the same after JSON."""

from __future__ import annotations

import datetime
import json
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaram import data as jd
from jaram.data.scaling import SCALE_KINDS
from jaram.errors import DataError

numbers = st.one_of(st.none(), st.floats(-1e6, 1e6, width=32), st.integers(-999, 999))
words = st.one_of(st.none(), st.sampled_from(["가", "나", "다라", "b", "c d", ""]))
dates = st.one_of(st.none(), st.dates(datetime.date(1950, 1, 1), datetime.date(2050, 1, 1)))


@st.composite
def tables(draw: st.DrawFn) -> pl.DataFrame:
    n = draw(st.integers(6, 40))

    def column(values: st.SearchStrategy[Any]) -> list[Any]:
        return draw(st.lists(values, min_size=n, max_size=n))

    return pl.DataFrame(
        {
            "수": pl.Series(
                [None if v is None else float(v) for v in column(numbers)], dtype=pl.Float64
            ),
            "whole": pl.Series(column(st.integers(-5, 5)), dtype=pl.Int64),
            "범주": pl.Series(column(words), dtype=pl.String),
            "flag": pl.Series(column(st.one_of(st.none(), st.booleans())), dtype=pl.Boolean),
            "day": pl.Series(column(dates), dtype=pl.Date),
            "y": [i % 2 for i in range(n)],
        }
    )


@settings(max_examples=60, deadline=None)
@given(
    tables(),
    st.sampled_from(SCALE_KINDS),
    st.sampled_from(["onehot", "embed"]),
    st.integers(0, 3),
)
def test_transform_of_training_rows_and_json(
    frame: pl.DataFrame, scale: Any, categories: Any, seed: int
) -> None:
    data = jd.load(frame, "y", kinds={"whole": "number", "수": "number"})
    options = jd.PrepareOptions(scale, categories, validation=0.3, split_seed=seed)
    try:
        prepared = jd.prepare(data, options)
    except DataError:
        raise AssertionError("a table with two usable columns") from None
    preparation = prepared.preparation
    train = frame[prepared.train.rows]
    x, notices = preparation.apply(train)
    np.testing.assert_array_equal(x, prepared.train.x)
    assert not notices, "nothing about the training part is news"
    assert np.isfinite(prepared.train.x).all()
    assert prepared.train.x.shape[1] == len(prepared.feature_names)
    again = jd.Preparation.from_json(json.loads(json.dumps(preparation.to_json())))
    assert again == preparation
    shuffled = frame.select(list(reversed(frame.columns))).with_columns(extra=pl.lit(1)).drop("y")
    first, other = preparation.apply(frame)[0], again.apply(shuffled)[0]
    assert first.tobytes() == other.tobytes()
    for index, cardinality in preparation.embedded:
        assert (
            0 <= prepared.train.x[:, index].min() <= prepared.train.x[:, index].max() < cardinality
        )


def test_fitted_on_the_training_part_only() -> None:
    x = np.arange(100.0)[:, np.newaxis]
    y = (np.arange(100) % 2).astype(float) + 0.5 * np.arange(100)
    data = jd.Data(x, y)
    split = (np.arange(50), np.arange(50, 100))
    prepared = jd.prepare(data, rows=split)
    moved = x.copy()
    moved[50:] = 1e6
    other = jd.prepare(jd.Data(moved, np.where(np.arange(100) < 50, y, 7.0)), rows=split)
    assert prepared.preparation == other.preparation
    assert prepared.train.x.mean() == pytest.approx(0, abs=1e-6)
    assert prepared.valid is not None and prepared.valid.x.mean() > 1


def test_unknown_levels_and_new_missing_values_are_counted() -> None:
    frame = pl.DataFrame({"c": ["a", "b"] * 10, "v": [1.5, 2.5] * 10, "y": [0, 1] * 10})
    for kind, unknown in (("onehot", [0.0, 0.0]), ("embed", [0.0])):
        options = jd.PrepareOptions(categories=kind, validation=0.0)  # type: ignore[arg-type]
        preparation = jd.prepare(jd.load(frame, "y"), options).preparation
        later = pl.DataFrame({"c": ["a", "z", "z", None], "v": [1.5, None, 2.5, 2.5]})
        x, notices = preparation.apply(later)
        assert x[1, 1:].tolist() == unknown
        assert {notice.key: notice.values["count"] for notice in notices} == {
            "data.unseen_levels": 2,
            "data.newly_missing": 1,
        }
        with pytest.warns(jd.DataWarning):
            preparation.transform(later)


def test_missing_column_is_named() -> None:
    frame = pl.DataFrame({"나이": [1.5, 2.5] * 5, "v": [1.5, 3.5] * 5, "y": [0, 1] * 5})
    preparation = jd.prepare(jd.load(frame, "y")).preparation
    with pytest.raises(DataError, match="'나이'"):
        preparation.transform(frame.drop("나이"))
    with pytest.raises(DataError, match="shape"):
        preparation.transform(np.zeros((3, 5)))
    as_array = preparation.transform(frame.select("나이", "v").to_numpy())
    np.testing.assert_array_equal(as_array, preparation.transform(frame))


def test_indicators_only_where_training_misses_values() -> None:
    frame = pl.DataFrame({"a": [1.5, None] * 10, "b": [1.5, 2.5] * 10, "y": [0, 0, 1, 1] * 5})
    prepared = jd.prepare(jd.load(frame, "y"))
    assert prepared.feature_names == ("a", "b", "a:missing")


def test_dates_become_numbers() -> None:
    days = [datetime.date(2024, 1, 1) + datetime.timedelta(days=7 * i) for i in range(20)]
    frame = pl.DataFrame({"day": [str(day) for day in days], "y": [0, 1] * 10})
    prepared = jd.prepare(jd.load(frame, "y"), jd.PrepareOptions(scale="none", validation=0.0))
    assert prepared.feature_names == ("day:days", "day:month")
    assert prepared.train.x[:3].tolist() == [[0, 1], [7, 1], [14, 1]]
    korean = pl.DataFrame(
        {"날": [f"{d.year}년 {d.month}월 {d.day}일" for d in days], "y": [0, 1] * 10}
    )
    assert jd.load(korean, "y").columns[0].kind == "date"


def test_targets_of_a_regression_are_scaled_and_back() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(50, 3)), 100 + 7 * rng.normal(size=(50, 2))
    prepared = jd.prepare(jd.Data(x, y), jd.PrepareOptions(validation=0.2))
    assert prepared.task.kind == "regression" and prepared.task.outputs == 2
    assert prepared.train.y.dtype == np.float32 and prepared.train.y.std() == pytest.approx(1, 1e-5)
    np.testing.assert_allclose(
        prepared.preparation.inverse_target(prepared.train.y), y[prepared.train.rows], rtol=1e-5
    )
    plain = jd.prepare(jd.Data(x, y), jd.PrepareOptions(scale_target=False))
    np.testing.assert_allclose(plain.train.y, y[plain.train.rows], rtol=1e-6)


def test_labels_come_back_as_they_came() -> None:
    for labels in (["예", "아니오", "예"], [3, 5, 5], [True, False, True]):
        y = np.asarray(labels * 7)
        prepared = jd.prepare(jd.Data(np.arange(21.0), y))
        back = prepared.preparation.inverse_target(prepared.train.y)
        assert back.tolist() == y[prepared.train.rows].tolist()
        again = jd.Preparation.from_json(json.loads(json.dumps(prepared.preparation.to_json())))
        assert again.inverse_target(prepared.train.y).tolist() == back.tolist()


@pytest.mark.parametrize("shape", [(30, 8, 3), (30, 6, 6, 2)])
def test_channels_are_scaled_together(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, shape).astype(np.uint8)
    prepared = jd.prepare(jd.Data(x, np.arange(30) % 2))
    assert prepared.input_shape == shape[1:]
    axes = tuple(range(len(shape) - 1))
    np.testing.assert_allclose(prepared.train.x.mean(axis=axes), 0, atol=1e-5)
    np.testing.assert_allclose(prepared.train.x.std(axis=axes), 1, rtol=1e-5)
    np.testing.assert_array_equal(
        prepared.preparation.transform(x[:2])[1], prepared.preparation.transform(x[1]).squeeze(0)
    )


def test_nan_and_infinity_in_arrays() -> None:
    x = np.ones((20, 2))
    x[:, 0] = np.arange(20)
    x[3, 0] = np.nan
    y = np.arange(20) % 2
    prepared = jd.prepare(jd.Data(x, y), jd.PrepareOptions(validation=0.0))
    assert prepared.feature_names == ("x1", "x2", "x1:missing")
    x[4, 1] = np.inf
    with pytest.raises(DataError, match="'x2', row 5"):
        jd.prepare(jd.Data(x, y))
    deep = np.zeros((20, 3, 2))
    deep[2, 1, 1] = np.nan
    with pytest.raises(DataError, match="Example 3"):
        jd.prepare(jd.Data(deep, y))


def test_parts_given_apart_are_used_as_they_are() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(20, 3)), np.arange(20) % 3
    data = jd.Data(x, y, task="multiclass", valid=(x[:5] + 1, y[:5]), test=(x[:4], y[:4]))
    prepared = jd.prepare(data)
    assert prepared.valid is not None and prepared.test is not None
    assert (len(prepared.train), len(prepared.valid), len(prepared.test)) == (20, 5, 4)
    np.testing.assert_array_equal(prepared.valid.y, y[:5])
    np.testing.assert_array_equal(prepared.valid.x, prepared.preparation.transform(x[:5] + 1))
    with pytest.raises(DataError, match="none of the classes"):
        jd.Data(x, y, valid=(x[:5], y[:5] + 7))
    with pytest.raises(DataError, match="shape"):
        jd.Data(x, y, valid=(x[:5, :2], y[:5]))
    frame = pl.DataFrame({"a": x[:, 0], "y": ["u", "v"] * 10})
    tables = jd.prepare(jd.load(frame, "y", valid=frame.head(6)))
    assert tables.valid is not None and len(tables.valid) == 6 and len(tables.train) == 20


def test_class_weights() -> None:
    y = np.array([0] * 30 + [1] * 10)
    data = jd.Data(np.arange(40.0), y)
    balanced = jd.prepare(data, jd.PrepareOptions(class_weight="balanced", validation=0.0)).train
    assert balanced.weight is not None
    assert pytest.approx({label: balanced.weight[balanced.y == label][0] for label in (0, 1)}) == {
        0: 40 / 60,
        1: 2.0,
    }
    given = jd.prepare(data, jd.PrepareOptions(class_weight=(("1", 3.0),), validation=0.25))
    assert given.train.weight is not None and set(given.train.weight[given.train.y == 1]) == {3.0}
    assert given.valid is not None and given.valid.weight is None
    with pytest.raises(DataError, match="class weight"):
        jd.prepare(data, jd.PrepareOptions(class_weight=(("x", 3.0),)))
    with pytest.raises(DataError, match="need classes"):
        jd.prepare(
            jd.Data(np.arange(40.0), np.arange(40) / 7), jd.PrepareOptions(class_weight="balanced")
        )


def test_rows_without_an_answer_are_dropped_and_counted() -> None:
    frame = pl.DataFrame({"a": np.arange(20.0) / 3, "y": ["u", None, "v", "v"] * 5})
    prepared = jd.prepare(jd.load(frame, "y"))
    assert prepared.summary["rows_without_target"] == 5
    assert [notice.key for notice in prepared.notices] == ["data.rows_without_target"]
    assert not set(prepared.train.rows) & set(range(1, 20, 4))


def test_summary_is_json_and_tells_what_matters() -> None:
    prepared = jd.prepare(jd.load("penguins"))
    summary = json.loads(json.dumps(prepared.summary))
    assert summary["rows"] == 344 and summary["parts"] == {"train": 275, "valid": 69}
    assert summary["target"]["classes"] == {"Adelie": 152, "Chinstrap": 68, "Gentoo": 124}
    columns = {column["name"]: column for column in summary["columns"]}
    assert columns["island"]["top"][0] == ["Biscoe", 168]
    assert columns["bill_length_mm"]["missing"] == 2
    assert columns["body_mass_g"]["max"] == 6300


@pytest.mark.parametrize(
    "options",
    [
        {"scale": "standart"},
        {"split": "strat"},
        {"categories": "hot"},
        {"validation": 1.0},
        {"validation": 0.5, "test": 0.5},
        {"test": -0.1},
    ],
)
def test_wrong_options(options: dict[str, Any]) -> None:
    with pytest.raises(DataError):
        jd.PrepareOptions(**options)


def test_damaged_preparation() -> None:
    table = jd.prepare(jd.load("xor")).preparation.to_json()
    for key in table:
        if key != "format":
            with pytest.raises(DataError, match="damaged"):
                jd.Preparation.from_json({k: v for k, v in table.items() if k != key})
