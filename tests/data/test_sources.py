"""Frames of other libraries, built-in sets, and large files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from jaram import data as jd
from jaram.data import csv_file, large_csv
from jaram.data.builtin import NAMES
from jaram.errors import DataError


def test_frames_of_other_libraries_give_the_same() -> None:
    import pandas as pd
    import pyarrow as pa

    columns: dict[str, list[Any]] = {
        "키": [170.5, 160.0, None, 180.25] * 5,
        "등급": ["상", "하", None, "중"] * 5,
        "y": [0, 1, 1, 0] * 5,
    }
    expected = jd.prepare(jd.load(pl.DataFrame(columns), "y"))
    made = [columns, pd.DataFrame(columns), pa.table(columns), pl.DataFrame(columns).lazy()]
    for frame in made:
        prepared = jd.prepare(jd.load(frame, "y"))
        assert prepared.feature_names == expected.feature_names
        np.testing.assert_array_equal(prepared.train.x, expected.train.x)
    categorical = pd.DataFrame(columns).astype({"등급": "category"})
    np.testing.assert_array_equal(jd.prepare(jd.load(categorical, "y")).train.x, expected.train.x)
    twice = pd.DataFrame([[1, 2, 0], [3, 4, 1]], columns=["a", "a", "y"])
    with pytest.raises(DataError, match="same name"):
        jd.load(twice, "y")
    with pytest.raises(DataError, match="equal length"):
        jd.load({"a": [1, 2], "y": [1]}, "y")


@pytest.mark.parametrize("name", NAMES)
def test_built_in_sets_are_prepared(name: str) -> None:
    prepared = jd.prepare(jd.load(name))
    assert np.isfinite(prepared.train.x).all() and prepared.valid is not None
    again = jd.prepare(jd.load(name))
    assert prepared.train.x.tobytes() == again.train.x.tobytes()


def test_synthetic_sets_take_size_noise_and_seed() -> None:
    data = jd.load("moons", n=90, noise=0.0, seed=4)
    assert data.n == 90
    assert data.x is not None and jd.load("moons", n=90, seed=5).x is not None
    assert not np.array_equal(data.x, np.asarray(jd.load("moons", n=90, noise=0.0, seed=5).x))
    with pytest.raises(DataError, match="at least 10"):
        jd.load("xor", n=3)


def test_scikit_learn_and_jax_are_not_imported() -> None:
    code = (
        "import sys, jaram.data as d; d.prepare(d.load('penguins')); d.prepare(d.load('spirals'));"
        "assert not {'sklearn', 'jax', 'pandas', 'pyarrow', 'matplotlib'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file counts as large, and is read in tiny blocks."""
    monkeypatch.setattr(csv_file, "LARGE", 0)
    monkeypatch.setattr(large_csv, "SAMPLE", 2000)
    monkeypatch.setattr(csv_file, "BLOCK_BYTES", 500)
    monkeypatch.setattr(csv_file.line_blocks, "__defaults__", (500,))


def mixed(n: int = 400) -> pl.DataFrame:
    rng = np.random.default_rng(2)
    return pl.DataFrame(
        {
            "id": range(1, n + 1),
            "a": rng.normal(size=n).astype(np.float32),
            "b": [None if i % 7 == 0 else i / 4 for i in range(n)],
            "big": 10**9 + rng.integers(0, 9, n),
            "도시": [["서울", "부산", 'a "b", c', None][i % 4] for i in range(n)],
            "c": rng.integers(0, 5, n),
            "y": rng.integers(0, 3, n),
        }
    )


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("encoding", ["utf-8", "cp949", "utf-16"])
def test_large_files_give_what_frames_give(tmp_path: Path, encoding: str) -> None:
    frame = mixed()
    path = tmp_path / "big.csv"
    path.write_bytes(frame.write_csv().encode(encoding))
    large, small = jd.load(path, "y"), jd.load(frame, "y")
    assert large.table is not None
    if encoding != "utf-16":
        assert {"a", "b", "c", "id"} == set(large.table.number_names)
    assert [c.kind for c in large.columns] == [c.kind for c in small.columns]
    first, other = jd.prepare(large), jd.prepare(small)
    assert first.feature_names == other.feature_names
    np.testing.assert_array_equal(first.train.rows, other.train.rows)
    np.testing.assert_allclose(first.train.x, other.train.x, atol=1e-6)
    again = jd.prepare(large)  # the first call took the memory: the file is read again
    np.testing.assert_array_equal(first.train.x, again.train.x)
    x, notices = first.preparation.apply(jd.load_frame(path))
    np.testing.assert_array_equal(x[first.train.rows], first.train.x)
    assert not notices


