"""Data is prepared as it was for the network that is begun with, or the difference is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image

import jaram as jr
from jaram.data.options import PrepareOptions
from jaram.data.origin import Origin, reading_for
from jaram.data.prepare import Prepared, prepare
from jaram.errors import DataError


def origin(data: jr.Data, **options: Any) -> Origin:
    prepared = prepare(data, PrepareOptions(**options))
    return Origin("f", "runs/first", prepared.preparation, (), (), ())


def begun(known: Origin, data: jr.Data, **options: Any) -> Prepared:
    return prepare(data, PrepareOptions(origin=known, **options))


def people(n: int = 40, seed: int = 0, **more: Any) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    ages = rng.normal(40, 10, n).tolist()
    return {
        "age": [None if index % 9 == 4 else age for index, age in enumerate(ages)],
        "town": [("Seoul", "Busan", "Jeju")[index % 3] for index in range(n)],
        "bought": [("yes", "no")[index % 2] for index in range(n)],
        **more,
    }


def test_a_table_keeps_scaling_categories_and_indicators() -> None:
    known = origin(jr.load(people(), "bought"))
    other = people(30, 1, town=["Jeju"] * 30, mood=[("a", "b", "c")[i % 3] for i in range(30)])
    prepared = begun(known, jr.load(other, "mood", kinds={"town": "category"}))
    assert prepared.task.classes == ("a", "b", "c")
    assert prepared.feature_names == known.preparation.feature_names
    assert prepared.preparation.center == known.preparation.center
    rows = prepared.train.rows
    np.testing.assert_array_equal(
        prepared.train.x, known.preparation.transform(pl.DataFrame(other))[rows]
    )


def test_missing_columns_are_named_together() -> None:
    known = origin(jr.load(people(), "bought"))
    other = {"height": list(range(20)), "bought": ["yes", "no"] * 10}
    with pytest.raises(DataError, match=r"2 columns .*: age, town"):
        begun(known, jr.load(other, "bought"))


def test_an_input_can_not_become_the_target() -> None:
    known = origin(jr.load(people(), "bought"))
    with pytest.raises(DataError, match="takes town as an input"):
        begun(known, jr.load(people(), "town"))


def test_a_regression_codes_its_own_answers() -> None:
    known = origin(jr.load(people(), "bought"))
    other = people(30, 2, height=[150.0 + index for index in range(30)])
    prepared = begun(known, jr.load(other, "height"))
    coding = prepared.preparation.coding
    assert coding.center != ()
    assert abs(float(prepared.train.y.mean())) < 1e-5


def texts(column: str, words: list[str]) -> jr.Data:
    rows = {column: words * 6, "label": ["a", "b", "c"] * (len(words) * 2)}
    return jr.load(rows, "label", text=column, unit="word", min_count=1)


def test_text_keeps_vocabulary_and_length_under_another_name() -> None:
    known = origin(texts("review", ["good film", "bad film", "a very good one"]))
    prepared = begun(known, texts("words", ["good book", "unknown", "film"]))
    ours, theirs = prepared.preparation.text, known.preparation.text
    assert ours is not None
    assert theirs is not None
    assert ours.vocabulary == theirs.vocabulary
    assert ours.length == theirs.length
    assert ours.column == "words"
    row = int(np.flatnonzero(prepared.train.rows % 3 == 0)[0])
    expected = theirs.vocabulary.encode(["good book"], theirs.length)[0]
    np.testing.assert_array_equal(prepared.train.x[row], expected)


def test_texts_are_asked_for() -> None:
    known = origin(texts("review", ["good film", "bad film", "a very good one"]))
    with pytest.raises(DataError, match="takes texts"):
        begun(known, jr.load("iris"))


def pictures(folder: Path, side: int, mode: str, classes: str = "ab") -> jr.Data:
    rng = np.random.default_rng(side)
    for index in range(12):
        place = folder / classes[index % 2]
        place.mkdir(parents=True, exist_ok=True)
        shape = (side, side) if mode == "L" else (side, side, 3)
        Image.fromarray(rng.integers(0, 255, shape, np.uint8)).save(place / f"{index}.png")
    return jr.load(folder)


def test_pictures_become_what_the_network_saw(tmp_path: Path) -> None:
    known = origin(pictures(tmp_path / "gray", 6, "L"))
    data = pictures(tmp_path / "color", 9, "RGB", "xy")
    prepared = begun(known, data)
    assert prepared.input_shape == (6, 6, 1)
    assert any(notice.key == "data.origin_pictures" for notice in prepared.notices)
    read = jr.load(tmp_path / "color", **reading_for(known.preparation))
    straight = begun(known, read)
    np.testing.assert_array_equal(prepared.train.x, straight.train.x)
    assert not any(notice.key == "data.origin_pictures" for notice in straight.notices)


def test_pictures_in_parts_become_it_too(tmp_path: Path) -> None:
    known = origin(pictures(tmp_path / "gray", 6, "L"))
    data = pictures(tmp_path / "color", 9, "RGB")
    parted = jr.Data(data.x, data.y, valid=(data.x, data.y), test=(data.x, data.y))
    prepared = begun(known, parted)
    assert prepared.valid is not None
    assert prepared.test is not None
    np.testing.assert_array_equal(prepared.valid.x, prepared.train.x)
    assert prepared.test.x.shape[1:] == (6, 6, 1)


def test_shapes_that_can_not_be_fitted_are_told(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    y = np.arange(12) % 2
    known = origin(jr.Data(rng.normal(size=(12, 4, 4, 1)), y))
    for shape, problem in (((12, 5, 5, 1), r"\(5, 5, 1\)"), ((12, 4), "takes pictures")):
        with pytest.raises(DataError, match=problem):
            begun(known, jr.Data(rng.normal(size=shape), y))


def test_a_forecast_of_other_steps_ahead_keeps_the_scaling() -> None:
    steps = {"sales": [float(index % 7 + index / 10) for index in range(80)]}
    known = origin(jr.load(steps, "sales", forecast=2, window=6))
    other = {"visits": [100 + value for value in steps["sales"]]}
    prepared = begun(known, jr.load(other, "visits", forecast=3, window=6))
    assert prepared.preparation.center == known.preparation.center
    assert prepared.task.outputs == 3
    assert reading_for(known.preparation) == {"forecast": 2, "window": 6}
    with pytest.raises(DataError, match=r"\(5, 1\)"):
        begun(known, jr.load(other, "visits", forecast=3, window=5))


def test_kept_answers_keep_their_unit() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(30, 2))
    known = origin(jr.Data(x, x[:, 0] * 10))
    coding = begun(known, jr.Data(x, x[:, 0] * 99), keeps_answers=True).preparation.coding
    assert coding == known.preparation.coding


def test_options_with_one_origin_are_equal() -> None:
    known = origin(jr.load("iris"))
    again = replace(known, name="elsewhere")
    assert PrepareOptions(origin=known) == PrepareOptions(origin=again)
    assert hash(PrepareOptions(origin=known)) == hash(PrepareOptions(origin=again))


def test_pictures_that_are_streamed_are_prepared_as_the_origin_did() -> None:
    rng = np.random.default_rng(0)
    y = np.arange(300) % 3
    known = origin(jr.Data(rng.integers(0, 99, (30, 8, 8, 1), np.uint8), y[:30]))
    data = jr.Data(rng.integers(50, 255, (300, 8, 8, 1), np.uint8), y)
    whole, parted = begun(known, data), begun(known, data.within(40_000))
    assert parted.memory == 40_000
    np.testing.assert_array_equal(parted.train.x[:9], whole.train.x[:9])
