"""The usual step of times: what is missing is put back and told, what is never there is no gap."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaram import data as jd
from jaram.data.new_examples import inputs_for
from jaram.data.steps import Gaps, gaps_in


def micro(times: list[date]) -> Any:
    return pl.Series(times).cast(pl.Datetime("us")).dt.epoch("us").cast(pl.Float64).to_numpy()


def found_in(times: list[date]) -> Gaps | None:
    return gaps_in(micro(times), are_dates=True)


def months(count: int, day: int = 1) -> list[date]:
    return [date(1949 + place // 12, 1 + place % 12, day) for place in range(count)]


def days(count: int) -> list[date]:
    return [date(2021, 1, 4) + timedelta(days=place) for place in range(count)]  # from a Monday


def month_ends(count: int) -> list[date]:
    return [one - timedelta(days=1) for one in months(count + 1)[1:]]


@given(
    st.sampled_from([months(60), months(60, 15), month_ends(60), days(60), months(60)[::3]]),
    st.sets(st.integers(1, 18), min_size=1, max_size=3),
)
def test_what_is_left_out_is_put_back_where_it_was(whole: list[date], gone: set[int]) -> None:
    kept = [one for place, one in enumerate(whole) if place not in gone]
    gaps = found_in(kept)
    assert gaps is not None and gaps.are_few and gaps.missing == len(gone)
    assert gaps.after[0] == min(gone) - 1
    filled = gaps.put_back(np.arange(float(len(kept)))[:, None])
    assert np.flatnonzero(np.isnan(filled[:, 0])).tolist() == sorted(gone)
    assert len(filled) == len(whole)


@pytest.mark.parametrize(
    ("times", "length", "unit"),
    [
        (months(30), "1", "month"),
        (months(60)[::3], "3", "months"),
        (months(300)[::12], "1", "year"),
        (days(30), "1", "day"),
        ([datetime(2021, 1, 1) + timedelta(hours=place) for place in range(30)], "1", "hour"),
        ([datetime(2021, 1, 1) + timedelta(minutes=10 * p) for p in range(30)], "10", "minutes"),
        (days(300)[::7], "7", "days"),
    ],
)
def test_the_usual_step_is_named(times: list[date], length: str, unit: str) -> None:
    assert found_in(times) is None  # nothing is missing
    gaps = found_in(times[:10] + times[11:])
    assert gaps is not None and (gaps.length, gaps.unit, gaps.missing) == (length, unit, 1)


def opened(minutes: int, count: int) -> list[datetime]:
    """Every minute in which an exchange is open."""
    return [
        datetime(2021, 1, 4, 9) + timedelta(days=day, minutes=minute)
        for day in range(count)
        for minute in range(minutes)
    ]


@pytest.mark.parametrize(
    "times",
    [
        months(40),
        month_ends(40),
        [one for one in days(9) if one.weekday() < 5],  # one weekend
        [one for one in days(300) if one.weekday() < 5],
        [one for one in days(300) if one.weekday() < 5 and one.day not in (1, 25)],  # holidays
        [one for one in days(60) if one.weekday() != 6],
        [one for one in days(60) if one.weekday() not in (4, 5)],
        opened(30, 20),
        [date(2021, 1, 1) + timedelta(days=int(one)) for one in np.cumsum([1, 5, 2, 9, 4, 7, 3])],
    ],
)
def test_times_that_are_so_by_nature_are_no_gaps(times: list[date]) -> None:
    assert found_in(times) is None


def test_closed_for_weeks_is_told_but_not_made_up() -> None:
    open_days = [one for one in days(200) if one.weekday() < 5]
    gaps = found_in(open_days[:40] + open_days[60:])
    assert gaps is not None and not gaps.are_few and gaps.after.tolist() == [39]


def test_a_long_hole_is_told_but_not_made_up() -> None:
    gaps = found_in(months(120)[:30] + months(120)[80:])
    assert gaps is not None and not gaps.are_few and gaps.after.tolist() == [29]


def test_plain_numbers() -> None:
    times = np.array([0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 16.0])
    gaps = gaps_in(times, are_dates=False)
    assert gaps is not None and gaps.missing == 2 and gaps.length == "2"
    assert gaps_in(np.array([0.0, 1.0, 2.5, 3.0, 7.0, 7.7]), are_dates=False) is None
    assert gaps_in(np.arange(2.0), are_dates=False) is None


def airline(gone: set[int]) -> pl.DataFrame:
    kept = [place for place in range(60) if place not in gone]
    return pl.DataFrame(
        {"month": [months(60)[place].strftime("%Y-%m") for place in kept], "sales": kept}
    )


def test_windows_do_not_run_across_a_missing_month(tmp_path: Path) -> None:
    """They ran across it, and nothing was said."""
    data = jd.load(airline({20}), "sales", forecast=3, window=8)
    told = [notice.message("en") for notice in data.notices]
    assert any("1 month" in one and "1 step" in one and "'1950-08'" in one for one in told), told
    assert any("1 missing step takes the value of the step before" in one for one in told)
    assert any("1개월 간격" in notice.message("ko") for notice in data.notices)
    whole = jd.load(airline(set()), "sales", forecast=3, window=8)
    assert data.x is not None and whole.x is not None
    differs = np.argwhere(np.asarray(data.x) != np.asarray(whole.x))
    assert np.unique(differs[:, 0] + differs[:, 1]).tolist() == [20]
    assert np.asarray(data.x)[20, 0, 0] == 19  # carried forward
    airline({57}).write_csv(tmp_path / "new.csv")
    prepared = jd.prepare(jd.load(tmp_path / "new.csv", "sales", forecast=3, window=8))
    future = inputs_for(prepared.preparation, tmp_path / "new.csv")
    assert future.x[0, :, 0].tolist() == [52, 53, 54, 55, 56, 56, 58, 59]
    assert future.notices[0].key == "data.steps_put_back"


def test_a_long_hole_in_a_forecast_is_told() -> None:
    data = jd.load(airline(set(range(10, 40))), "sales", forecast=3, window=8)
    assert data.n == 30 - 10
    assert any("1 wider gap" in notice.message("en") for notice in data.notices)


def test_missing_months_of_a_long_table_are_filled_as_its_missing_cells_are() -> None:
    rows = [
        {"who": f"s{i}", "month": month, "v": float(place), "kind": "ab"[i % 2]}
        for i in range(8)
        for place, month in enumerate(months(12))
        if (i, place) != (3, 5)
    ]
    data = jd.load(pl.DataFrame(rows), "kind", series="who", time="month")
    assert data.x is not None and np.asarray(data.x)[3, :, 0].tolist() == list(range(12))
    told = [notice.message("en") for notice in data.notices]
    assert "(s3)" in told[0] and "1 missing step is filled" in told[1]
