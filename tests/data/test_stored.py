"""Arrays read from their file: the rows that NumPy gives, or a clear error."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaram.data import npz
from jaram.data.idx import read_idx
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


@settings(deadline=None)
@given(rows=st.lists(st.integers(0, 299), max_size=40))
def test_rows_come_as_numpy_gives_them(path: Path, rows: list[int]) -> None:
    read = stored(mapped(path))
    assert isinstance(read, Stored)
    assert (read.shape, read.dtype, read.ndim, len(read)) == (X.shape, X.dtype, 4, 300)
    np.testing.assert_array_equal(read[np.array(rows, np.int64)], X[rows])


@settings(deadline=None)
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


def test_a_large_array_in_an_npz_is_read_from_where_it_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = np.arange(12.0).reshape(4, 3)
    for save, is_mapped in ((np.savez, True), (np.savez_compressed, False)):
        save(tmp_path / "a.npz", X=X, numbers=numbers, turned=np.asfortranarray(numbers))
        monkeypatch.setattr(npz, "MAPPED_BYTES", 0)
        found = npz.npz_arrays(tmp_path / "a.npz")
        assert isinstance(stored(found["x"]), Stored) == is_mapped
        assert isinstance(stored(found["numbers"]), Stored) == is_mapped
        for name, expected in (("x", X), ("numbers", numbers), ("turned", numbers)):
            np.testing.assert_array_equal(found[name], expected)
            np.testing.assert_array_equal(stored(found[name])[np.array([3, 1])], expected[[3, 1]])
        monkeypatch.undo()
        assert not isinstance(stored(npz.npz_arrays(tmp_path / "a.npz")["x"]), Stored)


def test_an_unpacked_idx_file_is_read_from_where_it_lies(tmp_path: Path) -> None:
    header = struct.pack(">HBBIII", 0, 0x08, 3, 300, 9, 15)
    (tmp_path / "images-idx3-ubyte").write_bytes(header + X.tobytes())
    read = stored(np.asarray(read_idx(tmp_path / "images-idx3-ubyte")))
    assert isinstance(read, Stored)
    np.testing.assert_array_equal(read[np.array([7])], X[[7]].reshape(1, 9, 15))
    (tmp_path / "cut-idx3-ubyte").write_bytes((header + X.tobytes())[:-1])
    with pytest.raises(DataError, match="bytes"):
        read_idx(tmp_path / "cut-idx3-ubyte")