@pytest.mark.usefixtures("small_blocks")
def test_large_numbers_are_prepared_where_they_lie(tmp_path: Path) -> None:
    frame = (
        mixed()
        .select("id", "a", "c", "y")
        .with_columns(y=pl.Series([None if i % 9 == 0 else i % 2 for i in range(400)]))
    )
    frame.write_csv(tmp_path / "big.csv")
    data = jd.load(tmp_path / "big.csv", "y")
    assert data.table is not None
    matrix = data.table.numbers
    prepared = jd.prepare(data, jd.PrepareOptions(test=0.1))
    assert prepared.test is not None and prepared.valid is not None
    assert matrix is not None
    assert all(np.shares_memory(part.x, matrix) for part in (prepared.train, prepared.test))
    expected = jd.prepare(jd.load(frame, "y"), jd.PrepareOptions(test=0.1))
    np.testing.assert_allclose(prepared.valid.x, expected.valid.x, atol=1e-6)  # type: ignore[union-attr]
    (tmp_path / "big.csv").write_text("a,y\n1,2\n3,4\n")
    with pytest.raises(DataError, match="changed"):
        jd.prepare(data)


@pytest.mark.usefixtures("small_blocks")
def test_large_files_that_change_their_mind_or_are_ragged(tmp_path: Path) -> None:
    lines = [f"{i},{i / 8},{i % 2}" for i in range(2000)]
    path = tmp_path / "big.csv"
    wrong = [*lines]
    wrong[700] = "700,unknown word,1"
    path.write_text("\n".join(["n,v,y", *wrong]))
    assert jd.load_frame(path).column("v").dtype == pl.String
    for cells, got in (("1,2", 2), ("1,2,3,4", 4)):
        wrong = [*lines]
        wrong[700] = cells
        path.write_text("\n".join(["n,v,y", *wrong]))
        with pytest.raises(DataError, match=f"line 702: the row has {got} cells"):
            jd.load_frame(path)


def test_evaluating_a_run_on_new_data(tmp_path: Path) -> None:
    frame = pl.DataFrame({"a": np.arange(30.0) / 7, "y": ["u", "v", "w"] * 10})
    preparation = jd.prepare(jd.load(frame, "y")).preparation
    frame.head(4).select("y", "a").write_csv(tmp_path / "new.csv")
    data = jd.load_for(preparation, tmp_path / "new.csv")
    assert preparation.transform_target(data.y).tolist() == [0, 1, 2, 0]
    np.testing.assert_array_equal(preparation.transform(data), preparation.transform(frame.head(4)))
    with pytest.raises(DataError, match="'y'"):
        jd.load_for(preparation, frame.select("a"))


def test_pandas_periods_are_dates_and_intervals_are_categories() -> None:
    pandas = pytest.importorskip("pandas")
    n = 40
    frame = pandas.DataFrame(
        {
            "month": pandas.period_range("2020-01", periods=n, freq="M"),
            "band": pandas.cut(np.arange(n), 4).astype("interval"),
            "y": [0, 1] * (n // 2),
        }
    )
    kinds = {column.name: column.kind for column in jd.load(frame, target="y").columns}
    assert kinds["month"] == "date"
    assert kinds["band"] == "category"
