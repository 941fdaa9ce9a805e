"""Text: units, vocabularies, ids of a fixed length, and where texts come from."""

from __future__ import annotations

import unicodedata
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaram import data as jd
from jaram.data.jamo import letters, syllables
from jaram.data.new_examples import examples_for, inputs_for
from jaram.data.preparation import Preparation
from jaram.data.text import TextColumn
from jaram.data.vocabulary import FIRST_ID, UNKNOWN, UnitKind, Vocabulary, units_of, usual_unit
from jaram.errors import DataError

HANGUL = st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3)


@given(st.text(HANGUL, max_size=20))
def test_jamo_are_those_of_unicode(text: str) -> None:
    assert letters(text) == unicodedata.normalize("NFD", text)
    assert syllables(letters(text)) == text


def test_other_letters_stay_what_they_are() -> None:
    assert letters("ㅋㅋ é 漢 a") == "ㅋㅋ é 漢 a"
    assert units_of("ㅋ가", "jamo") == ["ㅋ", "\u1100", "\u1161"]


def test_units() -> None:
    assert units_of("  Well,\n don't  go ", "word") == ["well", ",", "don", "'", "t", "go"]
    assert units_of(unicodedata.normalize("NFD", "한글 "), "character") == ["한", "글"]
    assert usual_unit(["정말 좋은 영화"]) == "character" and usual_unit(["very good"]) == "word"
    assert usual_unit(["面白い"]) == "character" and usual_unit(["", "123"]) == "word"


@given(st.lists(st.text("abc가나 ", max_size=12), min_size=1, max_size=20), st.integers(1, 3))
def test_a_vocabulary_counts_what_a_person_would_count(texts: list[str], least: int) -> None:
    counts: dict[str, int] = {}
    for text in texts:
        for unit in " ".join(text.split()):
            counts[unit] = counts.get(unit, 0) + 1
    kept = sorted((u for u in counts if counts[u] >= least), key=lambda u: (-counts[u], u))
    vocabulary = Vocabulary.fit(texts, "character", least)
    assert list(vocabulary.units) == kept
    assert Vocabulary.fit(texts, "character", least, 2).units == tuple(kept[:2])
    assert Vocabulary.from_json(vocabulary.to_json()) == vocabulary
    for text in texts:
        plain = " ".join(text.split())
        ids = vocabulary.encode([text], 30)[0]
        assert (ids[max(1, len(plain)) :] == 0).all()
        for unit, one in zip(plain, ids, strict=False):
            assert one == (kept.index(unit) + FIRST_ID if unit in kept else UNKNOWN)


def reviews(rows: int = 60) -> pl.DataFrame:
    rng = np.random.default_rng(0)
    words = ["좋다", "싫다", "영화", "배우", "정말", "아주", "그냥", "보통"]
    texts = [" ".join(rng.choice(words, 3 + i % 12)) + f" {i}" for i in range(rows)]
    return pl.DataFrame(
        {"id": range(1, rows + 1), "review": texts, "good": [i % 2 for i in range(rows)]}
    )


@pytest.mark.parametrize("unit", ["character", "word", "jamo"])
def test_a_table_of_texts_is_prepared_on_the_training_part_only(unit: UnitKind) -> None:
    data = jd.load(reviews(), "good", unit=unit)
    assert data.text is not None and data.text.column == "review"
    prepared = jd.prepare(data)
    texts = reviews()["review"].to_list()
    column = prepared.preparation.text
    assert column is not None and prepared.preparation.kind == "text"
    train = [texts[row] for row in prepared.train.rows]
    assert column.vocabulary == Vocabulary.fit(train, unit, 2, 20_000)
    lengths = sorted(len(units_of(text, unit)) for text in train)
    assert column.length in lengths
    assert np.mean(np.asarray(lengths) <= column.length) >= 0.95
    assert prepared.train.x.dtype == np.int32 and prepared.input_shape == (column.length,)
    for part in (prepared.train, prepared.valid):
        assert part is not None
        for row, ids in zip(part.rows, part.x, strict=True):
            units = units_of(texts[row], unit)[: column.length]
            known = column.vocabulary.decode(ids)
            assert len(known) == len(units)
            assert all(
                a in (b, "\N{REPLACEMENT CHARACTER}") for a, b in zip(known, units, strict=True)
            )
    again = Preparation.from_json(prepared.preparation.to_json())
    assert again == prepared.preparation
    np.testing.assert_array_equal(again.transform([texts[0]]), again.transform(reviews()[:1]))


