"""Arrays read from their file: the rows that NumPy gives, or a clear error."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaram.data.stored import GAP_BYTES, Stored, stored
from jaram.errors import DataError

X = np.random.default_rng(0).integers(0, 256, (300, 9, 5, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("stored") / "x.npy"
    np.save(place, X)
    return place


def mapped(path: Path) -> np.ndarray:
    return np.asarray(np.load(path, mmap_mode="r"))


@given(rows=st.lists(st.integers(0, 299), max_size=40))
def test_rows_come_as_numpy_gives_them(path: Path, rows: list[int]) -> None:
    read = stored(mapped(path))
    assert isinstance(read, Stored)
    assert (read.shape, read.dtype, read.ndim, len(read)) == (X.shape, X.dtype, 4, 300)
    np.testing.assert_array_equal(read[np.array(rows, np.int64)], X[rows])


@given(st.integers(0, 300), st.integers(0, 300), st.integers(1, 7))
def test_slices_come_as_numpy_gives_them(path: Path, start: int, stop: int, step: int) -> None:
    read = stored(mapped(path))
    np.testing.assert_array_equal(read[start:stop:step], X[start:stop:step])


def test_rows_that_lie_far_apart_are_read_apart(tmp_path: Path) -> None:
    wide = np.arange(6 * GAP_BYTES, dtype=np.float64).reshape(6, -1)
    np.save(tmp_path / "wide.npy", wide)
    read = stored(mapped(tmp_path / "wide.npy"))
    rows = np.array([5, 0, 3, 3, 1])
    np.testing.assert_array_equal(read[rows], wide[rows])


def test_a_part_of_a_map_is_found_in_the_file(path: Path) -> None:
    part = mapped(path)[40:90]
    read = stored(part)
    assert isinstance(read, Stored)
    np.testing.assert_array_equal(read[np.array([3, 0])], X[[43, 40]])


def test_what_is_in_memory_or_lies_scattered_stays_an_array(path: Path) -> None:
    scattered = mapped(path)[:, ::2]
    assert stored(X) is X
    assert stored(scattered) is scattered


@pytest.mark.parametrize("rows", [[-1], [300]])
def test_rows_outside_are_refused(path: Path, rows: list[int]) -> None:
    with pytest.raises(IndexError, match="of 300"):
        stored(mapped(path))[np.array(rows)]


def test_a_file_that_is_gone_or_cut_off_or_changed_is_told(tmp_path: Path) -> None:
    place = tmp_path / "x.npy"
    np.save(place, X)
    x = mapped(place)
    read = stored(x)
    place.rename(tmp_path / "elsewhere.npy")
    np.testing.assert_array_equal(read[:2], X[:2])  # it was open
    with pytest.raises(DataError, match=r"x\.npy.*can not be read"):
        stored(x)
    (tmp_path / "elsewhere.npy").rename(place)
    with place.open("r+b") as file:
        file.truncate(2000)
    with pytest.raises(DataError, match="changed or cut off"):
        read[:2]
    with pytest.raises(DataError, match="changed or cut off"):
        stored(x)
    np.save(place, X)
    read = stored(mapped(place))
    os.utime(place, (1, 1))
    with pytest.raises(DataError, match="changed or cut off"):
        read[:2]
