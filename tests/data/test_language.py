"""Language data: windows, vocabulary, parts and the baselines of a running text."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import jaram as jr
from jaram.data.language import baselines, joined, language_data, pieces, windows
from jaram.data.options import PrepareOptions
from jaram.data.prepare import Part, prepare
from jaram.data.text import TextWishes
from jaram.errors import DataError
from jaram.messages import LANGUAGES, set_language

LINE = "하나 둘 셋, one two three.\n"


def write(tmp_path: Path, text: str, name: str = "book.txt", encoding: str = "utf-8") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


def language(path, **how):
    return jr.load(path, task="language", **how)


@given(st.text(alphabet="가각힣ㅋ aB.,\n1", max_size=40))
@settings(max_examples=50, deadline=None)
def test_units_joined_give_the_text_back(text):
    for kind in ("character", "word", "jamo"):
        assert joined(pieces(text, kind)) == text


@given(st.integers(2, 60), st.integers(1, 12))
@settings(max_examples=50, deadline=None)
def test_windows_hold_every_unit_and_its_follower_once(units, length):
    ids = np.arange(2, units + 2, dtype=np.int32)
    x, y = windows(ids, length)
    assert x.shape == y.shape and x.shape[1] == length
    assert x[x > 0].tolist() == ids[:-1].tolist()
    assert y[y >= 0].tolist() == (ids[1:] - 1).tolist()
    assert ((x > 0) == (y >= 0)).all()


def test_parts_follow_each_other_and_share_no_answer(tmp_path):
    text = "".join(chr(0x4E00 + place) for place in range(200))  # every unit comes once
    data = language(write(tmp_path, text), length=10, min_count=1)
    prepared = prepare(data, PrepareOptions(validation=0.2, test=0.1))
    rows = [part.rows.tolist() for part in (prepared.train, prepared.valid, prepared.test)]
    assert rows == [list(range(14)), list(range(14, 18)), [18, 19]]
    # Only the training part's units are known: all answers after it are unknown units.
    assert len(prepared.task.classes) == 141
    assert (prepared.valid.y == 0).all() and (prepared.train.y[0] > 0).all()


def test_the_vocabulary_counts_and_sorts_the_training_part(tmp_path):
    text = "d" * 30 + "ab" * 40 + "c" + "ab" * 40
    prepared = prepare(language(write(tmp_path, text), length=10), PrepareOptions())
    vocabulary = prepared.preparation.tokens.vocabulary
    assert vocabulary.units == ("a", "b", "d")  # c comes once
    assert prepared.task.classes == ("\N{REPLACEMENT CHARACTER}", *vocabulary.units)
    assert prepared.summary["text"]["vocabulary"] == 5


def test_baselines_agree_with_counting_by_hand():
    rng = np.random.default_rng(0)
    classes = 5
    ids = rng.integers(1, classes + 1, 83).astype(np.int32)
    train = Part(*windows(ids, 10), None, np.arange(9))
    part = Part(*windows(rng.integers(1, classes + 1, 20).astype(np.int32), 10), None, np.arange(2))
    pairs = [(x, y) for x, y in zip(train.x.ravel(), train.y.ravel(), strict=True) if y >= 0]
    followers = [y for _, y in pairs]

    def alone(c):
        kinds = len(set(followers))
        return (followers.count(c) + kinds / classes) / (len(followers) + kinds)

    def after(before, c):
        own = [y for x, y in pairs if x == before]
        return (own.count(c) + len(set(own)) * alone(c)) / (len(own) + len(set(own)))

    asked = [(x, y) for x, y in zip(part.x.ravel(), part.y.ravel(), strict=True) if y >= 0]
    found = baselines(train, part, classes)
    assert found["unigram"] == pytest.approx(-np.mean([np.log2(alone(y)) for _, y in asked]))
    assert found["bigram"] == pytest.approx(-np.mean([np.log2(after(x, y)) for x, y in asked]))


def test_sources_of_a_running_text(tmp_path):
    lines = [f"문장 {number} 번째" for number in range(60)]
    whole = "\n".join(lines)
    path = write(tmp_path, whole, encoding="cp949")
    table = write(tmp_path, "label,text\n" + "".join(f"1,{one}\n" for one in lines), "t.csv")
    folder = tmp_path / "folder"
    folder.mkdir()
    write(folder, "\n".join(lines[:30]), "a.txt")
    write(folder, "\n".join(lines[30:]), "b.txt")
    how = {"length": 20}
    data = [
        language(path, **how),
        language(table, text="text", **how),
        language(folder, **how),
        language({"text": lines}, **how),
    ]
    for one in data:
        assert np.array_equal(one.x, data[0].x) and np.array_equal(one.y, data[0].y)


def test_parts_that_come_apart_use_the_vocabulary_of_the_training_text(tmp_path):
    data = language(
        write(tmp_path, LINE * 30),
        length=20,
        valid=write(tmp_path, "one two Ω three", "v.txt"),
    )
    prepared = prepare(data)
    assert len(prepared.valid) == 1
    units = prepared.preparation.tokens.vocabulary.decode(prepared.valid.x[0])
    assert "".join(units) == "one two \N{REPLACEMENT CHARACTER} thre"


WRONG = {
    "too short": (lambda p: language(write(p, "short text")), "at least 401"),
    "one unit": (lambda p: language(write(p, "a" * 900)), "no two different units"),
    "wrong encoding": (
        lambda p: language(write(p, LINE * 30, encoding="utf-8"), encoding="ascii"),
        "encoding",
    ),
    "no file": (lambda p: language(p / "none.txt"), "no file"),
    "empty": (lambda p: language(write(p, "")), "empty"),
    "a target": (lambda p: language("film_reviews", target="positive"), "target"),
    "no such column": (lambda p: language("film_reviews", text="reviw"), "reviw"),
    "two columns of text": (
        lambda p: language({name: [f"{LINE} {name} {i}" for i in range(40)] for name in "ab"}),
        "text=",
    ),
    "a table to tag": (lambda p: jr.load("penguins", task="tagging"), "tagging"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_input_is_told(name, tmp_path):
    make, told = WRONG[name]
    messages = []
    for code in LANGUAGES:
        set_language(code)
        try:
            with pytest.raises(jr.DataError) as caught:
                make(tmp_path)
            messages.append(str(caught.value))
        finally:
            set_language(None)
    assert told in messages[0]
    assert messages[0] != messages[1]


RNG = np.random.default_rng(0)
IDS = RNG.integers(0, 5, (20, 6))
TAGS = RNG.integers(0, 3, (20, 6))


def test_tagging_from_arrays():
    data = jr.Data(IDS, TAGS, task="tagging", class_names=["a", "b", "c", "d"])
    assert (data.task.kind, data.task.outputs, data.task.has_steps) == ("tagging", 4, True)
    prepared = prepare(data)
    assert prepared.train.x.dtype == np.int32 and prepared.train.y.shape == (16, 6)
    again = type(prepared.preparation).from_json(prepared.preparation.to_json())
    assert again == prepared.preparation


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (IDS, TAGS[:, 0]),
        (IDS, TAGS[:, :4]),
        (IDS.astype(float), TAGS),
        (IDS, TAGS + 0.5),
        (IDS, TAGS - 2),
        (IDS, np.zeros_like(TAGS)),
        (np.zeros((20, 6, 2, 1)), TAGS),
    ],
    ids=["one a row", "other steps", "no ids", "fractions", "below -1", "one class", "pictures"],
)
def test_steps_that_can_not_be_learned_are_told(x, y):
    with pytest.raises(jr.DataError):
        jr.Data(x, y, task="tagging")


def test_an_id_that_was_not_there_is_told():
    preparation = prepare(jr.Data(IDS, TAGS, task="tagging")).preparation
    for wrong in (IDS + 1, IDS - 1, IDS + 0.5):
        with pytest.raises(jr.DataError, match="0 to 4"):
            preparation.transform(wrong)


@pytest.mark.parametrize("text", ["", "a", "abcd"])
def test_a_text_of_a_few_letters_is_not_told_to_be_cut_shorter(text: str) -> None:
    with pytest.raises(DataError, match="needs 5 at the very least") as error:
        language_data(text, TextWishes())
    assert "length" not in str(error.value)