def test_what_is_said_about_text_is_done() -> None:
    data = jd.load(reviews(), "good", unit="word", length=4, vocabulary=3, min_count=1)
    column = jd.prepare(data).preparation.text
    assert column is not None and column.length == 4 and column.vocabulary.size == 5
    wishes: list[tuple[dict[str, Any], str]] = [
        ({"unit": "sentence"}, "unit"),
        ({"length": 0}, "length"),
        ({"min_count": 0}, "min_count"),
        ({"text": "reviw"}, "review"),
        ({"text": "good"}, "good"),
    ]
    for wish, match in wishes:
        with pytest.raises(DataError, match=match):
            jd.load(reviews(), "good", **wish)


@given(
    st.lists(st.text("ab 가값", min_size=1, max_size=9), min_size=5, max_size=12),
    st.sampled_from(["character", "word", "jamo"]),
    st.integers(1, 9),
)
def test_only_texts_that_lose_their_end_are_cut(
    texts: list[str], unit: UnitKind, length: int
) -> None:
    """Those that fill the length were taken for cut."""
    text = TextColumn("t", Vocabulary.fit(texts, unit), length)
    expected = [len(units_of(one, unit)) > length for one in texts]
    assert text.is_cut(pl.Series("t", texts)).tolist() == expected


def test_each_part_knows_its_cut_texts() -> None:
    texts = ["good"] * 10 + ["very good"] * 10
    frame = pl.DataFrame({"t": texts, "y": [0, 1] * 10})
    prepared = jd.prepare(jd.load(frame, "y", text="t", length=4, unit="character", valid=frame))
    assert prepared.train.is_cut is not None and prepared.valid is not None
    assert prepared.train.is_cut.tolist() == [texts[row] != "good" for row in prepared.train.rows]
    assert prepared.valid.is_cut is not None and prepared.valid.is_cut.sum() == 10
    assert prepared.valid.take(slice(0, 3)).is_cut is not None


def test_text_beside_numbers_is_learned_from_only_if_named() -> None:
    frame = reviews().with_columns(stars=pl.Series(np.linspace(0, 1, 60)))
    beside = jd.load(frame, "good")
    assert beside.text is None and jd.prepare(beside).feature_names == ("stars",)
    named = jd.load(frame, "good", text="review")
    assert jd.prepare(named).feature_names == ("review",)
    assert any("stars" in notice.message("en") for notice in named.notices)


def test_empty_and_missing_texts_are_one_unknown_unit() -> None:
    frame = reviews().with_columns(
        review=pl.when(pl.col("id") == 3)
        .then(None)
        .when(pl.col("id") == 4)
        .then(pl.lit("  "))
        .otherwise("review")
    )
    prepared = jd.prepare(jd.load(frame, "good", text="review"))
    assert any("2 texts are empty" in notice.message("en") for notice in prepared.notices)
    with pytest.warns(jd.DataWarning, match="2 texts are empty"):
        ids = prepared.preparation.transform(frame[2:4].select("review"))
    assert ids[:, 0].tolist() == [UNKNOWN, UNKNOWN] and not ids[:, 1:].any()
    with pytest.raises(DataError, match="no text"):
        jd.prepare(jd.load(frame.with_columns(review=pl.lit(" ")), "good", text="review"))


