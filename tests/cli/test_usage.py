"""Wrong command lines: one line in the reader's language, exit code 2, never a traceback."""

from __future__ import annotations

import json
import re

import pytest

from jaram.cli.main import run

WRONG = {
    "misspelled command": (["trian"], "'train'"),
    "misspelled option": (["train", "iris", "--epoch", "3"], "'--epochs'"),
    "unknown option": (["runs", "--zzz"], "--zzz"),
    "not a number": (["train", "iris", "--epochs", "many"], "'many'"),
    "zero epochs": (["train", "iris", "--epochs", "0"], "'0'"),
    "negative seed": (["train", "iris", "--seed=-1"], "'-1'"),
    "batch of nothing": (["train", "iris", "--batch-size", "half"], "'half'"),
    "no such time": (["train", "iris", "--budget", "soon"], "'soon'"),
    "no such task": (["train", "iris", "--task", "clasification"], "'clasification'"),
    "no such kind": (["train", "iris", "--kind", "age=numbr"], "'numbr'"),
    "kind without name": (["train", "iris", "--kind", "number"], "--kind"),
    "no such language": (["runs", "--lang", "fr"], "'fr'"),
    "no such device": (["train", "iris", "--device", "tpu9"], "'tpu9'"),
    "nothing to train on": (["train"], "--resume"),
    "resume elsewhere": (["train", "iris", "--resume", "a", "--out", "b"], "--out"),
    "vote of no kind": (["ensemble", "a", "--vote", "sof"], "'sof'"),
    "chosen and voted": (["ensemble", "a", "--size", "2", "--vote", "hard"], "--vote"),
    "team of none": (["train", "iris", "--ensemble", "0"], "'0'"),
    "team to resume": (["train", "--resume", "a", "--ensemble", "3"], "--resume"),
    "team with care": (["train", "iris", "--care", "--ensemble", "3"], "--care"),
    "no runs to vote": (["ensemble"], "RUN..."),
    "no such run to vote": (["ensemble", "no such run"], "no such run"),
    "missing argument": (["predict", "somewhere"], "DATA"),
    "too many arguments": (["runs", "a", "b"], "jaram runs"),
    "option without value": (["train", "iris", "--epochs"], "--epochs"),
    "value for a flag": (["train", "iris", "--quiet=3"], "'=...'"),
    "option of no command": (["--", "--foo"], "--foo"),
    "nothing to search on": (["search"], "DATA"),
    "no such strategy": (["search", "iris", "--strategy", "cavier"], "'caviar'"),
    "no trials": (["search", "iris", "--trials", "0"], "'0'"),
    "too many trials": (["search", "iris", "--trials", "1000000000"], "100000"),
    "vary without values": (["search", "iris", "--vary", "epochs"], "--vary"),
    "vary by nonsense": (["search", "iris", "--vary", "epochs=lg:1..2"], "'lg:1..2'"),
    "vary an empty range": (["search", "iris", "--vary", "epochs=int:9..3"], "IntUniform"),
    "vary a logarithm of 0": (["search", "iris", "--vary", "epochs=log:0..3"], "LogUniform"),
    "search resumed otherwise": (
        ["search", "iris", "--resume", "a", "--trials", "3"],
        "--trials",
    ),
    "no such folder": (["runs", "no such folder"], "no such folder"),
}


@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize("case", WRONG)
def test_one_line_and_exit_code_2(
    case: str, lang: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JARAM_LANG", lang)
    arguments, mentions = WRONG[case]
    assert run(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert printed.err.startswith({"en": "jaram: error: ", "ko": "jaram: 오류: "}[lang])
    assert mentions in printed.err
    assert "Traceback" not in printed.err
    # Words of a library's English sentence would stand in a Korean one.
    assert lang == "en" or not re.search(
        r"[a-z]+ [a-z]+ [a-z]+", unquoted(printed.err.replace(mentions, ""))
    )


def unquoted(told: str) -> str:
    """A message without the commands and names in it."""
    return re.sub(r"'[^']*'|jaram( \w+)?|--\S+", "", told)


@pytest.mark.parametrize("case", WRONG)
def test_with_json_the_error_is_one_object(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments, mentions = WRONG[case]
    assert run([*arguments, "--json"]) == 2
    error = json.loads(capsys.readouterr().out)
    assert list(error) == ["error"]
    assert mentions in error["error"]


def test_an_option_without_its_value_knows_its_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["train", "iris", "--epochs", "--lang=en"]) == 2  # taken for the value
    assert "'--lang=en'" in capsys.readouterr().err
    assert run(["--lang=en", "train", "iris", "--epochs"]) == 2
    assert "--epochs of jaram train needs a value (N)" in capsys.readouterr().err


def test_lang_wins_over_the_environment(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JARAM_LANG", "en")
    assert run(["trian", "--lang", "ko"]) == 2
    assert "오류" in capsys.readouterr().err
    assert run(["trian"]) == 2
    assert "오류" not in capsys.readouterr().err


@pytest.mark.parametrize("command", ["train", "predict", "evaluate", "report", "show", "runs"])
@pytest.mark.parametrize("lang", ["en", "ko"])
def test_every_command_has_help_in_both_languages(
    command: str, lang: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([command, "--help", f"--lang={lang}"]) == 0
    page = capsys.readouterr().out
    assert page.startswith({"en": "Usage: jaram ", "ko": "사용법: jaram "}[lang] + command)
    assert "--help" in page
    assert "cli." not in page


def test_without_a_command_it_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 0
    assert "predict" in capsys.readouterr().out


def test_a_bug_is_told_in_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr("jaram.cli.runs.list_runs", broken)
    assert run(["runs"]) == 1
    assert "JARAM_DEBUG=1" in capsys.readouterr().err
    monkeypatch.setenv("JARAM_DEBUG", "1")
    assert run(["runs"]) == 1
    assert "Traceback" in capsys.readouterr().err
