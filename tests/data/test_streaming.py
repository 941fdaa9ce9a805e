"""Parts that are read when they are asked for: the bits of parts prepared in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import jaram as jr
from jaram import data as jd
from jaram.data.options import PrepareOptions
from jaram.data.prepare import Prepared
from jaram.data.stored import Stored
from jaram.data.streamed import Streamed, pieces

N = 90
PICTURES = np.random.default_rng(0).integers(0, 256, (N, 6, 5, 3), dtype=np.uint8)
TABLE = np.random.default_rng(1).normal(size=(N, 4)) * [1, 10, 100, 0] + 3
TABLE[::7, 1] = np.nan
Y = np.arange(N) % 3


def on_disk(folder: Path, x: np.ndarray) -> np.ndarray:
    np.save(folder / "x.npy", x)
    return np.asarray(np.load(folder / "x.npy", mmap_mode="r"))


def both(folder: Path, x: np.ndarray, options: dict[str, Any], **data: Any) -> list[Prepared]:
    """Prepared in memory and streamed."""
    mapped = on_disk(folder, x)
    return [
        jd.prepare(jd.Data(one, Y, **data).within(memory), PrepareOptions(**options))
        for one, memory in ((x, None), (mapped, 1000))
    ]


@pytest.mark.parametrize("x", [PICTURES, TABLE], ids=["pictures", "numbers"])
@pytest.mark.parametrize("scale", ["standard", "minmax", "robust", "none"])
def test_streamed_parts_are_the_prepared_ones(tmp_path: Path, x: np.ndarray, scale: Any) -> None:
    whole, parts = both(tmp_path, x, {"scale": scale, "test": 0.2})
    assert parts.memory == 1000
    assert whole.memory is None
    assert parts.preparation == whole.preparation
    assert parts.input_shape == whole.input_shape
    for name in ("train", "valid", "test"):
        known, part = getattr(whole, name), getattr(parts, name)
        assert isinstance(part.x, Streamed)
        assert isinstance(part.x.source, Stored)
        assert (part.x.shape, part.x.ndim, part.x.size) == (
            known.x.shape,
            known.x.ndim,
            known.x.size,
        )
        np.testing.assert_array_equal(part.x[:], known.x)
        np.testing.assert_array_equal(part.x[1], known.x[1])
        np.testing.assert_array_equal(part.x[np.array([4, 0, 4])], known.x[[4, 0, 4]])
        np.testing.assert_array_equal(part.take(slice(2, 9, 3)).x[:], known.x[2:9:3])
        np.testing.assert_array_equal(part.y, known.y)
        (_, first), *_ = pieces(part.x)
        np.testing.assert_array_equal(first, known.x)


def test_parts_that_come_apart_are_streamed_too(tmp_path: Path) -> None:
    whole, parts = both(tmp_path, PICTURES, {}, valid=(PICTURES[:20], Y[:20]))
    assert whole.valid is not None
    assert parts.valid is not None
    assert isinstance(parts.valid.x, Streamed)
    np.testing.assert_array_equal(parts.valid.x[:], whole.valid.x)
    bad = TABLE[:20].copy()
    bad[3, 2] = np.inf
    with pytest.raises(jr.DataError, match="row 4"):
        both(tmp_path, TABLE, {}, valid=(bad, Y[:20]))


def test_what_fits_is_prepared_in_memory() -> None:
    found = jd.prepare(jd.Data(PICTURES, Y).within(4 * PICTURES.size))
    assert isinstance(found.train.x, np.ndarray)
    assert found.memory is None
    assert "memory" not in found.summary


def test_what_is_in_memory_already_is_prepared_bit_by_bit() -> None:
    known = jd.prepare(jd.Data(PICTURES, Y))
    found = jd.prepare(jd.Data(PICTURES, Y).within(4 * PICTURES.size - 1))
    assert isinstance(found.train.x, Streamed)
    np.testing.assert_array_equal(found.train.x[:], known.train.x)


def test_a_table_that_does_not_fit_is_refused() -> None:
    with pytest.raises(jr.DataError, match="only pictures and arrays can be streamed"):
        jd.prepare(jd.load("penguins").within(1000))
    assert jd.prepare(jd.load("penguins").within(10**6)).memory is None


def test_a_streamed_part_is_not_an_array_by_accident(tmp_path: Path) -> None:
    _, parts = both(tmp_path, PICTURES, {})
    with pytest.raises(TypeError, match="does not fit"):
        np.asarray(parts.train.x)