@pytest.mark.parametrize("encoding", ["utf-8", "cp949", "utf-16"])
def test_encodings_are_found_and_wrong_ones_told(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "reviews.tsv"
    path.write_bytes(reviews().write_csv(separator="\t").encode(encoding))
    data = jd.load(path, "good")
    assert data.table is not None
    assert data.table.column("review").to_list() == reviews()["review"].to_list()
    with pytest.raises(DataError, match="encoding"):
        jd.load(path, "good", encoding="shift_jis" if encoding == "utf-8" else "ascii")


KOREAN = "안녕하세요\n".encode()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (KOREAN * 50 + b"so \xff it is\n" + b"hello\n" * 500, r"line 51: byte 0xFF \(number 804"),
        (b"plain\n" * 40 + b"\x81\xff" + b"hello\n" * 500, "line 41: byte 0x81"),
        ("café\n".encode() * 40 + b"caf\xe9\n" + b"hello\n" * 500, "line 41: byte 0xE9"),
        (b"MZ\x90\n\0\3\0\0" * 90, "not text: line 2 has the byte 0x00"),
        (b"", "is empty"),
    ],
)
@pytest.mark.parametrize("name", ["book.txt", "book", "book.py"])
def test_a_file_that_is_no_whole_text_is_told_as_a_text(
    tmp_path: Path, name: str, content: bytes, told: str
) -> None:
    """The error was a table's: "not a text file of columns, nor Parquet, Arrow or Excel"."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=told) as error:
        jd.load(tmp_path / name, task="language")
    assert "column" not in str(error.value)
    assert not told.startswith("line") or "--encoding" in str(error.value)


def test_a_table_with_a_broken_byte_names_it(tmp_path: Path) -> None:
    lines = "".join(f"{i},영화 {i}\n" for i in range(40)).encode()
    (tmp_path / "t.csv").write_bytes(b"y,t\n" + lines + b"1,\xff\n")
    with pytest.raises(DataError, match="line 42: byte 0xFF"):
        jd.load(tmp_path / "t.csv", "y")


def write_folder(place: Path, encoding: str = "utf-8") -> Path:
    for row, (_, text, good) in enumerate(reviews().iter_rows()):
        folder = place / ("good" if good else "bad")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{row:03}.txt").write_bytes(text.encode(encoding))
    return place


@pytest.mark.parametrize("encoding", ["utf-8", "cp949"])
def test_a_folder_of_texts_for_each_class(tmp_path: Path, encoding: str) -> None:
    data = jd.load(write_folder(tmp_path / "all", encoding), unit="word")
    assert data.task.classes == ("bad", "good") and data.n == 60
    prepared = jd.prepare(data)
    run_over = inputs_for(prepared.preparation, tmp_path / "all" / "good")
    assert prepared.preparation.transform(run_over).shape[0] == 30
    measured = examples_for(prepared.preparation, tmp_path / "all")
    np.testing.assert_array_equal(
        prepared.preparation.transform(measured)[prepared.train.rows], prepared.train.x
    )


def test_a_file_of_lines_for_each_class(tmp_path: Path) -> None:
    for good in (0, 1):
        lines = reviews().filter(pl.col("good") == good)["review"].to_list()
        (tmp_path / f"{'good' if good else 'bad'}.txt").write_text(
            "\n".join(lines), encoding="utf-8"
        )
    data = jd.load(tmp_path, unit="word")
    assert data.n == 60 and data.task.classes == ("bad", "good")
    prepared = jd.prepare(data)
    lines_alone = inputs_for(prepared.preparation, tmp_path / "good.txt")
    assert prepared.preparation.transform(lines_alone).shape[0] == 30


def test_parts_of_texts_in_folders(tmp_path: Path) -> None:
    write_folder(tmp_path / "train")
    write_folder(tmp_path / "test")
    data = jd.load(tmp_path, unit="word")
    prepared = jd.prepare(data)
    assert prepared.test is not None and len(prepared.test) == 60 and len(prepared.train) == 48


def test_folders_without_texts(tmp_path: Path) -> None:
    (write_folder(tmp_path) / "none").mkdir()
    with pytest.raises(DataError, match="none"):
        jd.load(tmp_path)


def test_new_texts_that_are_none() -> None:
    prepared = jd.prepare(jd.load(reviews(), "good"))
    for wrong in ([], [1, 2], 5.0):
        with pytest.raises(DataError):
            prepared.preparation.transform(wrong if isinstance(wrong, list) else np.float64(wrong))
    with pytest.raises(DataError, match="review"):
        prepared.preparation.transform(pl.DataFrame({"text": ["a"]}))


def test_the_shipped_reviews() -> None:
    data = jd.load("film_reviews")
    prepared = jd.prepare(data)
    assert data.n == 1200 and prepared.preparation.kind == "text"
    assert np.bincount(data.y).tolist() == [600, 600]


NSMC = Path(__file__).resolve().parents[3] / "shared" / "data" / "nsmc"


@pytest.mark.skipif(not NSMC.is_dir(), reason="needs the corpus")
def test_film_reviews_of_the_corpus() -> None:
    data = jd.load(NSMC / "test.tsv", "positive")
    assert data.n == 5000 and data.text is not None
    texts = (NSMC / "test.tsv").read_text(encoding="utf-8").splitlines()[1:]
    assert data.table is not None
    assert data.table.column("review").to_list() == [line.rsplit("\t", 1)[0] for line in texts]


def test_new_texts_of_unknown_words_are_told() -> None:
    """A text of which no word was known got an answer, and no word about it."""
    known = ["a good film", "a bad film"] * 20
    frame = pl.DataFrame({"t": known, "y": ["p", "n"] * 20})
    prepared = jd.prepare(jd.load(frame, "y", text="t", unit="word"))
    assert not any(one.key == "data.unknown_units" for one in prepared.notices)
    new = pl.DataFrame({"t": ["zxcv qwer", "a good zxcv", "a film"]})
    with pytest.warns(
        jd.DataWarning, match="43% of the words in 3 texts never came.*nothing else: 1"
    ):
        prepared.preparation.transform(new)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        prepared.preparation.transform(pl.DataFrame({"t": ["a good film", "a bad zxcv", "a film"]}))
