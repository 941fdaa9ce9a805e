"""Every lesson of docs/ works as it is written, and prints what the page shows."""

from __future__ import annotations

import contextlib
import io
import shlex
from pathlib import Path

import pages
import pytest

from jaram.cli.main import run
from jaram.messages import set_language

WITH_COMMANDS = [name for name in pages.NAMES if pages.commands(pages.read("en", name))]


@pytest.mark.parametrize("name", pages.NAMES)
def test_the_python_examples_run(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one namespace and an empty folder; the Korean page has the same code (another test)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JARAM_LANG", "en")
    names: dict[str, object] = {}
    for example in pages.examples(pages.read("en", name)):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(example.code, f"{name}.md", "exec", dont_inherit=True), names)
        if example.output is not None:
            assert pages.agrees(example.output, printed.getvalue()), printed.getvalue()


@pytest.mark.parametrize("language", pages.LANGUAGES)
@pytest.mark.parametrize("name", WITH_COMMANDS)
def test_the_commands_run(
    name: str,
    language: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """After the page's Python, whose files they may need."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JARAM_LANG", language)
    page = pages.read(language, name)
    first = pages.examples(page)[0]
    exec(compile(first.code, f"{name}.md", "exec", dont_inherit=True), {})
    for command in pages.commands(page):
        program, *arguments = shlex.split(command.code)
        assert program == "jaram"
        capsys.readouterr()
        try:
            assert run(arguments) == 0, command.code
        finally:
            set_language(None)
        printed = capsys.readouterr().out
        if command.output is not None:
            assert pages.agrees(command.output, printed), printed
