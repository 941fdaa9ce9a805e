"""Series: wide and long tables, ``.ts`` files, padding, gaps, and windows to foretell from."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaram import data as jd
from jaram.data.new_examples import examples_for, inputs_for
from jaram.data.preparation import Preparation
from jaram.data.series import stacked
from jaram.data.series_sources import ts_data
from jaram.data.ts_file import read_ts
from jaram.data.windows import Forecast, carried_forward, usual_season
from jaram.errors import DataError

RNG = np.random.default_rng(0)


def wide(rows: int = 20, steps: int = 6) -> pl.DataFrame:
    values = np.random.default_rng(1).normal(5, 2, (rows, steps))
    columns = {f"t{j}": values[:, j] for j in range(steps)}
    return pl.DataFrame({**columns, "kind": ["a" if i % 2 else "b" for i in range(rows)]})


def long(lengths: list[int]) -> pl.DataFrame:
    rows = [
        {"who": f"s{i}", "t": t, "v": i + t / 10, "w": -t * 1.5, "kind": "ab"[i % 2]}
        for i, length in enumerate(lengths)
        for t in range(length)
    ]
    return pl.DataFrame(rows)


def test_a_wide_table() -> None:
    data = jd.load(wide(), "kind", series="wide")
    assert data.x is not None and data.x.shape == (20, 6, 1)
    np.testing.assert_allclose(data.x[..., 0], wide().drop("kind").to_numpy(), rtol=1e-6)
    prepared = jd.prepare(data)
    assert prepared.input_shape == (6, 1) and prepared.preparation.kind == "series"
    train = wide().drop("kind").to_numpy()[prepared.train.rows]
    np.testing.assert_allclose(prepared.preparation.center, train.mean(), rtol=1e-6)
    np.testing.assert_allclose(prepared.preparation.scale, train.std(), rtol=1e-6)


def test_a_number_of_a_series_can_be_learned() -> None:
    frame = wide().with_columns(kind=pl.Series(np.linspace(0.1, 7.3, 20)))
    assert jd.load(frame, "kind", series="wide").task.kind == "regression"


def test_a_long_table_of_unequal_lengths_is_padded_and_says_where() -> None:
    lengths = [3, 5, 2, 5] * 5
    data = jd.load(long(lengths), "kind", series="who", time="t")
    assert data.x is not None and data.x.shape == (20, 5, 2) and data.row_names[:2] == ("s0", "s1")
    prepared = jd.prepare(data)
    assert prepared.feature_names == ("v", "w", "padding") and prepared.input_shape == (5, 3)
    values = [long(lengths).filter(pl.col("who") == f"s{i}")["v"].to_numpy() for i in range(20)]
    there = np.concatenate([values[row] for row in prepared.train.rows])
    np.testing.assert_allclose(prepared.preparation.center[0], there.mean(), rtol=1e-6)
    np.testing.assert_allclose(prepared.preparation.scale[0], there.std(), rtol=1e-6)
    for row, one in zip(prepared.train.rows, prepared.train.x, strict=True):
        assert one[:, 2].tolist() == [0.0] * lengths[row] + [1.0] * (5 - lengths[row])
        assert not one[lengths[row] :, :2].any()
    again = Preparation.from_json(prepared.preparation.to_json())
    assert again == prepared.preparation


@given(st.lists(st.integers(2, 9), min_size=4, max_size=12), st.integers(0, 2**16))
def test_padding_changes_no_real_step(lengths: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    series = [rng.normal(size=(length, 2)) for length in lengths]
    x, found, _ = stacked(series, list(range(len(series))))
    assert found.tolist() == lengths
    for row, one in zip(x, series, strict=True):
        np.testing.assert_array_equal(row[: len(one)], one.astype(np.float32))
        assert np.isnan(row[len(one) :]).all()


def test_rows_of_a_series_may_stand_anywhere_but_time_must_rise() -> None:
    frame = long([4, 4, 4, 4] * 3)
    mixed = frame.sort("t", maintain_order=True)
    apart, together = (jd.load(one, "kind", series="who", time="t") for one in (mixed, frame))
    np.testing.assert_array_equal(np.asarray(apart.x), np.asarray(together.x))
    backwards = pl.concat([frame[:2], frame[3:4], frame[2:3], frame[4:]])
    with pytest.raises(
        DataError, match=r"Line 4 of the table, in the series 's0'.*'2'.*'t'.*after '3'"
    ):
        jd.load(backwards, "kind", series="who", time="t")
    twice = pl.concat([frame[:1], frame])
    with pytest.raises(DataError, match="Line 2"):
        jd.load(twice, "kind", series="who", time="t")


def test_an_answer_that_changes_within_a_series() -> None:
    frame = long([4, 4, 4, 4]).with_columns(
        kind=pl.when((pl.col("who") == "s1") & (pl.col("t") == 2))
        .then(pl.lit("a"))
        .otherwise("kind")
    )
    with pytest.raises(DataError, match=r"Line 7.*'s1'.*'kind'"):
        jd.load(frame, "kind", series="who", time="t")


def test_gaps_are_filled_on_a_straight_line() -> None:
    frame = (
        wide(20, 6)
        .with_row_index("row")
        .with_columns(
            t2=pl.when(pl.col("row") == 3).then(None).otherwise("t2"),
            t0=pl.when(pl.col("row") == 4).then(None).otherwise("t0"),
        )
        .drop("row")
    )
    data = jd.load(frame, "kind", series="wide")
    assert data.x is not None and "2 missing steps" in data.notices[0].message("en")
    raw = wide(20, 6).drop("kind").to_numpy()
    np.testing.assert_allclose(data.x[3, 2, 0], (raw[3, 1] + raw[3, 3]) / 2, rtol=1e-6)
    np.testing.assert_allclose(data.x[4, 0, 0], raw[4, 1], rtol=1e-6)


@pytest.mark.parametrize("length", [0, 1])
def test_a_series_of_no_or_one_step(length: int) -> None:
    frame = wide(20, 6).with_row_index("row")
    gone = [
        pl.when(pl.col("row") == 7).then(None).otherwise(f"t{j}").alias(f"t{j}")
        for j in range(length, 6)
    ]
    with pytest.raises(DataError, match=rf"less than two steps.*'row 8' with {length}"):
        jd.load(frame.with_columns(gone).drop("row"), "kind", series="wide")


def test_new_series_take_the_length_of_training() -> None:
    prepared = jd.prepare(jd.load(long([3, 5, 2, 5] * 5), "kind", series="who", time="t"))
    preparation = prepared.preparation
    new = np.ones((2, 8, 2))
    with pytest.warns(jd.DataWarning, match="2 series are longer"):
        assert preparation.transform(new).shape == (2, 5, 3)
    short = preparation.transform(np.ones((1, 3, 2)))
    assert short[0, :, 2].tolist() == [0, 0, 0, 1, 1]
    with pytest.raises(DataError, match="shape"):
        preparation.transform(np.ones((1, 3, 4)))
    equal = jd.prepare(jd.load(wide(), "kind", series="wide")).preparation
    with pytest.raises(DataError, match="4 steps where training had 6"):
        equal.transform(np.ones((1, 4, 1)))


def test_new_tables_of_series(tmp_path: Path) -> None:
    frame = long([3, 5, 2, 5] * 5)
    frame.write_csv(tmp_path / "new.csv")
    prepared = jd.prepare(jd.load(tmp_path / "new.csv", "kind", series="who", time="t"))
    found = inputs_for(prepared.preparation, tmp_path / "new.csv")
    assert found.names[:2] == ("s0", "s1")
    np.testing.assert_array_equal(
        prepared.preparation.transform(found)[prepared.train.rows], prepared.train.x
    )
    measured = examples_for(prepared.preparation, tmp_path / "new.csv")
    np.testing.assert_array_equal(
        prepared.preparation.transform_target(measured.y)[prepared.train.rows], prepared.train.y
    )


TS = """# a remark
@problemName Made
@timeStamps false
@univariate false
@classLabel true x y
@data
1,2,3:4,5,6:x
1,?,3,4:4,5,6,7:y
0.5,1:2,2:x
-1e3,NaN,7:0,0,0:y
"""


def test_ts_files(tmp_path: Path) -> None:
    path = tmp_path / "made_TRAIN.ts"
    path.write_text(TS, encoding="utf-8")
    found = read_ts(path)
    assert found.y is not None and found.y.tolist() == ["x", "y", "x", "y"]
    np.testing.assert_array_equal(found.series[0], [[1, 4], [2, 5], [3, 6]])
    data = jd.load(path)
    assert data.x is not None and data.x.shape == (4, 4, 2)
    np.testing.assert_array_equal(data.x[1, :, 0], [1, 2, 3, 4])
    prepared = jd.prepare(jd.load(path, test=path))
    assert prepared.test is not None and len(prepared.test) == 4
    assert inputs_for(prepared.preparation, path).x.shape == (4, 4, 2)
    assert examples_for(prepared.preparation, path).y.tolist() == ["x", "y", "x", "y"]


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("1,2,3:4,5,6:x", "1,2,3:x", "line 8.*2 channels where the others have 1"),
        ("0.5,1", "0.5,one", "line 9"),
        ("@data\n", "", "line 6"),
        ("@timeStamps false", "@timeStamps true", "time stamps"),
        ("@classLabel true x y", "@classLabel false", "neither classes|line 7"),
        ("0.5,1:2,2:x", "0.5:2:x", "less than two"),
    ],
)
def test_wrong_ts_files(tmp_path: Path, old: str, new: str, match: str) -> None:
    path = tmp_path / "wrong.ts"
    path.write_text(TS.replace(old, new), encoding="utf-8")
    with pytest.raises(DataError, match=match):
        ts_data(path, None, None, None)


def monthly(steps: int = 60) -> pl.DataFrame:
    months = [date(2000 + i // 12, 1 + i % 12, 1) for i in range(steps)]
    t = np.arange(steps)
    return pl.DataFrame({"month": months, "sales": 10 + t + 5 * np.sin(2 * np.pi * t / 12)})


def test_windows_are_those_of_the_series() -> None:
    data = jd.load(monthly(), "sales", forecast=3, window=8)
    raw = monthly()["sales"].to_numpy()
    assert data.x is not None and data.x.shape == (50, 8, 1) and data.y.shape == (50, 3)
    for i in (0, 7, 49):
        np.testing.assert_allclose(data.x[i, :, 0], raw[i : i + 8], rtol=1e-6)
        np.testing.assert_allclose(data.y[i], raw[i + 8 : i + 11])
    assert data.task.target_names == ("sales+1", "sales+2", "sales+3")


@given(st.integers(1, 6), st.integers(40, 90), st.sampled_from([0.0, 0.2]))
def test_no_part_of_a_forecast_sees_what_a_later_part_is_asked(
    horizon: int, steps: int, test: float
) -> None:
    data = jd.load({"v": RNG.normal(size=steps)}, "v", forecast=horizon, window=4)
    prepared = jd.prepare(data, jd.PrepareOptions(validation=0.3, test=test))
    parts = [part for part in (prepared.train, prepared.valid, prepared.test) if part is not None]
    for early, late in itertools.pairwise(parts):
        last_answer = early.rows.max() + 4 + horizon - 1
        assert last_answer < late.rows.min() + 4
    train = np.asarray(data.x)[prepared.train.rows]
    np.testing.assert_allclose(prepared.preparation.center, train.mean(), rtol=1e-5, atol=1e-6)


def test_some_windows_taken_by_chance_are_divided_by_time_too() -> None:
    data = jd.load({"v": RNG.normal(size=90)}, "v", forecast=6, window=4)
    some = np.random.default_rng(3).permutation(data.n)[:50]
    prepared = jd.prepare(data.take(some))
    assert prepared.valid is not None and data.time is not None
    starts = data.time[some]
    assert starts[prepared.train.rows].max() + 6 <= starts[prepared.valid.rows].min()


def test_baselines_are_what_repeating_gives() -> None:
    data = jd.load(monthly(120), "sales", forecast=6, window=24)
    prepared = jd.prepare(data)
    assert isinstance(data.intake, Forecast) and data.intake.season == 12
    raw, found = monthly(120)["sales"].to_numpy(), prepared.summary["baselines"]["valid"]
    assert prepared.valid is not None
    naive, seasonal = [], []
    for row in prepared.valid.rows:
        end = row + 24
        naive.append(np.abs(raw[end : end + 6] - raw[end - 1]))
        seasonal.append(np.abs(raw[end : end + 6] - raw[end - 12 : end - 6]))
    np.testing.assert_allclose(found["naive"]["mae"], np.mean(naive), rtol=1e-5)
    np.testing.assert_allclose(found["seasonal_naive"]["mae"], np.mean(seasonal), rtol=1e-5)
    np.testing.assert_allclose(found["seasonal_naive"]["mae"], 12, rtol=1e-4)  # the trend of a year
    assert any("last 12 steps" in notice.message("en") for notice in prepared.notices)
    assert all(notice.message("ko") for notice in prepared.notices)


def test_a_forecast_is_of_the_future(tmp_path: Path) -> None:
    monthly().write_csv(tmp_path / "sales.csv")
    prepared = jd.prepare(jd.load(tmp_path / "sales.csv", "sales", forecast=3, window=8))
    future = inputs_for(prepared.preparation, tmp_path / "sales.csv")
    np.testing.assert_allclose(future.x[0, :, 0], monthly()["sales"].to_numpy()[-8:])
    assert prepared.preparation.transform(future).shape == (1, 8, 1)
    measured = examples_for(prepared.preparation, tmp_path / "sales.csv")
    np.testing.assert_allclose(
        prepared.preparation.transform(measured)[prepared.train.rows],
        prepared.train.x,
        rtol=1e-5,
        atol=1e-5,
    )
    again = Preparation.from_json(prepared.preparation.to_json())
    assert again == prepared.preparation


def test_missing_steps_of_a_forecast_look_at_nothing_later() -> None:
    values = np.array([[np.nan, 1.0], [2.0, np.nan], [np.nan, np.nan], [4.0, 3.0]])
    filled, count = carried_forward(values, ("a", "b"))
    np.testing.assert_array_equal(filled, [[2, 1], [2, 1], [2, 1], [4, 3]])
    assert count == 3


def test_a_file_too_short_to_foretell_from_speaks_of_the_window_alone() -> None:
    """ "too few for a window of 8 and 0 steps ahead"."""
    intake = Forecast("v", ("v",), window=8, horizon=3)
    with pytest.raises(DataError, match="has 1 step, too few for the window of 8 steps"):
        intake.last_window(np.zeros((1, 1)))


def test_seasons_of_dates() -> None:
    first = date(2001, 1, 1)
    for step, season in ((timedelta(days=1), 7), (timedelta(hours=1), 24), (timedelta(days=91), 4)):
        micro = np.arange(20) * step.total_seconds() * 1e6
        assert usual_season(micro) == season
    assert usual_season(np.arange(20.0)) is None and first


def test_a_week_has_five_steps_where_weekends_are_left_out() -> None:
    days = np.arange("2024-01-01", "2024-03-01", dtype="datetime64[D]")
    working = days[np.is_busday(days)]
    assert usual_season(working.astype("datetime64[us]").astype(np.int64)) == 5
    assert usual_season(days.astype("datetime64[us]").astype(np.int64)) == 7


def test_series_that_cannot_be_foretold() -> None:
    cases: list[tuple[pl.DataFrame, dict[str, Any], str]] = [
        (monthly(8), {"forecast": 3, "window": 8}, "8 steps, too few"),
        (monthly(12), {"forecast": 4, "window": 8}, "too few"),
        (monthly(20), {"forecast": 8, "window": 8}, "divide by time"),
        (
            monthly().with_columns(sales=pl.lit(5.0)),
            {"forecast": 3},
            "'sales'.* value, 5",
        ),
        (monthly().reverse(), {"forecast": 3}, "Line 2 of the table: the time '2004-11-01'"),
        (monthly().with_columns(sales=pl.lit(None)), {"forecast": 3}, "'sales' has no value"),
        (monthly().with_columns(sales=pl.lit("x")), {"forecast": 3}, "sales"),
        (monthly(), {"window": 3}, "--forecast"),
        (monthly(), {"forecast": 0}, "forecast"),
        (monthly(), {"forecast": 3, "series": "wide"}, "--series"),
    ]
    for frame, wish, match in cases:
        with pytest.raises(DataError, match=match):
            jd.prepare(jd.load(frame, "sales", **wish))


SERIES = Path(__file__).resolve().parents[3] / "shared" / "data" / "series"


@pytest.mark.skipif(not SERIES.is_dir(), reason="needs the series")
def test_airline_passengers() -> None:
    data = jd.load(SERIES / "airline-passengers.csv", "Passengers", forecast=12, window=24)
    prepared = jd.prepare(data)
    found = prepared.summary["baselines"]["valid"]
    assert found["seasonal_naive"]["mae"] < found["naive"]["mae"]


def test_a_column_that_is_nearly_dates_is_not_passed_over(tmp_path: Path) -> None:
    """Newest first and one date mistyped: it was trained backwards in time, silently."""
    months = [f"{year}-{month:02}" for year in range(2010, 2016) for month in range(1, 13)][::-1]
    months[20] = "2013-13"
    rows = "\n".join(f"{month},{place}" for place, month in enumerate(months))
    (tmp_path / "s.csv").write_text(f"month,sales\n{rows}\n", encoding="utf-8")
    for wishes in ({}, {"time": "month"}):
        with pytest.raises(DataError, match=r"Row 21 .*'month'.*'2013-13'"):
            jd.load(tmp_path / "s.csv", forecast=3, **wishes)


def test_rows_without_times_are_taken_in_order_and_it_is_told() -> None:
    data = jd.load({"sales": list(range(60))}, forecast=3)
    assert any("order of the file" in notice.message("en") for notice in data.notices)


def test_a_cell_that_is_no_number_is_named(tmp_path: Path) -> None:
    cells = [str(place) for place in range(60)]
    cells[40] = "oops"
    (tmp_path / "s.csv").write_text("\n".join(["sales", *cells]), encoding="utf-8")
    with pytest.raises(DataError, match=r"Row 41 .*'sales'.*'oops'"):
        jd.load(tmp_path / "s.csv", forecast=3)
