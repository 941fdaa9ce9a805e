"""``jaram train --task language`` and ``jaram generate``, as typed."""

import json

import pytest

from jaram.cli.main import run
from jaram.messages import set_language

TRAINED = ["--network", "gru 8 return_sequences=true", "--epochs", "2", "--out", "run", "--quiet"]


@pytest.fixture
def book(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "book.txt").write_text("옛날에 한 사람이 살았다.\n" * 60)
    yield "book.txt"
    set_language(None)


def test_a_text_is_trained_on_and_gone_on_with(book, capsys):
    assert run(["train", book, "--task", "language", "--length", "20", *TRAINED]) == 0
    capsys.readouterr()
    how = ["generate", "run", "--length", "12", "--temperature", "0.5", "--top-k", "3"]
    assert run([*how, "--prompt", "옛날에", "--seed", "4"]) == 0
    written = capsys.readouterr().out
    assert written.startswith("옛날에") and len(written.removesuffix("\n")) == 15
    assert run([*how, "--prompt", "옛날에", "--seed", "4", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["text"] + "\n" == written
    assert run(["evaluate", "run", book, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["metrics"]["bits_per_unit"] > 0
    assert run(["doctor", "run"]) == 0
    assert run(["show", "run"]) == 0
    assert run(["report", "run", "--quiet"]) == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["generate", "run", "--prompt", ""], "empty"),
        (["generate", "run", "--prompt", "a", "--temperature", "-1"], "temperature"),
        (["generate", "run", "--prompt", "a", "--length", "0"], "0"),
        (["generate", "nowhere", "--prompt", "a"], "nowhere"),
        (["predict", "run", "book.txt"], "jaram generate"),
        (["train", "book.txt", "--task", "language", "--length", "900"], "at least 3601"),
        (["train", "book.txt", "--task", "language", "--target", "x"], "target"),
    ],
)
def test_wrong_input_is_one_line(book, capsys, arguments, told):
    if arguments[1] == "run":
        assert run(["train", book, "--task", "language", "--length", "20", *TRAINED]) == 0
    assert run(arguments) == 2
    error = capsys.readouterr().err
    assert told in error and "Traceback" not in error
    assert len(error.strip().splitlines()) == 1
