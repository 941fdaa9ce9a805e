"""What can't be read as curves is refused in one sentence that says what and where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import jaram as jr
from jaram.errors import DataError, JaramError, RunError
from jaram.interop.logs import read_curves
from jaram.messages import LANGUAGES, set_language

NAN = float("nan")


@pytest.mark.parametrize(
    "source, error, told",
    [
        (42, RunError, r"given \(int\) is neither a run nor a log"),
        (None, RunError, r"\(NoneType\) is neither"),
        ([], RunError, r"\(list\) is neither"),
        (["a", "b"], RunError, r"\(list\) is neither"),
        ({}, DataError, "holds no rows"),
        ({"loss": []}, DataError, "holds no rows"),
        ({"loss": [1.0]}, DataError, "one moment only"),
        ({"epoch": [3, 3], "loss": [1.0, 2.0]}, DataError, "one moment only"),
        ({"loss": [1.0, None, None], "acc": [0.1, 0.2, 0.3]}, DataError, "found: loss, acc"),
        (
            {"x": [1, 2], "reward": [2, 3]},
            DataError,
            r"found: x, reward.*names=\{\"train/loss\": 'x'",
        ),
        ({"accuracy": [0.1, 0.2]}, DataError, "found: accuracy"),
        (
            {"loss": [1, 2, 3], "val_loss": [1, 2]},
            DataError,
            "'loss' has 3 rows but 'val_loss' has 2",
        ),
        ({"loss": [1, "two", 3]}, DataError, "column 'loss', row 2: 'two' is not a number"),
        ({"loss": [NAN, NAN], "val_loss": [NAN, NAN]}, DataError, "no number in loss, val_loss"),
    ],
)
def test_what_is_in_memory(source: Any, error: type[JaramError], told: str) -> None:
    with pytest.raises(error, match=told):
        read_curves(source)
    set_language("ko")
    try:
        with pytest.raises(error) as refused:
            read_curves(source)
        assert any("가" <= letter <= "힣" for letter in str(refused.value))
    finally:
        set_language(None)


@pytest.mark.parametrize(
    "name, content, told",
    [
        ("log.csv", b"", "log.csv' is empty"),
        ("log.csv", b"epoch,loss\n", "log.csv' holds no row"),
        ("log.csv", b"epoch,loss\n1,0.5\n", "log.csv' has the loss of one moment only"),
        ("log.csv", b"epoch,loss\n1,0.5\n2,0.4,7\n3,0.3\n", "line 3: the row has 3 cells"),
        ("log.csv", b"epoch,loss\n1,0.5\n2,high\n", "column 'loss', row 2: 'high'"),
        ("log.csv", b"epoch,loss\n1,nan\n2,nan\n", "no number in loss"),
        ("log.csv", b"a,b\n1,2\n3,4\n", "found: a, b"),
        ("log.csv", b"\x00\x01\x02\x03" * 99, "log.csv"),
        (
            "log.json",
            b'{"loss": [1, 2',
            "log.json', line 1, column 15: the JSON ends in the middle",
        ),
        ("log.json", b'{"loss": [1,, 2]}', r"line 1, column 13: this is not JSON \(', 2\]\}'\)"),
        ("log.json", b'{\n "loss": [1, 2],\n "acc": [x]}', r"line 3, column 10: .* \('x\]\}'\)"),
        ("log.json", b'[{"loss": 1},\n{"loss": 2}', "line 2, column 12: the JSON ends"),
        ("log.json", b'{"loss":\xff}', "line 1: this is not UTF-8"),
        ("log.json", b'{"a": 1, "b": {"c": "d"}}', "found: a, b/c"),
        ("log.json", b'{"a": [{"b": [1, 2]}], "c": [{"b": [1]}]}', "no table of numbers"),
        ("log.json", b'{"a": "b"}', r"it begins with \{\"a\": \"b\"\}"),
        ("log.json", b"[" * 50_000, "no table of numbers"),
        ("notes.txt", b"It went well, I think, and so on.\nThe loss fell.\n", "'It went well"),
        ("notes.txt", b"# Notes\n\nThe loss fell.\n\nThen, at epoch 9, it rose.\n", "'# Notes'"),
        ("notes.txt", b"Training went well.\nThe loss fell.\n", "only 'Training went well.'"),
        ("log.csv", b"name,place\na,b\nc,d\n", "no column of numbers, only 'name', 'place'"),
        ("log.json", b"[[1, 2], [3, 4]]", "holds no table"),
        ("log.json", b"[]", "holds no table"),
        ("log.json", b'{"loss": 0.5}', "one moment only"),
        ("log.jsonl", b'{"loss": 1}\n{"loss"\n{"loss": 2}\n', "line 2, column 8: the JSON ends"),
        ("log.jsonl", b'{"loss": 1}\nloss 2\n{"loss": 3}\n', "line 2, column 1: .*'loss 2'"),
        ("log.jsonl", b'{"loss": \n{"loss": 2}\n', "line 1, column 10: the JSON ends"),
        ("log.tfevents.1", b"\x01" * 40, "damaged at byte 0"),
    ],
)
def test_files(name: str, content: bytes, told: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError, match=told):
        read_curves(path)


def test_paths(tmp_path: Path) -> None:
    (tmp_path / "history.csv").write_text("loss\n1\n2\n")
    with pytest.raises(DataError, match=r"histry\.csv'.*Did you mean"):
        read_curves(tmp_path / "histry.csv")
    with pytest.raises(RunError, match=r"neither a run \(run\.json\) nor a log"):
        read_curves(tmp_path)
    with pytest.raises(DataError, match="no file"):
        read_curves("a\0b")


def test_every_sentence_is_in_both_languages() -> None:
    error = DataError("interop.one_row", where="log.csv")
    told = set()
    for language in LANGUAGES:
        set_language(language)
        told.add(str(error))
    set_language(None)
    assert len(told) == 2


def test_the_front_door_refuses_likewise() -> None:
    with pytest.raises(jr.JaramError, match="names="):
        read_curves({"x": [1, 2]})
